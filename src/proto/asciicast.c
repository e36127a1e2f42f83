#include "proto/asciicast.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "proto/json.h"

enum { SIDE_MAX = 1000, SECONDS_MAX = 10000000, US = 1000000 };

/* ---- writing --------------------------------------------------------------
 */

int cast_write_header(struct buf *to, const struct cast_header *h)
{
	struct json_out o;
	int r;

	json_out_init(&o, to);
	json_out_object_begin(&o);
	json_out_put_int(&o, "version", 2);
	json_out_put_uint(&o, "width", h->cols);
	json_out_put_uint(&o, "height", h->rows);
	if (h->time)
		json_out_put_int(&o, "timestamp", h->time);
	if (h->title)
		json_out_put_text(&o, "title", h->title);
	json_out_object_end(&o);
	r = json_out_done(&o);
	return r < 0 ? r : buf_adds(to, "\n");
}

static int write_event(struct buf *to, enum cast_kind kind, uint64_t at_us,
		const void *data, size_t len)
{
	struct json_out o;
	int r;

	r = buf_addf(to, "[%" PRIu64 ".%06" PRIu64 ", \"%c\", ", at_us / US,
			at_us % US, (char)kind);
	if (r < 0)
		return r;
	json_out_init(&o, to);
	json_out_text_n(&o, data, len);
	r = json_out_done(&o);
	return r < 0 ? r : buf_adds(to, "]\n");
}

/* How many bytes a character has that begins so; 0: none does. */
static size_t character_len(uint8_t first)
{
	if (first >= 0xf0 && first < 0xf5)
		return 4;
	if (first >= 0xe0)
		return first < 0xf0 ? 3 : 0;
	return first >= 0xc2 ? 2 : 0;
}

/* How many bytes at the end may be the beginning of a character. */
static size_t cut_len(const uint8_t *data, size_t len)
{
	for (size_t n = 1; n <= 3 && n <= len; n++) {
		uint8_t byte = data[len - n];

		if (byte < 0x80)
			return 0;
		if (byte >= 0xc0)
			return character_len(byte) > n ? n : 0;
	}
	return 0;
}

static int add_without_nuls(struct buf *to, const uint8_t *data, size_t len)
{
	int r = 0;

	while (r == 0 && len > 0) {
		size_t n = strnlen((const char *)data, len);

		r = buf_add(to, data, n);
		n += n < len; /* the NUL */
		data += n;
		len -= n;
	}
	return r;
}

int cast_write_text(struct buf *to, struct cast_text *t, enum cast_kind kind,
		uint64_t at_us, const void *data, size_t len)
{
	struct buf whole;
	size_t cut;
	int r;

	buf_init(&whole, t->kept_len + len);
	r = buf_add(&whole, t->kept, t->kept_len);
	if (r == 0)
		r = add_without_nuls(&whole, data, len);
	if (r == 0) {
		cut = cut_len(buf_data(&whole), whole.len);
		t->kept_len = cut;
		if (cut > 0)
			memcpy(t->kept, buf_data(&whole) + whole.len - cut,
					cut);
		if (whole.len > cut)
			r = write_event(to, kind, at_us, buf_data(&whole),
					whole.len - cut);
	}
	buf_done(&whole);
	return r;
}

int cast_write_rest(struct buf *to, struct cast_text *t, enum cast_kind kind,
		uint64_t at_us)
{
	size_t len = t->kept_len;

	t->kept_len = 0;
	return len ? write_event(to, kind, at_us, t->kept, len) : 0;
}

int cast_write_resize(
		struct buf *to, uint64_t at_us, unsigned cols, unsigned rows)
{
	char size[32];
	int n = snprintf(size, sizeof(size), "%ux%u", cols, rows);

	return write_event(to, CAST_RESIZE, at_us, size, (size_t)n);
}

/* ---- reading --------------------------------------------------------------
 */

static int take_side(const struct json *from, unsigned *ret)
{
	int64_t n;

	if (json_int(from, &n) < 0 || n < 1 || n > SIDE_MAX)
		return -EINVAL;
	*ret = (unsigned)n;
	return 0;
}

int cast_read_header(const char *line, size_t len, struct cast_header *ret,
		struct err *e)
{
	struct cast_header h = {0};
	int64_t version = 0;
	struct json *v;
	int r = json_parse(line, len, &v, e);

	if (r < 0)
		return err_prefix(e, "the first line is no header");
	if (json_int(json_get(v, "version"), &version) < 0)
		r = err_set(e, -EINVAL, "the first line names no version");
	else if (version != 2)
		r = err_set(e, -ENOTSUP,
				"it is of version %" PRId64
				"; version 2 is what can be played",
				version);
	else if (take_side(json_get(v, "width"), &h.cols) < 0 ||
			take_side(json_get(v, "height"), &h.rows) < 0)
		r = err_set(e, -EINVAL, "the first line has no size");
	(void)json_int(json_get(v, "timestamp"), &h.time);
	json_free(v);
	if (r == 0)
		*ret = h;
	return r;
}

int cast_read_event(const char *line, size_t len, struct cast_event *ret,
		struct err *e)
{
	struct cast_event event = {0};
	const char *kind;
	double at = 0;
	int r = json_parse(line, len, &event.tree, e);

	if (r < 0)
		return r;
	kind = json_text(json_at(event.tree, 1));
	event.text = json_text(json_at(event.tree, 2));
	if (json_number(json_at(event.tree, 0), &at) < 0 || !(at >= 0) ||
			at > SECONDS_MAX || !kind || !event.text)
		r = err_set(e, -EINVAL, "a line is no event");
	else if (strcmp(kind, "o") != 0 && strcmp(kind, "i") != 0 &&
			strcmp(kind, "r") != 0)
		r = -ENOMSG;
	if (r < 0) {
		json_free(event.tree);
		return r;
	}
	event.kind = (enum cast_kind) * kind;
	event.at_us = (uint64_t)(at * US + 0.5);
	*ret = event;
	return 0;
}

/* What follows the number, or NULL. */
static const char *text_side(const char *text, unsigned *ret)
{
	char *end;
	unsigned long n;

	if (*text < '0' || *text > '9')
		return NULL;
	n = strtoul(text, &end, 10);
	if (n < 1 || n > SIDE_MAX)
		return NULL;
	*ret = (unsigned)n;
	return end;
}

int cast_read_size(const char *text, unsigned *ret_cols, unsigned *ret_rows)
{
	unsigned cols, rows;
	const char *at = text_side(text, &cols);

	if (!at || *at != 'x')
		return -EINVAL;
	at = text_side(at + 1, &rows);
	if (!at || *at)
		return -EINVAL;
	*ret_cols = cols;
	*ret_rows = rows;
	return 0;
}
