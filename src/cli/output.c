#include "cli/output.h"

#include <stdio.h>

#include "cli/exit.h"
#include "cli/say.h"
#include "config/config.h"
#include "core/buf.h"
#include "proto/json.h"

void output_begin(struct json_out *o, struct buf *b)
{
	buf_init(b, OUTPUT_MAX);
	json_out_init(o, b);
}

int output_end(struct json_out *o, struct buf *b)
{
	int r = json_out_done(o);

	if (r == 0) {
		(void)fwrite(buf_data(b), 1, b->len, stdout);
		(void)putchar('\n');
	}
	buf_done(b);
	return r < 0 ? say_fail(EXIT_FAILED, "no memory") : EXIT_OK;
}

void put_texts(struct json_out *o, const char *key,
		const struct config_texts *texts)
{
	json_out_put_array(o, key);
	for (size_t i = 0; i < texts->count; i++)
		json_out_text(o, texts->items[i]);
	json_out_array_end(o);
}

/* Reading has bounded how deep it goes. */
static void write_again(struct json_out *o, const struct json *v)
{
	const struct json *member;
	const char *key;
	void *at = NULL;
	int64_t number;
	bool yes;

	if (json_is_object(v)) {
		json_out_object_begin(o);
		while ((member = json_next(v, &at, &key))) {
			json_out_key(o, key);
			write_again(o, member);
		}
		json_out_object_end(o);
	} else if (json_is_array(v)) {
		json_out_array_begin(o);
		for (size_t i = 0; i < json_count(v); i++)
			write_again(o, json_at(v, i));
		json_out_array_end(o);
	} else if (json_text(v)) {
		json_out_text(o, json_text(v));
	} else if (json_int(v, &number) == 0) {
		json_out_int(o, number);
	} else if (json_bool(v, &yes) == 0) {
		json_out_bool(o, yes);
	} else {
		json_out_null(o);
	}
}

int put_json(const struct json *v)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	write_again(&o, v);
	return output_end(&o, &b);
}
