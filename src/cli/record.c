#include "cli/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"

enum { LINES_MAX = 8 * CAST_LINE_MAX };

struct record {
	FILE *to;
	uint64_t began_us;
	struct cast_text output, input;
	struct buf lines;
	int error;
};

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* r: what adding the lines answered. A line is whole in the file, whenever
 * somebody looks. */
static void record_put(struct record *r, int added)
{
	if (added < 0 && r->error == 0)
		r->error = added;
	if (r->error == 0 && r->lines.len > 0 &&
			(fwrite(buf_data(&r->lines), 1, r->lines.len, r->to) !=
							r->lines.len ||
					fflush(r->to) != 0))
		r->error = -errno;
	buf_done(&r->lines);
}

int record_new(struct record **ret_record, const char *path,
		const struct cast_header *h, struct err *e)
{
	struct record *r = calloc(1, sizeof(*r));
	int fd;

	if (!r)
		return err_set(e, -ENOMEM, "no memory");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	r->to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!r->to) {
		int why = -errno;

		if (fd >= 0)
			(void)close(fd);
		free(r);
		return why == -EEXIST ? err_set(e, why,
							"%s is there already; "
							"a recording does not "
							"overwrite",
							path)
				      : err_set(e, why, "%s: %s", path,
							strerrordesc_np(-why));
	}
	buf_init(&r->lines, LINES_MAX);
	r->began_us = now_us();
	record_put(r, cast_write_header(&r->lines, h));
	*ret_record = r;
	return 0;
}

void record_text(struct record *r, enum cast_kind kind, const void *data,
		size_t len)
{
	record_put(r, cast_write_text(&r->lines,
				      kind == CAST_INPUT ? &r->input
							 : &r->output,
				      kind, now_us() - r->began_us, data, len));
}

void record_size(struct record *r, unsigned cols, unsigned rows)
{
	record_put(r, cast_write_resize(&r->lines, now_us() - r->began_us, cols,
				      rows));
}

int record_free(struct record *r)
{
	uint64_t at_us;
	int error;

	if (!r)
		return 0;
	at_us = now_us() - r->began_us;
	record_put(r, cast_write_rest(&r->lines, &r->output, CAST_OUTPUT,
				      at_us));
	record_put(r, cast_write_rest(&r->lines, &r->input, CAST_INPUT, at_us));
	if (fclose(r->to) != 0 && r->error == 0)
		r->error = -errno;
	error = r->error;
	free(r);
	return error;
}
