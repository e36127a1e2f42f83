/*
 * A dial plan is data: the layers to put on, bottom first. Providers answer
 * with plans and never open a console connection themselves; dial walks one.
 *
 *	proxmox vnc    tcp pve1:8006 > tls > ws .../vncwebsocket > rfb_login
 *	proxmox serial tcp pve1:8006 > tls > ws .../vncwebsocket > term
 *	proxmox spice  tcp pve1:3128 > connect > tls > spice_login
 *	static vnc     tcp 10.0.0.9:5901 > rfb_login
 *	static serial  unix /run/vm1.serial
 *	               tcp 10.0.0.9:7001 > telnet
 *	               tty /dev/ttyS0
 */
#ifndef STREAM_DIAL_H
#define STREAM_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/secret.h"
#include "proto/spice_link.h"
#include "stream/connect.h"
#include "stream/ws.h"

struct loop;
struct stream;
struct tls_context;

enum dial_kind {
	DIAL_TCP,
	DIAL_UNIX,
	DIAL_CONNECT,
	DIAL_TLS,
	DIAL_WS,
	DIAL_RFB_LOGIN,
	DIAL_TERM,
	DIAL_SPICE_LOGIN,
	DIAL_TELNET,
	DIAL_TTY,
	DIAL_HELD,
};

enum {
	DIAL_LAYERS_MAX = 8,
	DIAL_LAYER_MS = 8000,
	DIAL_FIRST_MS = 1500, /* for an address that has an other */
	DIAL_WAIT_MS = 60000, /* for a guest whose screen is not up yet */
	DIAL_PAUSE_MS = 100,  /* between two tries, growing to */
	DIAL_PAUSE_MAX_MS = 2000,
};

struct dial_layer {
	enum dial_kind kind;
	union {
		struct {
			char *host; /* name or address, no brackets */
			uint16_t port;
			/* Tried after the first, which then has only
			 * DIAL_FIRST_MS to answer. NULL: there is none. */
			char *other_host;
			uint16_t other_port;
		} tcp;
		struct {
			char *path;
		} unix_socket;
		struct {
			char *path; /* of a serial device */
			unsigned speed;
		} tty;
		struct connect_options connect;
		struct {
			struct tls_context *context; /* a reference */
			char *host; /* NULL: none, as in stream/tls.h */
		} tls;
		struct ws_client_options ws;
		struct {
			struct secret password;
			bool hold; /* stop there: stream/rfb.h */
		} rfb_login;
		struct {
			struct secret login; /* "user:ticket" */
		} term;
		struct {
			struct stream *stream; /* owned */
		} held;
		struct {
			struct spice_link link; /* the viewer's */
			struct secret password;
		} spice_login;
	};
};

/* All zero is an empty plan. */
struct dial_plan {
	uint32_t layer_ms; /* limit of each layer; 0: DIAL_LAYER_MS */
	/* Try again while nobody listens yet: the whole plan, after growing
	 * pauses, as long as it is refused, cut or met with silence before a
	 * word was said, for at most so long. 0: the first failure is told. */
	uint32_t wait_ms;
	/* Said behind the reason where a login is refused; static. NULL: none
	 */
	const char *login_hint;
	/* Its tickets were made for this one dial: where it fails, another plan
	 * may do better. */
	bool minted;
	size_t count;
	struct dial_layer layers[DIAL_LAYERS_MAX];
};

/* Add a layer; strings and secrets are copied. 0, -ENOMEM, -E2BIG. */
int dial_plan_tcp(struct dial_plan *p, const char *host, uint16_t port);
/* The other way to what the plan's first layer, a tcp, leads to. */
int dial_plan_tcp_other(struct dial_plan *p, const char *host, uint16_t port);
int dial_plan_unix(struct dial_plan *p, const char *path);
int dial_plan_tty(struct dial_plan *p, const char *path, unsigned speed);
int dial_plan_telnet(struct dial_plan *p);
int dial_plan_connect(struct dial_plan *p, const struct connect_options *o);
/* All of the plan: a stack that another dial has made, with a login on top
 * that was held (stream/rfb.h) and now goes on. Takes the stream. */
int dial_plan_held(struct dial_plan *p, struct stream *s);
int dial_plan_tls(struct dial_plan *p, struct tls_context *c, const char *host);
int dial_plan_ws(struct dial_plan *p, const struct ws_client_options *o);
int dial_plan_rfb_login(struct dial_plan *p, const struct secret *password);
int dial_plan_term(struct dial_plan *p, const struct secret *login);
int dial_plan_spice_login(struct dial_plan *p, const struct spice_link *link,
		const struct secret *password);
/* Without a login of ours to the guest itself: that is the client's to give.
 * -ENOTSUP where it cannot be: what is in between wants tickets of ours. */
int dial_plan_drop_login(struct dial_plan *p);
void dial_plan_done(struct dial_plan *p); /* wipes what is secret */
/* Take the last layer off; there is one. */
void dial_plan_pop(struct dial_plan *p);
/* "tcp 10.0.0.9:5901 > rfb_login": for the log; never a secret (queries are
 * left out of paths, and of a CONNECT's host all but its first word: tickets
 * travel there). Cut where it is too long. */
void dial_plan_text(const struct dial_plan *p, char *ret, size_t ret_max);

struct dial;

/*
 * r = 0: `s` is the ready stack, the receiver's now. Else r and e say which
 * layer failed and why; r = -ETIMEDOUT when a layer took over its limit.
 * `depth` is how many layers were ready: 0 means not even connected. Of the
 * addresses of a name, each gets a fair share of the limit that is left; the
 * error is that of the last one.
 */
typedef void dial_fn(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e);

/* Takes the content of *plan (left empty). The answer comes by callback,
 * once, after which the dial is gone; unless freed before. -EINVAL for a plan
 * that does not begin with tcp, unix or tty (which stand nowhere else),
 * -ENOMEM; then the plan is still the caller's. */
int dial_start(struct dial **ret_dial, struct loop *l, struct dial_plan *plan,
		dial_fn *fn, void *arg);
/*
 * Tell while it waits for the guest (wait_ms): each time another try has
 * failed. `waited_ms` since the start; `why` is that failure. Not after the
 * answer; it must not free the dial.
 */
typedef void dial_waits_fn(
		void *arg, uint32_t waited_ms, const struct err *why);
void dial_on_wait(struct dial *d, dial_waits_fn *fn);
void dial_free(struct dial *d); /* cancels; takes NULL; not after the answer */

#endif
