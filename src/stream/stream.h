/*
 * A stream is a stack of layers with one small interface. Its top owns what
 * is below; an empty slot of a layer passes the call down. All calls are
 * non-blocking; -EAGAIN means "the wire must move first", and stream_want()
 * says in which direction.
 *
 * Opening never waits: x_wrap() builds, stream_handshake() is stepped, bottom
 * layer first, until the whole stack is ready. Before that, read and write
 * answer -ENOTCONN.
 *
 * Errors are negative errno values; core/err.h lists the ones with a meaning
 * of their own. After a failure only stream_free() makes sense.
 *
 * Implementers read stream/layer.h.
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

struct stream;

enum {
	/* Bytes before `data` that a read or a write may use as scratch. */
	STREAM_HEAD = 32,
};

enum stream_op {
	STREAM_HANDSHAKE,
	STREAM_READ,
	STREAM_WRITE, /* also flush and shutdown */
};

enum {
	WANT_READ = 1, /* same bits as LOOP_READ, LOOP_WRITE */
	WANT_WRITE = 2,
};

/* 0 ready, -EAGAIN, or what failed, with its sentence. */
int stream_handshake(struct stream *s, struct err *e);

/*
 * Read up to `len` bytes into `data`. The layers may use data[-STREAM_HEAD ..
 * len) as scratch. > 0 bytes; 0 at the end (again and again); -EAGAIN dry.
 */
ssize_t stream_read(struct stream *s, uint8_t *data, size_t len);

/*
 * Write. The layers may overwrite data[-STREAM_HEAD .. n) of what they
 * consume, for headers and masking in place. The answer is what was consumed;
 * what a layer accepted but could not send yet it owns (at most one chunk),
 * and stream_flush() sends it. After a short count the next write must go on
 * with the byte after the last one consumed. -EAGAIN: nothing consumed, data
 * untouched.
 */
ssize_t stream_write(struct stream *s, uint8_t *data, size_t len);

/* Send what layers own. 0 all gone, -EAGAIN, or what failed. */
int stream_flush(struct stream *s);

/*
 * No more writes: half a goodbye where the bottom knows one (TCP FIN, TLS
 * close_notify, a WebSocket Close). Flushes first. 0, -EAGAIN: call again.
 */
int stream_shutdown(struct stream *s);

/* Does the peer's goodbye end both directions (WebSocket), so that nothing
 * can be sent after it? Else the streams keep half-close. */
bool stream_whole_close(const struct stream *s);

/* Is there something for a read that the descriptor will never announce:
 * decoded bytes, or an end or a fault that came in with the last of them? */
bool stream_pending(const struct stream *s);

/* WANT_ bits that the last -EAGAIN of that operation waits for. */
int stream_want(const struct stream *s, enum stream_op op);

/* The descriptor to watch; -1 for streams in memory. */
int stream_fd(const struct stream *s);

/*
 * The descriptor, if every layer only passes through what is read (or written,
 * as `op` says) and holds nothing of it, so that the kernel may move the bytes
 * past us; else -1. Asked at each empty point.
 */
int stream_bare_fd(const struct stream *s, enum stream_op op);

/* Take the top layer off (there is one below) and free it: a handshake that is
 * given up, so that the layers below can still say goodbye. */
void stream_peel(struct stream **s);

/* Frees the stack; closes the descriptor at once. Takes NULL. */
void stream_free(struct stream *s);

/* ---- notes: what is said beside the bytes ------------------------------ */

enum note_kind {
	NOTE_CLOSE,  /* going down: say this goodbye; coming up: it was said */
	NOTE_RESIZE, /* a terminal's size; the last one wins */
	NOTE_PING,   /* down: ask for a sign of life */
	NOTE_PONG,   /* up: one came; rtt_ms where we asked */
	NOTE_TEXT, /* up: a text message of a page (JSON notes of terminals) */
	NOTE_KEEP, /* down: it was silent for long: say something harmless */
};

enum { NOTE_REASON_MAX = 123 }; /* RFC 6455 5.5: 125 less the code */

struct note {
	enum note_kind kind;
	union {
		struct {
			uint16_t code; /* RFC 6455 7.4; 0: none was given */
			char reason[NOTE_REASON_MAX + 1];
		} close;
		struct {
			uint16_t cols, rows;
		} resize;
		struct {
			uint32_t rtt_ms;
		} pong;
		struct {
			const char *data; /* valid during the call only */
			size_t len;
		} text;
	};
};

/*
 * Send a note down to the layer that understands it. 0, or -ENOTSUP where no
 * layer does (a plain TCP stream says no goodbyes). Delivery is by flush.
 */
int stream_tell(struct stream *s, const struct note *n);

/* Notes that come up call fn, from inside a read or a handshake. One hearer a
 * stack; it must not free the stream. */
typedef void stream_hear_fn(void *arg, const struct note *n);
void stream_hear(struct stream *s, stream_hear_fn *fn, void *arg);

#endif
