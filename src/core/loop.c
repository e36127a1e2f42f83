#include "core/loop.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/chunk.h"

enum {
	TICK_MS = 1000,
	CHILD_FDS_MAX = 16,
};

struct loop {
	uv_loop_t uv;
	struct chunk_pool chunks;

	uv_timer_t tick;          /* runs while there is a tick */
	struct tick ticks, walk;  /* all of them; those of this walk */
	uv_idle_t idle;           /* forbids to sleep while some defer */
	uv_check_t check;         /* runs them, after the wire */
	struct defer defers, now; /* asked for; those of this turn */
	struct child *forgotten;  /* freed while running: to be reaped */
	size_t jobs;              /* work and names in libuv's pool */

	uv_async_t async;
	pthread_mutex_t lock; /* of what follows; any thread may post */
	struct post *posts, **posts_end;
	bool shut;
};

/* Rings of struct tick and struct defer: a head, and next = NULL when out. */
#define RING_INIT(head) ((head)->next = (head)->prev = (head))
#define RING_EMPTY(head) ((head)->next == (head))
#define RING_ADD(head, x)                                                     \
	((x)->next = (head), (x)->prev = (head)->prev, (x)->prev->next = (x), \
			(head)->prev = (x))
#define RING_REMOVE(x)                                             \
	((x)->prev->next = (x)->next, (x)->next->prev = (x)->prev, \
			(x)->next = (x)->prev = NULL)

/* ---- the loop ---------------------------------------------------------- */

/* Handles live until libuv lets go of them, one turn after uv_close(). */
static void loop_on_closed(uv_handle_t *h)
{
	free(h->data);
}

#define LOOP_CLOSE(handle) uv_close((uv_handle_t *)(handle), loop_on_closed)

static void loop_on_posted(uv_async_t *async);
static void loop_on_tick(uv_timer_t *timer);
static void loop_on_idle(uv_idle_t *idle);
static void loop_on_check(uv_check_t *check);

static int loop_init(struct loop *l)
{
	int r = uv_loop_init(&l->uv);

	if (r < 0)
		return r;
	r = uv_async_init(&l->uv, &l->async, loop_on_posted);
	if (r < 0) {
		(void)uv_loop_close(&l->uv);
		return r;
	}
	(void)uv_timer_init(&l->uv, &l->tick);
	(void)uv_idle_init(&l->uv, &l->idle);
	(void)uv_check_init(&l->uv, &l->check);
	chunk_pool_init(&l->chunks);
	RING_INIT(&l->ticks);
	RING_INIT(&l->walk);
	RING_INIT(&l->defers);
	RING_INIT(&l->now);
	l->posts_end = &l->posts;
	l->uv.data = l;
	return 0;
}

const char *loop_library(void)
{
	return uv_version_string();
}

int loop_new(struct loop **ret_loop)
{
	struct loop *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	r = pthread_mutex_init(&l->lock, NULL);
	if (r != 0) {
		free(l);
		return -r;
	}
	r = loop_init(l);
	if (r < 0) {
		pthread_mutex_destroy(&l->lock);
		free(l);
		return r;
	}
	*ret_loop = l;
	return 0;
}

static bool loop_run_posts(struct loop *l);

/* What was begun is ended: work, names, and what was posted meanwhile. */
static void loop_settle(struct loop *l)
{
	bool settled = false;

	while (!settled) {
		while (l->jobs > 0)
			(void)uv_run(&l->uv, UV_RUN_ONCE);
		(void)loop_run_posts(l);
		pthread_mutex_lock(&l->lock);
		settled = l->shut = !l->posts && l->jobs == 0;
		pthread_mutex_unlock(&l->lock);
	}
}

static void child_close_forgotten(struct loop *l);

/* Whoever still has a handle here would be left with a dangling pointer. */
static void loop_check_closing(uv_handle_t *h, void *arg)
{
	assert(uv_is_closing(h));
	(void)h;
}

void loop_free(struct loop *l)
{
	int r;

	if (!l)
		return;
	loop_settle(l);
	assert(RING_EMPTY(&l->ticks) && RING_EMPTY(&l->defers));
	child_close_forgotten(l);
	LOOP_CLOSE(&l->async);
	LOOP_CLOSE(&l->tick);
	LOOP_CLOSE(&l->idle);
	LOOP_CLOSE(&l->check);
	uv_walk(&l->uv, loop_check_closing, NULL);
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	r = uv_loop_close(&l->uv);
	assert(r == 0);
	(void)r;
	chunk_pool_done(&l->chunks);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

int loop_run(struct loop *l)
{
	(void)uv_run(&l->uv, UV_RUN_DEFAULT); /* the async keeps it going */
	return 0;
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

uint64_t loop_now_ms(const struct loop *l)
{
	return uv_now(&l->uv);
}

struct chunk_pool *loop_chunks(struct loop *l)
{
	return &l->chunks;
}

/* ---- a descriptor ------------------------------------------------------ */

_Static_assert((int)LOOP_READ == (int)UV_READABLE, "passed on as it is");
_Static_assert((int)LOOP_WRITE == (int)UV_WRITABLE, "passed on as it is");
_Static_assert((int)LOOP_HANGUP == (int)UV_DISCONNECT, "passed on as it is");

/*
 * Changing the events of a descriptor costs two calls of the kernel, and a
 * busy relay changes its mind all the time. So what is no longer wanted stays
 * armed until it really happens: `armed` is always `want` or more.
 */
struct watch {
	uv_poll_t uv;
	int want, armed;
	watch_fn *fn;
	void *arg;
};

static void watch_on_event(uv_poll_t *poll, int status, int events);

static int watch_arm(struct watch *w)
{
	int events = w->want, r;

	if (events & LOOP_READ) /* alone it would be told again and again */
		events |= LOOP_HANGUP;
	r = uv_poll_start(&w->uv, events, watch_on_event);
	w->armed = r == 0 ? w->want : 0;
	return r;
}

static void watch_on_event(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int want = w->want;

	if (status < 0) { /* libuv has disarmed it */
		events = LOOP_READ | LOOP_WRITE | LOOP_HANGUP;
		want = want ? events : 0; /* reading tells what it is */
		w->armed = 0;
	}
	if (w->armed != w->want)
		(void)watch_arm(w);
	if (events & want)
		w->fn(w->arg, events & (want | LOOP_HANGUP));
}

int watch_new(struct watch **ret_watch, struct loop *l, int fd, watch_fn *fn,
		void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	r = uv_poll_init(&l->uv, &w->uv, fd);
	if (r < 0) {
		free(w);
		return r;
	}
	w->uv.data = w;
	w->fn = fn;
	w->arg = arg;
	*ret_watch = w;
	return 0;
}

int watch_set(struct watch *w, int events)
{
	w->want = events & (LOOP_READ | LOOP_WRITE | LOOP_HANGUP);
	return w->want & ~w->armed ? watch_arm(w) : 0;
}

void watch_free(struct watch *w)
{
	if (w)
		LOOP_CLOSE(&w->uv);
}

/* ---- time -------------------------------------------------------------- */

struct timer {
	uv_timer_t uv;
	timer_fn *fn;
	void *arg;
};

int timer_new(struct timer **ret_timer, struct loop *l, timer_fn *fn, void *arg)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	(void)uv_timer_init(&l->uv, &t->uv);
	t->uv.data = t;
	t->fn = fn;
	t->arg = arg;
	*ret_timer = t;
	return 0;
}

static void timer_on_due(uv_timer_t *uv)
{
	struct timer *t = uv->data;

	t->fn(t->arg);
}

/*
 * libuv counts from the start of the turn; a turn that took long would make
 * the timer early. And one of 0 ms that sets itself again would never let the
 * wire have its turn.
 */
void timer_set(struct timer *t, uint64_t ms)
{
	uint64_t turn = uv_now(t->uv.loop), now = uv_hrtime() / 1000000;

	if (ms == 0)
		ms = 1;
	if (now > turn && ms < UINT64_MAX - (now - turn))
		ms += now - turn;
	(void)uv_timer_start(&t->uv, timer_on_due, ms, 0);
}

void timer_stop(struct timer *t)
{
	(void)uv_timer_stop(&t->uv);
}

void timer_free(struct timer *t)
{
	if (t)
		LOOP_CLOSE(&t->uv);
}

/* Each goes back into the ring before it runs, so any may be removed. */
static void loop_on_tick(uv_timer_t *timer)
{
	struct loop *l = timer->loop->data;

	while (!RING_EMPTY(&l->ticks)) {
		struct tick *t = l->ticks.next;

		RING_REMOVE(t);
		RING_ADD(&l->walk, t);
	}
	while (!RING_EMPTY(&l->walk)) {
		struct tick *t = l->walk.next;

		RING_REMOVE(t);
		RING_ADD(&l->ticks, t);
		t->fn(t, uv_now(&l->uv));
	}
}

void tick_add(struct loop *l, struct tick *t)
{
	if (t->next)
		return;
	RING_ADD(&l->ticks, t);
	if (!uv_is_active((uv_handle_t *)&l->tick))
		(void)uv_timer_start(&l->tick, loop_on_tick, TICK_MS, TICK_MS);
}

void tick_remove(struct loop *l, struct tick *t)
{
	if (!t->next)
		return;
	RING_REMOVE(t);
	if (RING_EMPTY(&l->ticks) && RING_EMPTY(&l->walk))
		(void)uv_timer_stop(&l->tick);
}

/* ---- later ------------------------------------------------------------- */

/* Before the wire is looked at: what is asked for from here on waits. */
static void loop_on_idle(uv_idle_t *idle)
{
	struct loop *l = idle->loop->data;

	while (!RING_EMPTY(&l->defers)) {
		struct defer *d = l->defers.next;

		RING_REMOVE(d);
		RING_ADD(&l->now, d);
	}
}

static void loop_rest(struct loop *l)
{
	if (!RING_EMPTY(&l->defers) || !RING_EMPTY(&l->now))
		return;
	(void)uv_idle_stop(&l->idle);
	(void)uv_check_stop(&l->check);
}

static void loop_on_check(uv_check_t *check)
{
	struct loop *l = check->loop->data;

	while (!RING_EMPTY(&l->now)) {
		struct defer *d = l->now.next;

		RING_REMOVE(d);
		d->fn(d);
	}
	loop_rest(l);
}

void defer_add(struct loop *l, struct defer *d)
{
	if (d->next)
		return;
	RING_ADD(&l->defers, d);
	(void)uv_idle_start(&l->idle, loop_on_idle);
	(void)uv_check_start(&l->check, loop_on_check);
}

void defer_remove(struct loop *l, struct defer *d)
{
	if (!d->next)
		return;
	RING_REMOVE(d);
	loop_rest(l);
}

static int loop_enqueue(struct loop *l, struct post *p)
{
	bool first = false, shut;

	p->next = NULL;
	pthread_mutex_lock(&l->lock);
	shut = l->shut;
	if (!shut) {
		first = !l->posts;
		*l->posts_end = p;
		l->posts_end = &p->next;
	}
	if (first) /* under the lock: the async is not closed meanwhile */
		(void)uv_async_send(&l->async);
	pthread_mutex_unlock(&l->lock);
	return shut ? -ESHUTDOWN : 0;
}

int loop_post_own(struct loop *l, struct post *p, void (*fn)(void *arg),
		void *arg)
{
	*p = (struct post){.fn = fn, .arg = arg};
	return loop_enqueue(l, p);
}

int loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct post *p = malloc(sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	*p = (struct post){.fn = fn, .arg = arg, .owned = true};
	r = loop_enqueue(l, p);
	if (r < 0)
		free(p);
	return r;
}

static bool loop_run_posts(struct loop *l)
{
	struct post *p, *next;
	bool any;

	pthread_mutex_lock(&l->lock);
	p = l->posts;
	l->posts = NULL;
	l->posts_end = &l->posts;
	pthread_mutex_unlock(&l->lock);
	any = p != NULL;
	for (; p; p = next) {
		struct post message = *p; /* its owner may be gone after fn */

		next = message.next;
		if (message.owned)
			free(p);
		message.fn(message.arg);
	}
	return any;
}

static void loop_on_posted(uv_async_t *async)
{
	(void)loop_run_posts(async->loop->data);
}

struct work {
	uv_work_t uv;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

static void work_on_helper(uv_work_t *uv)
{
	struct work *w = uv->data;

	w->work(w->arg);
}

static void work_on_done(uv_work_t *uv, int status)
{
	struct work *w = uv->data;
	struct loop *l = uv->loop->data;

	l->jobs--;
	w->done(w->arg);
	free(w);
}

int loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg),
		void *arg)
{
	struct work *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	*w = (struct work){.work = work, .done = done, .arg = arg};
	w->uv.data = w;
	r = uv_queue_work(&l->uv, &w->uv, work_on_helper, work_on_done);
	if (r < 0) {
		free(w);
		return r;
	}
	l->jobs++;
	return 0;
}

/* ---- names ------------------------------------------------------------- */

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

/* ---- signals and children ---------------------------------------------- */

struct loop_signal {
	uv_signal_t uv;
	void (*fn)(void *arg, int signum);
	void *arg;
};

static void signal_on_caught(uv_signal_t *uv, int signum)
{
	struct loop_signal *s = uv->data;

	s->fn(s->arg, signum);
}

int loop_signal_new(struct loop_signal **ret_signal, struct loop *l, int signum,
		void (*fn)(void *arg, int signum), void *arg)
{
	struct loop_signal *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = uv_signal_init(&l->uv, &s->uv);
	if (r < 0) {
		free(s);
		return r;
	}
	s->uv.data = s;
	s->fn = fn;
	s->arg = arg;
	r = uv_signal_start(&s->uv, signal_on_caught, signum);
	if (r < 0) {
		loop_signal_free(s);
		return r;
	}
	*ret_signal = s;
	return 0;
}

void loop_signal_free(struct loop_signal *s)
{
	if (s)
		LOOP_CLOSE(&s->uv);
}

struct child {
	uv_process_t uv;
	struct child *next; /* among the forgotten */
	bool exited;
	child_fn *fn; /* NULL: forgotten */
	void *arg;
};

static void child_reaped(struct child *c)
{
	struct loop *l = c->uv.loop->data;
	struct child **at = &l->forgotten;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	LOOP_CLOSE(&c->uv);
}

static void child_on_exit(uv_process_t *uv, int64_t status, int signum)
{
	struct child *c = uv->data;

	c->exited = true;
	if (c->fn)
		c->fn(c->arg, status, signum);
	else
		child_reaped(c);
}

static int child_spawn(
		struct child *c, struct loop *l, const struct child_options *o)
{
	uv_stdio_container_t fds[CHILD_FDS_MAX] = {0};
	uv_process_options_t uo = {
			.exit_cb = child_on_exit,
			.file = o->file,
			.args = (char **)o->argv,
			.env = (char **)o->env,
			.flags = o->detached ? UV_PROCESS_DETACHED : 0,
			.stdio_count = (int)o->fd_count,
			.stdio = fds,
	};

	for (size_t i = 0; i < o->fd_count; i++) {
		fds[i].flags = o->fds[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
		fds[i].data.fd = o->fds[i];
	}
	return uv_spawn(&l->uv, &c->uv, &uo);
}

int child_new(struct child **ret_child, struct loop *l,
		const struct child_options *o, child_fn *fn, void *arg,
		struct err *e)
{
	struct child *c;
	int r;

	if (o->fd_count > CHILD_FDS_MAX)
		return err_set(e, -EINVAL, "a child takes %d descriptors",
				CHILD_FDS_MAX);
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	c->fn = fn;
	c->arg = arg;
	c->uv.data = c;
	r = child_spawn(c, l, o);
	if (r < 0) {
		LOOP_CLOSE(&c->uv); /* libuv has taken it all the same */
		return err_set(e, r, "'%s' cannot be started: %s", o->file,
				strerror(-r));
	}
	*ret_child = c;
	return 0;
}

pid_t child_pid(const struct child *c)
{
	return c->uv.pid;
}

int child_kill(struct child *c, int signum)
{
	return c->exited ? -ESRCH : uv_process_kill(&c->uv, signum);
}

/* One that runs on stays with the loop, so that it leaves no zombie. */
void child_free(struct child *c)
{
	struct loop *l;

	if (!c)
		return;
	if (c->exited) {
		LOOP_CLOSE(&c->uv);
		return;
	}
	l = c->uv.loop->data;
	c->fn = NULL;
	c->next = l->forgotten;
	l->forgotten = c;
}

static void child_close_forgotten(struct loop *l)
{
	struct child *c;

	while ((c = l->forgotten)) {
		l->forgotten = c->next;
		LOOP_CLOSE(&c->uv);
	}
}
