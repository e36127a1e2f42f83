#include "session/notes.h"

#include <errno.h>
#include <stdint.h>

#include "proto/json.h"
#include "stream/stream.h"

static int read_side(const struct json *v, uint16_t *ret_side)
{
	int64_t n;

	if (json_int(v, &n) < 0 || n < 1 || n > TERMINAL_MAX)
		return -EINVAL;
	*ret_side = (uint16_t)n;
	return 0;
}

static int read_resize(const struct json *size, struct note *ret_note)
{
	struct note n = {.kind = NOTE_RESIZE};

	if (!json_is_array(size) || json_count(size) != 2 ||
			read_side(json_at(size, 0), &n.resize.cols) < 0 ||
			read_side(json_at(size, 1), &n.resize.rows) < 0)
		return -EINVAL;
	*ret_note = n;
	return 0;
}

int page_note_read(const char *data, size_t len, struct note *ret_note)
{
	struct json *said;
	struct err e;
	int r;

	if (len > PAGE_NOTE_MAX)
		return -EMSGSIZE;
	r = json_parse(data, len, &said, &e);
	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	r = read_resize(json_get(said, "resize"), ret_note);
	json_free(said);
	return r;
}
