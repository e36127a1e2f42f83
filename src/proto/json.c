#include "proto/json.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/secret.h"
#include "core/text.h"

/* jansson's macros; ours are functions that take NULL */
#undef json_is_object
#undef json_is_array
#undef json_is_null

/* ---- reading ----------------------------------------------------------- */

static void wiping_free(void *data)
{
	if (data)
		secret_wipe(data, malloc_usable_size(data));
	free(data);
}

static void wipe_what_is_freed(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

/* jansson's own limit is 2048: far more than any answer has. */
static bool too_deep(const char *text, size_t len)
{
	bool quoted = false;
	size_t depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '[' || c == '{'))
			depth++;
		else if (!quoted && (c == ']' || c == '}') && depth > 0)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

/* jansson's own sentences quote the input, which may be a ticket. */
static const char *parse_words(enum json_error_code code)
{
	switch (code) {
	case json_error_invalid_utf8:
		return "a byte that is no UTF-8";
	case json_error_premature_end_of_input:
		return "it ends too early";
	case json_error_end_of_input_expected:
		return "something follows the value";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a NUL in a string";
	case json_error_duplicate_key:
		return "a key stands twice";
	case json_error_numeric_overflow:
		return "a number too large";
	default:
		return "wrong syntax";
	}
}

static int parse_failed(const json_error_t *je, struct err *e)
{
	enum json_error_code code = json_error_code(je);

	if (code == json_error_out_of_memory)
		return err_set(e, -ENOMEM, "out of memory");
	return err_set(e, -EINVAL, "no valid JSON, line %d column %d: %s",
			je->line, je->column, parse_words(code));
}

int json_parse(const void *data, size_t len, struct json **ret_json,
		struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	json_error_t je = {0};
	json_t *v;

	(void)pthread_once(&once, wipe_what_is_freed);
	if (len == 0)
		return err_set(e, -EINVAL, "no valid JSON: it is empty");
	if (too_deep(data, len))
		return err_set(e, -EMSGSIZE, "JSON nested deeper than %d",
				JSON_DEPTH_MAX);
	v = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
			&je);
	if (!v)
		return parse_failed(&je, e);
	*ret_json = (struct json *)v;
	return 0;
}

const char *json_library(void)
{
	return jansson_version_str();
}

void json_free(struct json *v)
{
	json_decref((json_t *)v); /* takes NULL */
}

/* jansson's getters are not const, but change nothing. */
static json_t *tree(const struct json *v)
{
	return (json_t *)(uintptr_t)v;
}

static bool is(const struct json *v, json_type type)
{
	return v && json_typeof(tree(v)) == type;
}

const struct json *json_get(const struct json *object, const char *key)
{
	return (struct json *)json_object_get(tree(object), key);
}

const struct json *json_at(const struct json *array, size_t i)
{
	return (struct json *)json_array_get(tree(array), i);
}

size_t json_count(const struct json *v)
{
	return is(v, JSON_ARRAY) ? json_array_size(tree(v))
				 : json_object_size(tree(v));
}

const struct json *json_next(
		const struct json *object, void **at, const char **ret_key)
{
	*at = *at ? json_object_iter_next(tree(object), *at)
		  : json_object_iter(tree(object));
	if (!*at)
		return NULL;
	*ret_key = json_object_iter_key(*at);
	return (struct json *)json_object_iter_value(*at);
}

bool json_is_object(const struct json *v)
{
	return is(v, JSON_OBJECT);
}

bool json_is_array(const struct json *v)
{
	return is(v, JSON_ARRAY);
}

bool json_is_null(const struct json *v)
{
	return is(v, JSON_NULL);
}

const char *json_text(const struct json *v)
{
	return json_string_value(tree(v));
}

int json_int(const struct json *v, int64_t *ret_number)
{
	if (!is(v, JSON_INTEGER))
		return -EINVAL;
	*ret_number = json_integer_value(tree(v));
	return 0;
}

int json_number(const struct json *v, double *ret_number)
{
	if (!is(v, JSON_INTEGER) && !is(v, JSON_REAL))
		return -EINVAL;
	*ret_number = json_number_value(tree(v));
	return 0;
}

int json_bool(const struct json *v, bool *ret_yes)
{
	if (!is(v, JSON_TRUE) && !is(v, JSON_FALSE))
		return -EINVAL;
	*ret_yes = is(v, JSON_TRUE);
	return 0;
}

int json_int_or_text(const struct json *v, int64_t *ret_number)
{
	const char *text = json_text(v);
	int64_t number = 0;

	if (!text)
		return json_int(v, ret_number);
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' ||
				__builtin_mul_overflow(number, 10, &number) ||
				__builtin_add_overflow(
						number, *text - '0', &number))
			return -EINVAL;
	}
	*ret_number = number;
	return 0;
}

bool json_yes(const struct json *v)
{
	int64_t number = 0;

	if (is(v, JSON_TRUE))
		return true;
	return json_int_or_text(v, &number) == 0 && number == 1;
}

/* ---- writing ----------------------------------------------------------- */

void json_out_init(struct json_out *o, struct buf *to)
{
	*o = (struct json_out){.to = to};
}

int json_out_done(struct json_out *o)
{
	assert(o->depth == 0);
	return o->error;
}

static void out_add(struct json_out *o, const void *data, size_t len)
{
	if (o->error == 0)
		o->error = buf_add(o->to, data, len);
}

static void out_comma(struct json_out *o)
{
	if (o->comma)
		out_add(o, ",", 1);
	o->comma = true;
}

static void out_word(struct json_out *o, const char *word)
{
	out_comma(o);
	out_add(o, word, strlen(word));
}

static void out_begin(struct json_out *o, const char *bracket)
{
	out_word(o, bracket);
	o->comma = false;
	o->depth++;
}

static void out_end(struct json_out *o, const char *bracket)
{
	assert(o->depth > 0);
	out_add(o, bracket, 1);
	o->comma = true;
	o->depth--;
}

void json_out_object_begin(struct json_out *o)
{
	out_begin(o, "{");
}

void json_out_object_end(struct json_out *o)
{
	out_end(o, "}");
}

void json_out_array_begin(struct json_out *o)
{
	out_begin(o, "[");
}

void json_out_array_end(struct json_out *o)
{
	out_end(o, "]");
}

void json_out_key(struct json_out *o, const char *key)
{
	json_out_text(o, key);
	out_add(o, ":", 1);
	o->comma = false;
}

void json_out_text(struct json_out *o, const char *text)
{
	if (text)
		json_out_text_n(o, text, strlen(text));
	else
		json_out_null(o);
}

void json_out_text_n(struct json_out *o, const void *data, size_t len)
{
	const char *at = data;
	char some[256]; /* a call of the buf for many characters */
	size_t some_len = 0, used, n;

	out_word(o, "\"");
	for (; len > 0 && o->error == 0; at += used, len -= used) {
		if (sizeof(some) - some_len < TEXT_JSON_MAX) {
			out_add(o, some, some_len);
			some_len = 0;
		}
		used = text_json(at, len, some + some_len, &n);
		some_len += n;
	}
	out_add(o, some, some_len);
	out_add(o, "\"", 1);
	secret_wipe(some, sizeof(some));
}

void json_out_int(struct json_out *o, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	out_word(o, text);
}

void json_out_number(struct json_out *o, double number)
{
	char text[32];

	if (!isfinite(number)) {
		json_out_null(o);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.6g", number);
	out_word(o, text);
}

void json_out_uint(struct json_out *o, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	out_word(o, text);
}

void json_out_bool(struct json_out *o, bool yes)
{
	out_word(o, yes ? "true" : "false");
}

void json_out_null(struct json_out *o)
{
	out_word(o, "null");
}

void json_out_put_object(struct json_out *o, const char *key)
{
	json_out_key(o, key);
	json_out_object_begin(o);
}

void json_out_put_array(struct json_out *o, const char *key)
{
	json_out_key(o, key);
	json_out_array_begin(o);
}

void json_out_put_text(struct json_out *o, const char *key, const char *text)
{
	json_out_key(o, key);
	json_out_text(o, text);
}

void json_out_put_int(struct json_out *o, const char *key, int64_t number)
{
	json_out_key(o, key);
	json_out_int(o, number);
}

void json_out_put_number(struct json_out *o, const char *key, double number)
{
	json_out_key(o, key);
	json_out_number(o, number);
}

void json_out_put_uint(struct json_out *o, const char *key, uint64_t number)
{
	json_out_key(o, key);
	json_out_uint(o, number);
}

void json_out_put_bool(struct json_out *o, const char *key, bool yes)
{
	json_out_key(o, key);
	json_out_bool(o, yes);
}

void json_out_put_null(struct json_out *o, const char *key)
{
	json_out_key(o, key);
	json_out_null(o);
}
