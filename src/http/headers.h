/*
 * The head of a response: status line, date, and the headers that keep a page
 * of ours from being framed, sniffed or cached. Each of them has a default
 * that the owner replaces by giving a line of that name.
 *
 * The default policy is that of API answers (nothing may load, nothing may
 * frame); documents bring their own Content-Security-Policy. Over TLS an
 * owner who wants it adds HTTP_HSTS. We never say who we are or which version.
 */
#ifndef HTTP_HEADERS_H
#define HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct buf;
struct http_response;

#define HTTP_HSTS "Strict-Transport-Security: max-age=31536000\r\n"

enum { HTTP_DATE_LEN = 29 };

/* "Bad Request"; "Unknown" for what no table has. */
const char *http_status_text(unsigned status);

/* RFC 9110 5.6.7, independent of the locale. */
void http_date(time_t t, char ret[HTTP_DATE_LEN + 1]);

/* Does the owner's text (lines with CRLF) hold a header of this name? */
bool headers_have(const char *lines, const char *name);

/* Are these lines of "name: value\r\n" with nothing hidden in them? */
bool headers_are_lines(const char *lines);

/* Write the whole head, with its empty line. 0, -EINVAL where the owner's
 * lines or type are not lines, -EMSGSIZE, -ENOMEM. */
int headers_write(struct buf *out, const struct http_response *r, bool close,
		time_t now);

#endif
