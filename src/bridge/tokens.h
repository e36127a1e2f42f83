/*
 * Tokens as websockify's TokenFile has them: a file of lines `name: host:port`
 * or a folder of such files. Empty lines and those that begin with # are
 * skipped, and so are lines that are none of ours: they are nobody's token.
 * In the place of host:port may stand unix:/path (websockify writes
 * unix_socket:/path).
 */
#ifndef BRIDGE_TOKENS_H
#define BRIDGE_TOKENS_H

#include <stdbool.h>

#include "core/err.h"

struct address;
struct tokens;

enum {
	TOKENS_MAX = 1024 * 1024, /* bytes, of all files together */
	TOKENS_FILES_MAX = 1024,
};

/* `again`: read at every question, so that a change counts at once; else read
 * now and never again. Whatever cannot be read now is an error. */
int tokens_open(struct tokens **ret_tokens, const char *path, bool again,
		struct err *e);
void tokens_free(struct tokens *t); /* takes NULL */

/* Where a token leads to. -ENOENT: it is nobody's; others are ours. */
int tokens_find(struct tokens *t, const char *token, struct address *ret_to,
		struct err *e);

#endif
