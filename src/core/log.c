#include "core/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"

enum {
	TEXT_MAX = 2048,               /* of what a caller says */
	LINE_MAX = 6 * TEXT_MAX + 512, /* each byte escaped, and the rest */
	TRACE_MAX = 128,
};

static const char *const level_names[] = {
		[LOG_ERROR] = "error",
		[LOG_WARN] = "warn",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",
		[LOG_TRACE] = "trace",
};

/* What the log is now; changed while other threads write. */
static struct {
	atomic_int level, fd;
	atomic_bool json, time, tracing;
	pthread_mutex_t lock; /* of the layers */
	char layers[TRACE_MAX];
} now = {
		.level = LOG_INFO,
		.fd = STDERR_FILENO,
		.lock = PTHREAD_MUTEX_INITIALIZER,
};

void log_setup(const struct log_options *o)
{
	const char *layers = o->trace ? o->trace : "";

	now.level = (int)o->level;
	now.fd = o->fd > 0 ? o->fd : STDERR_FILENO;
	now.json = o->json;
	now.time = o->time;
	pthread_mutex_lock(&now.lock);
	(void)snprintf(now.layers, sizeof(now.layers), "%s", layers);
	pthread_mutex_unlock(&now.lock);
	now.tracing = layers[0] != '\0';
}

int log_level_from(const char *name, enum log_level *ret_level)
{
	for (int i = LOG_ERROR; i <= LOG_TRACE; i++)
		if (strcmp(name, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	return -EINVAL;
}

/* ---- a line ------------------------------------------------------------ */

struct line {
	size_t len;
	char text[LINE_MAX];
};

static void line_add(struct line *l, const char *data, size_t len)
{
	size_t room = sizeof(l->text) - l->len;

	if (len > room)
		len = room; /* cannot be: LINE_MAX is the worst case */
	memcpy(l->text + l->len, data, len);
	l->len += len;
}

static void line_adds(struct line *l, const char *text)
{
	line_add(l, text, strlen(text));
}

static void line_write(const struct line *l)
{
	while (write(now.fd, l->text, l->len) < 0 && errno == EINTR)
		;
}

/* One printable piece of the front: the character, or its bytes as \xNN. */
static size_t text_shown(
		const char *data, size_t len, char ret[9], size_t *ret_len)
{
	size_t n = text_utf8(data, len);

	if (text_is_plain(data, len)) {
		memcpy(ret, data, n);
		*ret_len = n;
		return n;
	}
	n = n ? n : 1;
	*ret_len = 0;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(ret + *ret_len, 5, "\\x%02x",
				(unsigned char)data[i]);
		*ret_len += 4;
	}
	return n;
}

static void line_add_shown(struct line *l, const char *text)
{
	size_t len = strlen(text), used, n;
	char piece[9];

	for (; len > 0; text += used, len -= used) {
		used = text_shown(text, len, piece, &n);
		line_add(l, piece, n);
	}
}

static void line_add_time(struct line *l)
{
	struct timespec t;
	struct tm tm;
	char text[64];
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	(void)gmtime_r(&t.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, sizeof(text) - n, ".%03ldZ",
			t.tv_nsec / 1000000);
	line_adds(l, text);
}

/* ---- key=value as JSON ------------------------------------------------- */

static void json_add(struct line *l, const char *data, size_t len)
{
	size_t used, n;
	char piece[TEXT_JSON_MAX];

	for (; len > 0; data += used, len -= used) {
		used = text_json(data, len, piece, &n);
		line_add(l, piece, n);
	}
}

static void json_key(struct line *l, const char *key, size_t len)
{
	line_adds(l, l->len > 1 ? ",\"" : "\"");
	json_add(l, key, len);
	line_adds(l, "\":\"");
}

static void json_member(struct line *l, const char *key, const char *value)
{
	json_key(l, key, strlen(key));
	json_add(l, value, strlen(value));
	line_adds(l, "\"");
}

/* A value as log_value() wrote it; \xNN stays as it is, it may be no text. */
static const char *json_value(struct line *l, const char *at)
{
	bool quoted = *at == '"';

	for (at += quoted; *at && *at != (quoted ? '"' : ' ');) {
		size_t n = 1;

		if (at[0] == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		else if ((n = text_utf8(at, strlen(at))) == 0)
			n = 1;
		json_add(l, at, n);
		at += n;
	}
	return at + (quoted && *at);
}

/* Each pair a member; words that are no pair together make "msg". */
static void json_pairs(struct line *l, const char *text)
{
	char words[TEXT_MAX];
	size_t words_len = 0;

	while (*text) {
		size_t key = strcspn(text, " =");

		if (text[key] == '=' && key > 0) {
			json_key(l, text, key);
			text = json_value(l, text + key + 1);
			line_adds(l, "\"");
		} else {
			key = strcspn(text, " ");
			if (key > 0 && words_len > 0)
				words[words_len++] = ' ';
			memcpy(words + words_len, text, key);
			words_len += key;
			text += key;
		}
		text += *text == ' ';
	}
	if (words_len == 0)
		return;
	json_key(l, "msg", 3);
	json_add(l, words, words_len);
	line_adds(l, "\"");
}

/* ---- what callers say -------------------------------------------------- */

static void log_json(struct line *l, const char *level, const char *layer,
		const char *id, const char *text)
{
	line_adds(l, "{");
	if (now.time) {
		json_key(l, "time", 4);
		line_add_time(l);
		line_adds(l, "\"");
	}
	json_member(l, "level", level);
	if (id)
		json_member(l, "s", id);
	if (layer)
		json_member(l, "layer", layer);
	json_pairs(l, text);
	line_adds(l, "}\n");
}

static void log_text(struct line *l, const char *level, const char *layer,
		const char *id, const char *text)
{
	if (now.time) {
		line_add_time(l);
		line_adds(l, " ");
	}
	if (id) {
		line_adds(l, "s=");
		line_add_shown(l, id);
		line_adds(l, " ");
	}
	if (strcmp(level, level_names[LOG_INFO]) != 0) {
		line_adds(l, "level=");
		line_adds(l, level);
		line_adds(l, " ");
	}
	if (layer) {
		line_adds(l, "layer=");
		line_adds(l, layer);
		line_adds(l, " ");
	}
	line_add_shown(l, text);
	line_adds(l, "\n");
}

static void log_write(enum log_level level, const char *layer, const char *id,
		const char *fmt, va_list ap)
{
	int was = errno, n;
	char text[TEXT_MAX], who[64];
	struct line l;

	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		text[0] = '\0';
	else if ((size_t)n >= sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	if (id)
		(void)snprintf(who, sizeof(who), "%s", id);
	l.len = 0;
	(now.json ? log_json : log_text)(
			&l, level_names[level], layer, id ? who : NULL, text);
	line_write(&l);
	errno = was;
}

void log_line(enum log_level level, const char *id, const char *fmt, ...)
{
	va_list ap;

	if ((int)level > now.level)
		return;
	va_start(ap, fmt);
	log_write(level, NULL, id, fmt, ap);
	va_end(ap);
}

static bool layer_listed(const char *list, const char *layer)
{
	size_t len = strlen(layer), n;

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == 3 && memcmp(list, "all", 3) == 0)
			return true;
		if (n == len && memcmp(list, layer, n) == 0)
			return true;
	}
	return false;
}

bool log_traces(const char *layer)
{
	bool yes;

	if (!now.tracing)
		return false;
	pthread_mutex_lock(&now.lock);
	yes = layer_listed(now.layers, layer);
	pthread_mutex_unlock(&now.lock);
	return yes;
}

void log_trace(const char *layer, const char *fmt, ...)
{
	va_list ap;

	if (!log_traces(layer))
		return;
	va_start(ap, fmt);
	log_write(LOG_TRACE, layer, NULL, fmt, ap);
	va_end(ap);
}

/* ---- values from outside ----------------------------------------------- */

enum { VALUE_ROOM = LOG_VALUE_MAX - 3 }; /* quotes and NUL */

static const char dots[3] = "..."; /* no NUL */

static size_t value_piece(
		const char *data, size_t len, char piece[9], size_t *ret_len)
{
	if (*data != '"' && *data != '\\')
		return text_shown(data, len, piece, ret_len);
	piece[0] = '\\';
	piece[1] = *data;
	*ret_len = 2;
	return 1;
}

struct log_value log_value_n(const void *data, size_t len)
{
	const char *at = data;
	size_t used, n, at_len = 0, fits = 0; /* fits: with dots after it */
	bool quoted = len == 0;
	char piece[9], text[VALUE_ROOM + 1];
	struct log_value v;

	for (; len > 0; at += used, len -= used) {
		used = value_piece(at, len, piece, &n);
		if (at_len + n > VALUE_ROOM) {
			memcpy(text + fits, dots, sizeof(dots));
			at_len = fits + sizeof(dots);
			break;
		}
		quoted |= piece[0] == '\\' || *at == ' ' || *at == '=';
		memcpy(text + at_len, piece, n);
		at_len += n;
		if (at_len + sizeof(dots) <= VALUE_ROOM)
			fits = at_len;
	}
	(void)snprintf(v.text, sizeof(v.text), quoted ? "\"%.*s\"" : "%.*s",
			(int)at_len, text);
	return v;
}

struct log_value log_value(const char *text)
{
	return log_value_n(text, text ? strlen(text) : 0);
}
