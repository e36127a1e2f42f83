/*
 * JSON on standard output: what was written, or a tree again.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>

struct buf;
struct config_texts;
struct json;
struct json_out;

enum { OUTPUT_MAX = 64 * 1024 * 1024 };

/* Begin to write JSON into `b`, which is made ready. */
void output_begin(struct json_out *o, struct buf *b);
/* Write it out with a newline, and let go of the buf. The exit code. */
int output_end(struct json_out *o, struct buf *b);

/* A key and its list of texts. */
void put_texts(struct json_out *o, const char *key,
		const struct config_texts *texts);

/* A tree that was read. The exit code. */
int put_json(const struct json *v);

#endif
