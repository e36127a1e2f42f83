/*
 * Consoles on one's own desk: of one guest, on one loop, without a gateway.
 * They are sessions as the gateway's are, so they end with the same words.
 */
#ifndef BRIDGE_DESK_H
#define BRIDGE_DESK_H

#include <stddef.h>

#include "core/err.h"
#include "hypervisor/hypervisor.h"

struct desk;
struct loop;
struct secret;
struct session;
struct stream;
struct tap;

struct desk_options {
	struct loop *loop;
	struct hypervisor *hypervisor; /* borrowed */
	const char *guest;             /* "home/qemu/100"; borrowed */
	const char *id; /* as the hypervisor knows it; borrowed */
};

int desk_new(struct desk **ret_desk, const struct desk_options *o);
/* After the last end, or where nobody is told any more: what still lives is
 * ended without a word. The loop is run for it, a second at most. Takes NULL.
 */
void desk_free(struct desk *d);

/* It has ended: with s->word and, where there is one, s->detail. */
typedef void desk_end_fn(void *arg, const struct session *s);

struct desk_console {
	enum console_kind kind;
	struct stream *client;         /* taken, also on failure */
	const struct secret *password; /* of a VNC viewer; NULL: none */
	/* NULL, or see what goes each way (relay/tap.h) */
	void (*see_input)(struct tap *t, const uint8_t *data, size_t len);
	void (*see_output)(struct tap *t, const uint8_t *data, size_t len);
	/* NULL, or: it has greeted as it should, by its password where there
	 * is one, and the hypervisor is about to be asked. Once, and never
	 * from inside. */
	void (*arrived)(void *arg);
	desk_end_fn *end;
	void *arg;
};

/* Open a console for a client. `end` is called once, never from inside. On
 * failure (-ENOMEM, -ENOTSUP) it is not. */
int desk_open(struct desk *d, const struct desk_console *c,
		struct session **ret_session);

/* How many live. */
size_t desk_live(const struct desk *d);

#endif
