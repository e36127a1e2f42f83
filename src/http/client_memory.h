/*
 * libcurl keeps copies of headers, bodies and host names: it gets memory that
 * is wiped when it is given back.
 */
#ifndef HTTP_CLIENT_MEMORY_H
#define HTTP_CLIENT_MEMORY_H

#include <stddef.h>

void *wiped_malloc(size_t len);
void *wiped_calloc(size_t count, size_t len);
void *wiped_realloc(void *data, size_t len);
char *wiped_strdup(const char *text);
void wiped_free(void *data);

#endif
