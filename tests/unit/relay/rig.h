/*
 * A relay between two connections, and the far ends of both: each says what
 * it was given as fast as it is taken, and keeps what it hears. All of it on
 * one loop; the far ends are looked at every millisecond.
 */
#ifndef RIG_H
#define RIG_H

#include "core/buf.h"
#include "core/loop.h"
#include "relay/relay.h"
#include "test.h"

struct far {
	int fd; /* -1: closed */
	struct buf say, got;
	size_t reads; /* at most so much a millisecond; 0: it has stopped */
	bool shuts;   /* half a goodbye once all is said */
	bool ended;   /* it heard the end, or a reset */
	bool was_reset;
};

enum rig_kind {
	RIG_TCP,
	RIG_WS, /* a WebSocket client; the backend is plain */
	RIG_WS_WS,
	RIG_CHOP = 8,   /* each layer of both sides is cut to a byte a call */
	RIG_NOTES = 16, /* the backend says "[80x24]" or "[keep]" for notes */
};

struct rig {
	struct loop *loop;
	struct relay *relay;
	struct relay_counts counts;
	struct far client, backend;
	struct timer *look, *late;
	struct relay_end end;
	uint16_t close_code; /* what the farewell says */
	int farewells, overs, notes;
	bool end_in_note, keep; /* end it when a note comes; do not free it */
	bool stop_when_over;
	bool resize_in_note; /* tell the backend a size when a note comes */
};

void rig_up(struct rig *g, int kind, const struct relay_options *o);
void rig_down(struct rig *g);
/* Let it run until it is over and both ends have heard so, or for `ms`. */
void rig_run(struct rig *g, uint64_t ms);
/* The same, and it must sleep most of that time. */
void rig_run_idle(struct rig *g, uint64_t ms);

/* A connected pair on loopback, both non-blocking; and a stream over one. */
void rig_pair(int fd[2]);
struct stream;
struct stream *rig_stream(int fd, int kind, bool ws);
/* On top, a layer that says its notes as RIG_NOTES does. */
void rig_says_notes(struct stream **s);

/* Frames by the words of stream/ws_wire.h, masked as a client does. */
void far_says(struct far *f, const char *frames);
void far_close(struct far *f);
void far_reset(struct far *f); /* a RST */
/* What a WebSocket client heard: the payload, joined; the code and reason of
 * the Close, code 0 without one; how many pings and pongs. */
struct heard_ws {
	struct buf payload;
	uint16_t code;
	char reason[124];
	int pings, pongs;
};
void far_heard(const struct far *f, struct heard_ws *ret);

/* Bytes that show where one is missing. */
void pattern_add(struct buf *b, size_t len);
bool is_pattern(const struct buf *b, size_t len);

#endif
