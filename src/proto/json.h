/*
 * JSON, read into a tree and written straight into a buf. Reading is strict
 * (RFC 8259, no double keys, no NUL in strings, JSON_DEPTH_MAX levels), and
 * what was read is wiped when freed: answers carry tickets. Getters take NULL
 * and values of another kind, so that a path is walked without a check at
 * every step:
 *
 *	ticket = json_text(json_get(json_get(answer, "data"), "ticket"));
 *
 * jansson is behind this header and nowhere else.
 */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct json;

enum { JSON_DEPTH_MAX = 32 };

/* ---- reading ----------------------------------------------------------- */

/*
 * Read one value; the caller bounds `len` and frees the tree. -EINVAL no JSON,
 * -EMSGSIZE nested too deep, -ENOMEM. The sentence holds a place and never a
 * word of the input.
 */
int json_parse(const void *data, size_t len, struct json **ret_json,
		struct err *e);
void json_free(struct json *v); /* the root only; takes NULL */

/* The version of jansson that runs. */
const char *json_library(void);

/* Members and elements belong to the tree. NULL where there is none. */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_at(const struct json *array, size_t i);
/* Elements of an array, members of an object, 0 for anything else. */
size_t json_count(const struct json *v);

/*
 * The next member in the order of the text, NULL at the end. *at starts as
 * NULL. Takes anything: what is no object has no members.
 *
 *	void *at = NULL;
 *	while ((v = json_next(object, &at, &key)))
 */
const struct json *json_next(
		const struct json *object, void **at, const char **ret_key);

bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_null(const struct json *v); /* null itself, not an absent one */

const char *json_text(const struct json *v); /* NULL unless it is a string */
/* These answer 0, or -EINVAL for a value of another kind. */
int json_int(const struct json *v, int64_t *ret_number);
int json_number(const struct json *v, double *ret_number); /* 1 and 1.5 */
int json_bool(const struct json *v, bool *ret_yes);
/* Also the string of decimal digits that Proxmox sends for some numbers. */
int json_int_or_text(const struct json *v, int64_t *ret_number);
/* true, 1 and "1", as Proxmox says yes; everything else is no. */
bool json_yes(const struct json *v);

/* ---- writing ----------------------------------------------------------- */

/*
 * A writer adds to a buf and sets the commas. It remembers its first failure,
 * does nothing from there on, and tells it at the end. What it wrote is valid
 * JSON whatever bytes the texts hold: what is no UTF-8 becomes U+FFFD.
 *
 *	json_out_init(&o, &body);
 *	json_out_object_begin(&o);
 *	json_out_put_text(&o, "guest", name);
 *	json_out_object_end(&o);
 *	r = json_out_done(&o);
 */
struct json_out {
	struct buf *to; /* borrowed */
	int error;
	unsigned depth;
	bool comma; /* before what comes next */
};

void json_out_init(struct json_out *o, struct buf *to);
/* 0, -EMSGSIZE past the ceiling of the buf, -ENOMEM: then the buf holds a
 * beginning that is of no use. */
int json_out_done(struct json_out *o);

void json_out_object_begin(struct json_out *o);
void json_out_object_end(struct json_out *o);
void json_out_array_begin(struct json_out *o);
void json_out_array_end(struct json_out *o);
void json_out_key(struct json_out *o, const char *key);

void json_out_text(struct json_out *o, const char *text); /* NULL: null */
void json_out_text_n(struct json_out *o, const void *data, size_t len);
void json_out_int(struct json_out *o, int64_t number);
void json_out_number(struct json_out *o, double number); /* 6 digits count */
void json_out_uint(struct json_out *o, uint64_t number);
void json_out_bool(struct json_out *o, bool yes);
void json_out_null(struct json_out *o);

/* A key and its value. */
void json_out_put_object(struct json_out *o, const char *key); /* begins it */
void json_out_put_array(struct json_out *o, const char *key);  /* begins it */
void json_out_put_text(struct json_out *o, const char *key, const char *text);
void json_out_put_int(struct json_out *o, const char *key, int64_t number);
void json_out_put_number(struct json_out *o, const char *key, double number);
void json_out_put_uint(struct json_out *o, const char *key, uint64_t number);
void json_out_put_bool(struct json_out *o, const char *key, bool yes);
void json_out_put_null(struct json_out *o, const char *key);

#endif
