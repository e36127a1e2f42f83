#include "http/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http/assets.h"
#include "http/headers.h"
#include "http/server.h"

enum { ETAG_MAX = 48, LINES_MAX = 512, PLACE_MAX = 6 * 1024 };

struct folder {
	int fd;
};

/* ---- what a file is -------------------------------------------------------
 */

static const struct {
	const char *ending, *type;
} types[] = {
		{"html", "text/html; charset=utf-8"},
		{"htm", "text/html; charset=utf-8"},
		{"js", "text/javascript; charset=utf-8"},
		{"mjs", "text/javascript; charset=utf-8"},
		{"css", "text/css; charset=utf-8"},
		{"json", "application/json"},
		{"map", "application/json"},
		{"webmanifest", "application/manifest+json"},
		{"wasm", "application/wasm"},
		{"svg", "image/svg+xml"},
		{"png", "image/png"},
		{"jpg", "image/jpeg"},
		{"jpeg", "image/jpeg"},
		{"gif", "image/gif"},
		{"webp", "image/webp"},
		{"ico", "image/x-icon"},
		{"woff", "font/woff"},
		{"woff2", "font/woff2"},
		{"ttf", "font/ttf"},
		{"oga", "audio/ogg"},
		{"ogg", "audio/ogg"},
		{"mp3", "audio/mpeg"},
		{"wav", "audio/wav"},
		{"txt", "text/plain; charset=utf-8"},
		{"md", "text/plain; charset=utf-8"},
		{"xml", "application/xml"},
		{"pdf", "application/pdf"},
};

static const char *type_of(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(ending + 1, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static bool is_hidden(const char *path)
{
	return path[0] == '.' || strstr(path, "/.");
}

/* ---- opening --------------------------------------------------------------
 */

int folder_open(struct folder **ret_folder, const char *path, struct err *e)
{
	struct folder *f = calloc(1, sizeof(*f));

	if (!f)
		return err_set(e, -ENOMEM, "no memory");
	f->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0) {
		int error = errno;

		free(f);
		return err_set(e, -error, "%s: %s", path, strerror(error));
	}
	*ret_folder = f;
	return 0;
}

void folder_free(struct folder *f)
{
	if (f)
		(void)close(f->fd);
	free(f);
}

/* The kernel keeps it below the folder, link by link. */
static int open_below(const struct folder *f, const char *path)
{
	struct open_how how = {
			/* a pipe must not make us wait for its writer */
			.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, f->fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

bool folder_has(const struct folder *f, const char *name)
{
	struct stat st;
	int fd = open_below(f, name);
	bool has;

	if (fd < 0)
		return false;
	has = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	(void)close(fd);
	return has;
}

/* ---- answers --------------------------------------------------------------
 */

static unsigned answer_text(
		struct http_conn *c, unsigned status, const char *text)
{
	const struct http_response r = {
			.status = status,
			.type = "text/plain; charset=utf-8",
			.headers = status == 405 ? "Allow: GET, HEAD\r\n"
						 : NULL,
			.body = text,
			.body_len = strlen(text),
	};

	http_answer(c, &r);
	return status;
}

static unsigned answer_failure(struct http_conn *c, int r)
{
	switch (r) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
		return answer_text(c, 503, "Too many files are open.\n");
	case -ENOSYS:
		return answer_text(c, 500, "This kernel is too old.\n");
	default:
		/* also what may not be read: it is nobody's business */
		return answer_text(c, 404, "There is no such file.\n");
	}
}

static unsigned answer_elsewhere(struct http_conn *c, const char *path,
		size_t len, const char *behind, const char *query)
{
	char lines[PLACE_MAX + 64];
	struct http_response r = {.status = 302, .headers = lines};
	int n = snprintf(lines, sizeof(lines), "Location: %.*s%s%s%s\r\n",
			(int)len, path, behind, *query ? "?" : "", query);

	if (n < 0 || (size_t)n >= sizeof(lines))
		return answer_failure(c, -ENOENT);
	http_answer(c, &r);
	return r.status;
}

/* The client has it already. */
static bool is_known(const struct http_request *q, const char *etag,
		const char *date)
{
	const char *tags = http_header(q, "if-none-match");
	const char *since = http_header(q, "if-modified-since");

	if (tags)
		return etag_matches(tags, etag);
	return since && strcmp(since, date) == 0;
}

static unsigned answer_file(struct http_conn *c, const struct http_request *q,
		const char *name, int fd, const struct stat *st)
{
	char etag[ETAG_MAX], date[HTTP_DATE_LEN + 1], lines[LINES_MAX];
	struct http_response r = {
			.status = 200,
			.type = type_of(name),
			.headers = lines,
			.body_fd = fd,
			.body_len = (size_t)st->st_size,
	};

	(void)snprintf(etag, sizeof(etag), "%llx.%lx-%llx",
			(unsigned long long)st->st_mtim.tv_sec,
			(unsigned long)st->st_mtim.tv_nsec,
			(unsigned long long)st->st_size);
	http_date(st->st_mtim.tv_sec, date);
	(void)snprintf(lines, sizeof(lines),
			"ETag: \"%s\"\r\nLast-Modified: %s\r\n"
			"Cache-Control: no-cache\r\n"
			"Content-Security-Policy: frame-ancestors *\r\n"
			"Cross-Origin-Resource-Policy: cross-origin\r\n"
			"Cross-Origin-Opener-Policy: unsafe-none\r\n",
			etag, date);
	if (is_known(q, etag, date)) {
		r.status = 304;
		r.type = NULL;
	}
	http_answer(c, &r);
	return r.status;
}

static unsigned answer_opened(const struct folder *f, struct http_conn *c,
		const struct http_request *q, const char *name, int fd)
{
	size_t raw_len = strcspn(q->target, "?");
	struct stat st;
	unsigned status;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return answer_file(c, q, name, fd, &st);
	if (S_ISDIR(st.st_mode) && q->target[raw_len - 1] != '/')
		status = answer_elsewhere(c, q->target, raw_len, "/", q->query);
	else
		status = answer_failure(c, -ENOENT);
	(void)close(fd);
	return status;
}

unsigned folder_answer(const struct folder *f, struct http_conn *c,
		const struct http_request *q)
{
	const char *path = q->path + 1;
	size_t len = strlen(path);
	bool is_folder = len == 0 || path[len - 1] == '/';
	char name[PLACE_MAX + 16];
	int fd;

	if (strcmp(q->method, "GET") != 0 && strcmp(q->method, "HEAD") != 0)
		return answer_text(c, 405, "Files are only given out.\n");
	if (is_hidden(path) || len > PLACE_MAX)
		return answer_failure(c, -ENOENT);
	(void)snprintf(name, sizeof(name), "%s%s", path,
			is_folder ? "index.html" : "");
	fd = open_below(f, name);
	if (fd < 0 && len == 0 && folder_has(f, "vnc.html"))
		return answer_elsewhere(c, "/vnc.html", 9, "", q->query);
	if (fd < 0)
		return answer_failure(c, fd);
	return answer_opened(f, c, q, name, fd);
}
