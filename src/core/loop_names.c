#include "core/loop_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

struct resolve {
	uv_getaddrinfo_t uv;
	struct loop *loop;
	struct defer answer; /* what needs no look-up comes later, too */
	bool asked;          /* libuv has it */
	bool answering;
	uint16_t port;
	resolve_fn *fn; /* NULL: cancelled */
	void *arg;
	int r;
	struct resolved found;
	struct err why;
	char host[];
};

/* The owner may let go of the query while it is told. */
static void resolve_tell(struct resolve *q)
{
	q->answering = true;
	if (q->fn)
		q->fn(q->arg, q->r, &q->found, &q->why);
	free(q);
}

static void resolve_on_defer(struct defer *d)
{
	char *q = (char *)d - offsetof(struct resolve, answer);

	resolve_tell((struct resolve *)(void *)q);
}

static bool resolve_add(struct resolve *q, const struct sockaddr *sa)
{
	struct resolved *f = &q->found;
	struct sockaddr_storage *to = &f->addr[f->count];

	if (f->count == RESOLVE_MAX)
		return false;
	if (sa->sa_family == AF_INET) {
		f->len[f->count] = sizeof(struct sockaddr_in);
		memcpy(to, sa, sizeof(struct sockaddr_in));
		((struct sockaddr_in *)to)->sin_port = htons(q->port);
	} else if (sa->sa_family == AF_INET6) {
		f->len[f->count] = sizeof(struct sockaddr_in6);
		memcpy(to, sa, sizeof(struct sockaddr_in6));
		((struct sockaddr_in6 *)to)->sin6_port = htons(q->port);
	} else {
		return true;
	}
	f->count++;
	return true;
}

static bool resolve_literal(struct resolve *q)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, q->host, &v4.sin_addr) == 1)
		return resolve_add(q, (struct sockaddr *)&v4);
	if (inet_pton(AF_INET6, q->host, &v6.sin6_addr) == 1)
		return resolve_add(q, (struct sockaddr *)&v6);
	return false;
}

static void resolve_fail(struct resolve *q, int status)
{
	switch (status) {
	case UV_EAI_NONAME:
	case UV_EAI_NODATA:
	case UV_EAI_ADDRFAMILY:
	case UV_EINVAL:
	case UV_ENAMETOOLONG:
		q->r = err_set(&q->why, -ENOENT, "no host is called '%s'",
				q->host);
		break;
	case UV_ENOMEM:
	case UV_EAI_MEMORY:
		q->r = err_set(&q->why, -ENOMEM, "out of memory");
		break;
	default: /* -EAGAIN would mean "wait" to our callers */
		q->r = err_set(&q->why, -EHOSTUNREACH,
				"the name '%s' cannot be looked up: %s",
				q->host, uv_strerror(status));
	}
}

static void resolve_on_found(
		uv_getaddrinfo_t *uv, int status, struct addrinfo *list)
{
	struct resolve *q = uv->data;

	q->loop->jobs--;
	for (struct addrinfo *a = list; status == 0 && a; a = a->ai_next)
		if (!resolve_add(q, a->ai_addr))
			break;
	uv_freeaddrinfo(list);
	if (status == 0 && q->found.count == 0)
		status = UV_EAI_NODATA;
	if (status < 0)
		resolve_fail(q, status);
	resolve_tell(q);
}

/* Ask libuv's pool. What it refuses at once is answered later all the same. */
static void resolve_ask(struct resolve *q)
{
	struct addrinfo hints = {
			.ai_family = AF_UNSPEC,
			.ai_socktype = SOCK_STREAM,
			/* fe80::1%eth0 is no name either */
			.ai_flags = strchr(q->host, ':') ? AI_NUMERICHOST
							 : AI_ADDRCONFIG,
	};
	int r = q->host[0] ? uv_getaddrinfo(&q->loop->uv, &q->uv,
					     resolve_on_found, q->host, NULL,
					     &hints)
			   : UV_EAI_NONAME;

	if (r == 0) {
		q->asked = true;
		q->loop->jobs++;
		return;
	}
	resolve_fail(q, r);
	defer_add(q->loop, &q->answer);
}

int resolve_start(struct resolve **ret_resolve, struct loop *l,
		const char *host, uint16_t port, resolve_fn *fn, void *arg)
{
	size_t len = strlen(host);
	struct resolve *q = calloc(1, sizeof(*q) + len + 1);

	if (!q)
		return -ENOMEM;
	memcpy(q->host, host, len + 1);
	q->uv.data = q;
	q->loop = l;
	q->answer.fn = resolve_on_defer;
	q->port = port;
	q->fn = fn;
	q->arg = arg;
	if (resolve_literal(q))
		defer_add(l, &q->answer);
	else
		resolve_ask(q);
	*ret_resolve = q;
	return 0;
}

void resolve_cancel(struct resolve *q)
{
	if (!q || q->answering)
		return;
	q->fn = NULL;
	if (q->asked) { /* the callback comes anyway, and frees */
		(void)uv_cancel((uv_req_t *)&q->uv);
		return;
	}
	defer_remove(q->loop, &q->answer);
	free(q);
}
