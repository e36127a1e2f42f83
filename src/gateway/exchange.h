/*
 * An exchange is one request that the control loop answers: copied out of the
 * connection on its data loop, sent over by message, answered, sent back. The
 * connection may go away meanwhile; the exchange comes back all the same.
 *
 *	data loop                      control loop
 *	exchange_new  --------------->  who is it? > api function
 *	answered      <---------------  exchange_answer / _refuse / _upgrade
 */
#ifndef GATEWAY_EXCHANGE_H
#define GATEWAY_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/loop.h"
#include "core/secret.h"
#include "http/router.h"
#include "proto/json.h"
#include "session/ends.h"
#include "stream/ws.h"

struct exchange;
struct gateway;
struct http_request;
struct loop;
struct session;
struct wire;

enum {
	EXCHANGE_BODY_MAX = 8 * 1024 * 1024, /* of an answer */
	EXCHANGE_FROM_MAX = 64,
};

#define COOKIE_BASE "glassbridge"

typedef void api_fn(struct gateway *g, struct exchange *x);

/* What stands behind a route of the API. */
struct api {
	api_fn *fn;
	bool anybody;    /* also those who are not signed in */
	bool local_only; /* only over the control socket */
	bool upgrades;   /* takes WebSockets */
	bool payloads;   /* those that come with a payload instead of a code */
};

struct exchange {
	/* the request; fixed */
	const struct api *api;
	struct route_match match;
	char method[16];
	struct json *body;        /* NULL: there was none */
	struct secret cookie;     /* our sign-in's; may be empty */
	struct secret bearer;     /* may be empty */
	struct secret code;       /* of an upgrade: out of its subprotocols */
	struct secret payload;    /* of the query, decoded */
	char key[WS_KEY_LEN + 1]; /* of an upgrade: Sec-WebSocket-Key */
	char from[EXCHANGE_FROM_MAX];
	bool tls;     /* the browser speaks TLS, with us or a proxy */
	bool local;   /* came over the control socket */
	bool upgrade; /* asks for a WebSocket */
	bool binary;  /* and offers the subprotocol `binary` for it */
	bool page;    /* a page of ours or of an allowed origin sent it */

	/* the control loop's */
	struct gateway *gateway;
	struct principal who;
	bool signed_in;
	void *call; /* an api function's own, while it waits */

	/* the answer */
	unsigned status;
	struct buf headers, answer;
	const char *type;
	struct session *session; /* an upgrade that was granted */
	struct wire *wire;       /* one that joins it; else NULL */
	enum end_word word;      /* one that was refused */
	char detail[ERR_TEXT_MAX];

	/* the data loop's */
	struct loop *home;
	void (*answered)(struct exchange *x); /* called there */
	void *owner;
	struct post post; /* to the control loop, then back */
};

void exchange_free(struct exchange *x); /* takes NULL */

/*
 * Copy what the control loop needs out of a request whose Origin was judged
 * already; who sends it, from where, and whom to answer are the caller's to
 * fill in. 0, or the status of a refusal with its sentence (gateway/request.c).
 */
unsigned exchange_of_request(struct exchange **ret_exchange,
		const struct http_request *q, const struct route_match *m,
		bool tls, const char **ret_why);

/* From the data loop: to the control loop it goes. -ESHUTDOWN, then it is
 * still the caller's. */
int exchange_send(struct exchange *x, struct gateway *g);

/* ---- for api functions; each ends the exchange on the control loop --------
 */

/* The answer's JSON is written with this. */
void exchange_json(struct exchange *x, struct json_out *ret_out);
/* Without a body (204). */
void exchange_answer(struct exchange *x, unsigned status);
/* With what was written; what could not be (no memory, too long) is an error
 * of ours. */
void exchange_answer_json(
		struct exchange *x, unsigned status, struct json_out *o);
/* 200, with what stands in `answer`, of this type (static). */
void exchange_answer_text(struct exchange *x, const char *type);
/* As problem+json: the word's status, sentence and hint; a detail where there
 * is a better sentence. An upgrade is refused by a Close instead. */
void exchange_refuse(struct exchange *x, enum end_word word, const char *detail,
		...) __attribute__((format(printf, 3, 4)));
/* The same with a sentence that may tell addresses: it is for the log, and for
 * who has the right `admin` on this guest ("profile/" and a star: on all of a
 * profile). Others read the word's own. */
void exchange_refuse_inner(struct exchange *x, enum end_word word,
		const char *guest, const char *detail);
/* Has who asks that right? */
bool exchange_candid(const struct exchange *x, const char *guest);
/* The same with an HTTP status of its own (404 of an unknown path). */
void exchange_refuse_status(struct exchange *x, unsigned status,
		enum end_word word, const char *detail);
/* 101, and this session's console. */
void exchange_upgrade(struct exchange *x, struct session *s);

/* "rights": ["view", "control"] of the request's body as config_right bits;
 * absent: these two. -EINVAL for anything else. */
int exchange_rights(const struct exchange *x, unsigned *ret_rights);
/* Is this member of the request's body true? */
bool exchange_flag(const struct exchange *x, const char *key);
/* A member of the request's body: NULL unless it is a string. */
const char *exchange_text(const struct exchange *x, const char *key);

#endif
