/*
 * Errors of the HTTP surface: application/problem+json (RFC 9457). The code
 * is the word that also stands in the log; the type is its place in the
 * manual.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

struct buf;

#define HTTP_PROBLEM_TYPE "application/problem+json"

/* Write {type, title, status, code, detail}. 0, -EMSGSIZE, -ENOMEM. The
 * texts are ours: printable ASCII without quotes and backslashes. */
int http_problem(struct buf *out, unsigned status, const char *code,
		const char *detail);

#endif
