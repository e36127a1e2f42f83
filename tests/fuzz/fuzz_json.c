/*
 * Whatever is read can be written, and what is written is read again to the
 * same text. The input as a string of its own is valid JSON, too.
 */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "proto/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void copy(struct json_out *o, const struct json *v)
{
	const char *key;
	int64_t number;
	void *at = NULL;
	double real;
	bool yes;

	if (json_is_object(v)) {
		const struct json *member;

		json_out_object_begin(o);
		while ((member = json_next(v, &at, &key))) {
			json_out_key(o, key);
			copy(o, member);
		}
		json_out_object_end(o);
	} else if (json_is_array(v)) {
		json_out_array_begin(o);
		for (size_t i = 0; i < json_count(v); i++)
			copy(o, json_at(v, i));
		json_out_array_end(o);
	} else if (json_text(v)) {
		json_out_text(o, json_text(v));
	} else if (json_int(v, &number) == 0) {
		json_out_int(o, number);
	} else if (json_bool(v, &yes) == 0) {
		json_out_bool(o, yes);
	} else if (json_is_null(v) || json_number(v, &real) == 0) {
		json_out_null(o); /* no reals are written */
	} else {
		abort();
	}
	(void)json_yes(v);
}

static void write_out(const struct json *v, struct buf *to)
{
	struct json_out o;

	buf_init(to, 1 << 24);
	json_out_init(&o, to);
	copy(&o, v);
	if (json_out_done(&o) != 0)
		abort();
}

static void round_trip(const struct json *v)
{
	struct json *back = NULL;
	struct buf a, b;

	write_out(v, &a);
	if (json_parse(buf_data(&a), a.len, &back, NULL) != 0)
		abort();
	write_out(back, &b);
	if (a.len != b.len || memcmp(buf_data(&a), buf_data(&b), a.len) != 0)
		abort();
	json_free(back);
	buf_done(&a);
	buf_done(&b);
}

static void as_text(const uint8_t *data, size_t len)
{
	struct json *back = NULL;
	struct json_out o;
	struct buf b;

	buf_init(&b, 1 << 24);
	json_out_init(&o, &b);
	json_out_text_n(&o, data, len);
	if (json_out_done(&o) != 0)
		abort();
	if (json_parse(buf_data(&b), b.len, &back, NULL) != 0 &&
			!(len > 0 && memchr(data, 0, len)))
		abort();
	json_free(back);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct json *v = NULL;
	struct err e;

	if (json_parse(data, len, &v, &e) == 0)
		round_trip(v);
	json_free(v);
	as_text(data, len);
	return 0;
}
