/*
 * What the data loops need to know to answer without asking: the names this
 * server is reached by, the pages that may speak to it, the headers of its
 * documents. Never changed once made; a reload makes a new one for each loop.
 */
#ifndef GATEWAY_SITE_H
#define GATEWAY_SITE_H

#include <stdbool.h>

#include "core/err.h"
#include "http/origin.h"

struct config;
struct http_request;
struct site;

/* `own`: origins that this process listens on ("http://127.0.0.1:8443"). */
int site_new(struct site **ret_site, const struct config *c,
		const char *const *own, size_t own_count, struct err *e);
void site_free(struct site *s); /* takes NULL */

const struct origin_list *site_hosts(const struct site *s);
/* Header lines of a document: its Content-Security-Policy. */
const char *site_document_headers(const struct site *s);
/* The same of /spice.html, which other documents of ours frame. */
const char *site_screen_headers(const struct site *s);
/* Does who asks for this Host come over TLS that a proxy ends? So it is where
 * public_url says https of it. NULL: no. */
bool site_secure(const struct site *s, const char *host);
/* Is the door for payloads open? */
bool site_payloads(const struct site *s);
/* The path prefix of public_url, "" without. */
const char *site_prefix(const struct site *s);
/* Takes the path prefix of public_url off the request: a proxy in front may
 * leave it on. */
void site_strip(const struct site *s, struct http_request *q);

#endif
