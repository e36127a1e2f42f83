/* Plans as data: making, wiping, writing them down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/address.h"
#include "stream/dial.h"
#include "stream/stream.h"
#include "stream/tls.h"

/* The next free layer; counted only when it is complete. */
static struct dial_layer *plan_next(struct dial_plan *p, enum dial_kind kind)
{
	struct dial_layer *l;

	if (p->count == DIAL_LAYERS_MAX)
		return NULL;
	l = &p->layers[p->count];
	memset(l, 0, sizeof(*l));
	l->kind = kind;
	return l;
}

int dial_plan_tcp(struct dial_plan *p, const char *host, uint16_t port)
{
	struct dial_layer *l = plan_next(p, DIAL_TCP);

	if (!l)
		return -E2BIG;
	l->tcp.host = strdup(host);
	l->tcp.port = port;
	if (!l->tcp.host)
		return -ENOMEM;
	p->count++;
	return 0;
}

int dial_plan_tcp_other(struct dial_plan *p, const char *host, uint16_t port)
{
	struct dial_layer *l = &p->layers[0];
	char *copy;

	if (p->count == 0 || l->kind != DIAL_TCP || l->tcp.other_host)
		return -E2BIG;
	copy = strdup(host);
	if (!copy)
		return -ENOMEM;
	l->tcp.other_host = copy;
	l->tcp.other_port = port;
	return 0;
}

int dial_plan_unix(struct dial_plan *p, const char *path)
{
	struct dial_layer *l = plan_next(p, DIAL_UNIX);

	if (!l)
		return -E2BIG;
	l->unix_socket.path = strdup(path);
	if (!l->unix_socket.path)
		return -ENOMEM;
	p->count++;
	return 0;
}

int dial_plan_tty(struct dial_plan *p, const char *path, unsigned speed)
{
	struct dial_layer *l = plan_next(p, DIAL_TTY);

	if (!l)
		return -E2BIG;
	l->tty.path = strdup(path);
	l->tty.speed = speed;
	if (!l->tty.path)
		return -ENOMEM;
	p->count++;
	return 0;
}

int dial_plan_telnet(struct dial_plan *p)
{
	if (!plan_next(p, DIAL_TELNET))
		return -E2BIG;
	p->count++;
	return 0;
}

int dial_plan_connect(struct dial_plan *p, const struct connect_options *o)
{
	struct dial_layer *l = plan_next(p, DIAL_CONNECT);
	int r = l ? connect_options_copy(&l->connect, o) : -E2BIG;

	if (r == 0)
		p->count++;
	return r;
}

int dial_plan_held(struct dial_plan *p, struct stream *s)
{
	struct dial_layer *l = plan_next(p, DIAL_HELD);

	if (!l)
		return -E2BIG;
	l->held.stream = s;
	p->count++;
	return 0;
}

int dial_plan_tls(struct dial_plan *p, struct tls_context *c, const char *host)
{
	struct dial_layer *l = plan_next(p, DIAL_TLS);

	if (!l)
		return -E2BIG;
	l->tls.host = host ? strdup(host) : NULL;
	if (host && !l->tls.host)
		return -ENOMEM;
	l->tls.context = tls_context_ref(c);
	p->count++;
	return 0;
}

int dial_plan_ws(struct dial_plan *p, const struct ws_client_options *o)
{
	struct dial_layer *l = plan_next(p, DIAL_WS);
	int r = l ? ws_client_options_copy(&l->ws, o) : -E2BIG;

	if (r == 0)
		p->count++;
	return r;
}

int dial_plan_rfb_login(struct dial_plan *p, const struct secret *password)
{
	struct dial_layer *l = plan_next(p, DIAL_RFB_LOGIN);
	int r = l ? secret_copy(&l->rfb_login.password, password) : -E2BIG;

	if (r == 0)
		p->count++;
	return r;
}

int dial_plan_term(struct dial_plan *p, const struct secret *login)
{
	struct dial_layer *l = plan_next(p, DIAL_TERM);
	int r = l ? secret_copy(&l->term.login, login) : -E2BIG;

	if (r == 0)
		p->count++;
	return r;
}

int dial_plan_spice_login(struct dial_plan *p, const struct spice_link *link,
		const struct secret *password)
{
	struct dial_layer *l = plan_next(p, DIAL_SPICE_LOGIN);
	int r = l ? secret_copy(&l->spice_login.password, password) : -E2BIG;

	if (r < 0)
		return r;
	l->spice_login.link = *link;
	p->count++;
	return 0;
}

static void layer_done(struct dial_layer *l)
{
	switch (l->kind) {
	case DIAL_TCP:
		free(l->tcp.host);
		free(l->tcp.other_host);
		break;
	case DIAL_UNIX:
		free(l->unix_socket.path);
		break;
	case DIAL_CONNECT:
		connect_options_done(&l->connect);
		break;
	case DIAL_TLS:
		tls_context_unref(l->tls.context);
		free(l->tls.host);
		break;
	case DIAL_WS:
		ws_client_options_done(&l->ws);
		break;
	case DIAL_RFB_LOGIN:
		secret_done(&l->rfb_login.password);
		break;
	case DIAL_TERM:
		secret_done(&l->term.login);
		break;
	case DIAL_SPICE_LOGIN:
		secret_done(&l->spice_login.password);
		break;
	case DIAL_TTY:
		free(l->tty.path);
		break;
	case DIAL_HELD:
		stream_free(l->held.stream);
		break;
	case DIAL_TELNET:
		break;
	}
}

void dial_plan_done(struct dial_plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		layer_done(&p->layers[i]);
	*p = (struct dial_plan){0};
}

void dial_plan_pop(struct dial_plan *p)
{
	layer_done(&p->layers[--p->count]);
}

static bool is_login(enum dial_kind k)
{
	return k == DIAL_RFB_LOGIN || k == DIAL_SPICE_LOGIN || k == DIAL_TERM;
}

int dial_plan_drop_login(struct dial_plan *p)
{
	struct dial_layer *l = p->count ? &p->layers[p->count - 1] : NULL;

	if (!l || !is_login(l->kind))
		return 0;
	if (p->count != 2 || l->kind == DIAL_TERM)
		return -ENOTSUP;
	dial_plan_pop(p);
	return 0;
}

/* ---- in words ----------------------------------------------------------- */

static void text_add(char *ret, size_t ret_max, const char *word,
		const char *detail, size_t detail_len)
{
	size_t len = strlen(ret);

	(void)snprintf(ret + len, ret_max - len, "%s%s%s%.*s", len ? " > " : "",
			word, detail_len ? " " : "", (int)detail_len, detail);
}

static void text_more(char *ret, size_t ret_max, const char *more)
{
	size_t len = strlen(ret);

	(void)snprintf(ret + len, ret_max - len, "%s", more);
}

static void text_address(char *host, uint16_t port, const char *word, char *ret,
		size_t ret_max)
{
	struct address a = {.host = host, .port = port};
	char text[ADDRESS_HOST_MAX + 16];

	if (address_format(&a, text, sizeof(text)) < 0)
		(void)snprintf(text, sizeof(text), "?");
	text_more(ret, ret_max, word);
	text_more(ret, ret_max, text);
}

/* "tcp 10.20.1.2:5901 or 192.0.2.7:3000" */
static void text_tcp(const struct dial_layer *l, char *ret, size_t ret_max)
{
	text_address(l->tcp.host, l->tcp.port, "tcp ", ret, ret_max);
	if (l->tcp.other_host)
		text_address(l->tcp.other_host, l->tcp.other_port, " or ", ret,
				ret_max);
}

/* "pvespiceproxy:...": what follows the first colon may be a ticket. */
static void text_connect(const struct dial_layer *l, char *ret, size_t ret_max)
{
	const char *host = l->connect.host.data;
	size_t len = strcspn(host, ":");

	text_add(ret, ret_max, "connect", host, len);
	if (host[len])
		text_more(ret, ret_max, ":...");
}

void dial_plan_text(const struct dial_plan *p, char *ret, size_t ret_max)
{
	if (ret_max == 0)
		return;
	ret[0] = '\0';
	for (size_t i = 0; i < p->count; i++) {
		const struct dial_layer *l = &p->layers[i];

		switch (l->kind) {
		case DIAL_TCP:
			text_tcp(l, ret, ret_max);
			break;
		case DIAL_UNIX:
			text_add(ret, ret_max, "unix", l->unix_socket.path,
					strlen(l->unix_socket.path));
			break;
		case DIAL_CONNECT:
			text_connect(l, ret, ret_max);
			break;
		case DIAL_TLS:
			text_add(ret, ret_max, "tls", "", 0);
			break;
		case DIAL_WS:
			text_add(ret, ret_max, "ws", l->ws.path,
					strcspn(l->ws.path, "?"));
			break;
		case DIAL_RFB_LOGIN:
			text_add(ret, ret_max, "rfb_login", "", 0);
			break;
		case DIAL_TERM:
			text_add(ret, ret_max, "term", "", 0);
			break;
		case DIAL_SPICE_LOGIN:
			text_add(ret, ret_max, "spice_login", "", 0);
			break;
		case DIAL_TTY:
			text_add(ret, ret_max, "tty", l->tty.path,
					strlen(l->tty.path));
			break;
		case DIAL_HELD:
			text_add(ret, ret_max, "warm", "", 0);
			break;
		case DIAL_TELNET:
			text_add(ret, ret_max, "telnet", "", 0);
			break;
		}
	}
}
