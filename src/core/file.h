/*
 * Files written in one go.
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stddef.h>

/* All of it, for a descriptor that blocks. 0 or -errno; then some of it may
 * have been written. */
int file_write(int fd, const void *data, size_t len);

#endif
