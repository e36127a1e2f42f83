/*
 * The log: one line an event, key=value, on standard error, the short id of
 * the session first:
 *
 *	s=7f3a event=streaming guest=lab/kiosk kind=vnc from=192.0.2.7
 *
 * Any level but info is said (level=warn). Callers pass the pairs as text;
 * values that a stranger chose go through log_value(). As JSON (for
 * collectors) each pair becomes a member, a string; words that are no pair
 * become "msg". Controls are escaped wherever they come from. Safe from any
 * thread: a line is one write, and one that cannot be written is dropped.
 *Secrets never get here: they are `struct secret`, and what is shown in their
 *place is SECRET_SHOWN.
 *
 * Rooms up to http only trace; the room that decides logs.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

struct log_options {
	enum log_level level; /* what is written at most; default LOG_INFO */
	bool json;            /* one JSON object a line */
	bool time;            /* put the time first (a terminal, a file); off
				 under a service manager that has its own */
	const char *trace; /* "tls,pump" or "all": layers that trace; copied */
	int fd;            /* 0: standard error */
};

/* Until it is called: info, text, no time, descriptor 2. May be called again
 * while others write. */
void log_setup(const struct log_options *o);
int log_level_from(const char *name, enum log_level *ret_level);

/* id: short id of the session, or NULL. The text is "key=value key=value". */
void log_line(enum log_level level, const char *id, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

#define log_error(id, ...) log_line(LOG_ERROR, id, __VA_ARGS__)
#define log_warn(id, ...) log_line(LOG_WARN, id, __VA_ARGS__)
#define log_info(id, ...) log_line(LOG_INFO, id, __VA_ARGS__)
#define log_debug(id, ...) log_line(LOG_DEBUG, id, __VA_ARGS__)

/* Is this layer traced? Then log_trace() writes; both are cheap when not. */
bool log_traces(const char *layer);
void log_trace(const char *layer, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

enum { LOG_VALUE_MAX = 200 };

struct log_value {
	char text[LOG_VALUE_MAX];
};

/*
 * A value from outside, made fit for a line: control bytes and invalid UTF-8
 * escaped as \xNN, quoted where it is empty or holds a blank, a quote, '=' or
 * something escaped, cut with "..." past the limit. Use as log_info(id,
 * "name=%s", log_value(n).text).
 */
struct log_value log_value(const char *text);
struct log_value log_value_n(const void *data, size_t len);

#endif
