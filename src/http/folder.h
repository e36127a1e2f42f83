/*
 * Files of a folder by HTTP: GET and HEAD of what stands below it, read while
 * the client reads. Nothing else can be had: no list of a folder, no file or
 * folder whose name begins with a dot, nothing but plain files, and nothing
 * outside, however the path is written (http/path.h) and wherever a symbolic
 * link leads: links within the folder are followed, others are not (and
 * absolute ones count as others).
 *
 * A folder answers with its index.html; the top one without that sends to
 * vnc.html where there is one. What changed since is known by ETag and
 * Last-Modified. A page may load what it likes and be framed by anybody, as
 * from any plain web server.
 */
#ifndef HTTP_FOLDER_H
#define HTTP_FOLDER_H

#include <stdbool.h>

#include "core/err.h"

struct folder;
struct http_conn;
struct http_request;

int folder_open(struct folder **ret_folder, const char *path, struct err *e);
void folder_free(struct folder *f); /* takes NULL */

/* Is there such a file ("vnc.html")? */
bool folder_has(const struct folder *f, const char *name);

/* Answers; the status is returned for the log. */
unsigned folder_answer(const struct folder *f, struct http_conn *c,
		const struct http_request *q);

#endif
