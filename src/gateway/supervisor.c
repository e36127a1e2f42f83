#include "gateway/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loop.h"
#include "gateway/inherit.h"
#include "gateway/line.h"
#include "gateway/notify.h"
#include "gateway/ports.h"
#include "gateway/program.h"
#include "gateway/worker.h"

enum {
	SIGNALS = 5,
	FAILED = 1,
	HURRY_MS = 1000,
	HEAR_MAX = 64, /* messages a turn: one worker must not drown signals */
};

static const int signals[SIGNALS] = {SIGHUP, SIGUSR2, SIGTERM, SIGINT, SIGCHLD};

enum crew_state { CREW_STARTING, CREW_SERVING, CREW_RETIRING };

/* One worker. */
struct crew {
	struct supervisor *supervisor;
	pid_t pid;
	int line;
	struct watch *watch;
	enum crew_state state;
};

struct supervisor {
	struct loop *loop;
	struct inherit *with; /* borrowed */
	struct ports *ports;  /* of forwards */
	struct program program;
	struct crew *crew[INHERIT_WORKERS_MAX];
	size_t crew_count;
	struct loop_signal *signals[SIGNALS];
	struct timer *pause;                /* before the next worker */
	struct timer *limit;                /* of ending */
	uint64_t deaths[SUPERVISOR_DEATHS]; /* when; the last is the latest */
	bool served;                        /* there was a worker that could */
	bool ending;
	bool reload_owed; /* asked for while a worker was starting */
	int code;
};

static void signals_block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&set, signals[i]);
	(void)sigprocmask(how, &set, NULL);
}

/* ---- workers ------------------------------------------------------------- */

/* In the child: nobody else runs here, so it may do as it likes. */
static void worker_exec(struct supervisor *s, int line)
{
	struct inherit *h = s->with;

	for (size_t i = 0; i < SIGNALS; i++)
		(void)signal(signals[i], SIG_DFL);
	signals_block(SIG_UNBLOCK);
	h->line = line;
	h->worker_count = 0;
	h->port_count = 0; /* it asks */
	program_become_worker(&s->program, h);
}

static void crew_heard(void *arg, int events);

static struct crew *crew_add(struct supervisor *s, pid_t pid, int line,
		enum crew_state state)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (!c || watch_new(&c->watch, s->loop, line, crew_heard, c) < 0) {
		free(c);
		return NULL;
	}
	c->supervisor = s;
	c->pid = pid;
	c->line = line;
	c->state = state;
	(void)watch_set(c->watch, LOOP_READ);
	s->crew[s->crew_count++] = c;
	return c;
}

static void crew_remove(struct supervisor *s, size_t at)
{
	struct crew *c = s->crew[at];

	watch_free(c->watch);
	close(c->line);
	free(c);
	s->crew[at] = s->crew[--s->crew_count];
}

static struct crew *crew_in(const struct supervisor *s, enum crew_state state)
{
	for (size_t i = 0; i < s->crew_count; i++)
		if (s->crew[i]->state == state)
			return s->crew[i];
	return NULL;
}

static int worker_spawn(struct supervisor *s)
{
	int ends[2], r;
	pid_t pid;

	if (s->crew_count == INHERIT_WORKERS_MAX)
		return -EMFILE;
	r = line_new(ends);
	if (r < 0)
		return r;
	signals_block(SIG_BLOCK); /* our handlers are not for the child */
	pid = fork();
	if (pid == 0)
		worker_exec(s, ends[1]);
	r = pid < 0 ? -errno : 0;
	signals_block(SIG_UNBLOCK);
	close(ends[1]);
	/* without memory for it the child sees the end of its line, and ends */
	if (r == 0 && !crew_add(s, pid, ends[0], CREW_STARTING))
		r = -ENOMEM;
	if (r < 0)
		close(ends[0]);
	else
		log_info(NULL, "event=worker_started pid=%d", (int)pid);
	return r;
}

/* ---- ending -------------------------------------------------------------- */

static void limit_reached(void *arg)
{
	struct supervisor *s = arg;

	for (size_t i = 0; i < s->crew_count; i++) {
		log_warn(NULL, "event=worker_killed pid=%d",
				(int)s->crew[i]->pid);
		(void)kill(s->crew[i]->pid, SIGKILL);
	}
}

static void supervisor_end(struct supervisor *s, int code)
{
	bool hurry = s->ending;
	int limit_ms = hurry ? 0 : WORKER_DRAIN_MS;

	if (!s->ending) {
		notify("STOPPING=1");
		s->code = code;
		/* who knocks now is refused at once and does not wait */
		listeners_close(&s->with->listeners, true);
		ports_close(s->ports);
	}
	s->ending = true;
	timer_stop(s->pause);
	for (size_t i = 0; i < s->crew_count; i++)
		(void)line_send(s->crew[i]->line, LINE_DRAIN, limit_ms, -1);
	timer_set(s->limit, (uint64_t)limit_ms + (hurry ? HURRY_MS
							: SUPERVISOR_GRACE_MS));
	if (s->crew_count == 0)
		loop_stop(s->loop);
}

/* ---- deaths -------------------------------------------------------------- */

/* How many there were lately, this one counted. */
static unsigned deaths_count(struct supervisor *s)
{
	uint64_t now = loop_now_ms(s->loop) + 1; /* 0: none */
	unsigned lately = 0;

	memmove(s->deaths, s->deaths + 1,
			(SUPERVISOR_DEATHS - 1) * sizeof(s->deaths[0]));
	s->deaths[SUPERVISOR_DEATHS - 1] = now;
	for (size_t i = 0; i < SUPERVISOR_DEATHS; i++)
		lately += s->deaths[i] != 0 &&
			  now - s->deaths[i] < SUPERVISOR_DEATHS_MS;
	return lately;
}

static void supervisor_mourn(struct supervisor *s)
{
	unsigned lately = deaths_count(s);

	if (lately >= SUPERVISOR_DEATHS) {
		log_error(NULL,
				"event=given_up detail=\"%u workers died "
				"within %d seconds\"",
				lately, SUPERVISOR_DEATHS_MS / 1000);
		supervisor_end(s, FAILED);
	} else {
		timer_set(s->pause,
				(uint64_t)SUPERVISOR_PAUSE_MS << (lately - 1));
	}
}

static void pause_over(void *arg)
{
	struct supervisor *s = arg;
	int r = worker_spawn(s);

	if (r == 0)
		return;
	log_error(NULL, "event=start_failed detail=%s",
			log_value(strerror(-r)).text);
	supervisor_mourn(s);
}

static void death_tell(
		const struct supervisor *s, const struct crew *c, int status)
{
	bool expected = s->ending || c->state == CREW_RETIRING;

	if (WIFSIGNALED(status))
		log_error(NULL, "event=worker_died pid=%d signal=%s",
				(int)c->pid,
				log_value(strsignal(WTERMSIG(status))).text);
	else if (expected && WEXITSTATUS(status) == 0)
		log_info(NULL, "event=worker_ended pid=%d", (int)c->pid);
	else
		log_error(NULL, "event=worker_died pid=%d status=%d",
				(int)c->pid, WEXITSTATUS(status));
}

static void crew_died(struct supervisor *s, size_t at, int status)
{
	enum crew_state was = s->crew[at]->state;
	struct crew *serves = crew_in(s, CREW_SERVING);

	death_tell(s, s->crew[at], status);
	if (was == CREW_STARTING && serves)
		ports_pass(s->ports, s->crew[at]->pid, serves->pid);
	crew_remove(s, at);
	if (s->ending) {
		if (s->crew_count == 0)
			loop_stop(s->loop);
	} else if (was == CREW_RETIRING) {
		return;
	} else if (was == CREW_STARTING && crew_in(s, CREW_SERVING)) {
		log_error(NULL, "event=handover_failed detail=\"the old worker "
				"goes on\"");
		notify("READY=1");
	} else if (!s->served && WIFEXITED(status)) {
		/* it has said why it cannot; to try again would not help */
		supervisor_end(s, WEXITSTATUS(status) ? WEXITSTATUS(status)
						      : FAILED);
	} else if (!crew_in(s, CREW_STARTING)) {
		supervisor_mourn(s);
	}
}

static void supervisor_reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < s->crew_count; i++)
			if (s->crew[i]->pid == pid) {
				crew_died(s, i, status);
				break;
			}
}

/* ---- what workers say ---------------------------------------------------- */

/* The young one may ask the old one for its sessions, and end them. */
static void crew_link(struct crew *young, struct crew *old)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	(void)line_send(old->line, LINE_HOST, 0, ends[0]);
	(void)line_send(young->line, LINE_ASK, 0, ends[1]);
	close(ends[0]);
	close(ends[1]);
}

static void supervisor_reload(struct supervisor *s);

static void crew_ready(struct supervisor *s, struct crew *c)
{
	struct crew *old = crew_in(s, CREW_SERVING);

	if (old) {
		old->state = CREW_RETIRING;
		(void)line_send(old->line, LINE_RETIRE, 0, -1);
	}
	c->state = CREW_SERVING;
	s->served = true;
	for (size_t i = 0; i < s->crew_count; i++)
		if (s->crew[i] != c)
			crew_link(c, s->crew[i]);
	if (old)
		log_info(NULL, "event=handed_over from=%d to=%d", (int)old->pid,
				(int)c->pid);
	notify("READY=1\nMAINPID=%d", (int)getpid());
	if (s->reload_owed) {
		s->reload_owed = false;
		supervisor_reload(s);
	}
}

/* Of the ports of forwards. One that retires keeps what it has, and has no
 * say any more. */
static void crew_ports(struct crew *c, const struct line_message *m, int fd)
{
	struct ports *p = c->supervisor->ports;

	if (c->supervisor->ending || c->state == CREW_RETIRING)
		return;
	if (m->kind == LINE_PORT && fd >= 0)
		ports_answer(p, c->pid, m->text, fd);
	else if (m->kind == LINE_PORT_DROP)
		ports_drop(p, c->pid, m->text);
	else if (m->kind == LINE_PORTS_AGAIN)
		ports_again(p);
	else if (m->kind == LINE_PORTS_CHOSEN && c->state == CREW_SERVING)
		ports_chosen(p, c->pid);
}

static void crew_heard(void *arg, int events)
{
	struct crew *c = arg;
	struct line_message m;
	int fd, r = 1;

	for (int i = 0; i < HEAR_MAX && r > 0; i++) {
		r = line_receive(c->line, &m, &fd);
		if (r <= 0)
			break;
		crew_ports(c, &m, fd);
		if (fd >= 0)
			close(fd);
		if (m.kind == LINE_READY && c->state == CREW_STARTING &&
				!c->supervisor->ending)
			crew_ready(c->supervisor, c);
		else if (m.kind == LINE_RELOADED)
			notify("READY=1");
	}
	if (r <= 0 && r != -EAGAIN)
		(void)watch_set(c->watch, 0); /* SIGCHLD tells the rest */
}

/* ---- signals ------------------------------------------------------------- */

static void supervisor_reload(struct supervisor *s)
{
	struct crew *c = crew_in(s, CREW_SERVING);

	/* a worker that starts may have read the file already */
	s->reload_owed = crew_in(s, CREW_STARTING) != NULL;
	if (!c)
		return;
	notify_reloading();
	if (line_send(c->line, LINE_RELOAD, 0, -1) < 0)
		notify("READY=1");
}

/* Become the program that stands on disk now; our workers stay our children. */
static void supervisor_renew(struct supervisor *s)
{
	struct inherit *h = s->with;
	int r;

	if (crew_in(s, CREW_STARTING) ||
			s->crew_count + 1 >= INHERIT_WORKERS_MAX) {
		log_error(NULL, "event=handover_refused detail=\"%s\"",
				crew_in(s, CREW_STARTING)
						? "another one is under way"
						: "too many workers still "
						  "have consoles");
		return;
	}
	h->line = -1;
	h->worker_count = s->crew_count;
	for (size_t i = 0; i < s->crew_count; i++)
		h->workers[i] = (struct inherit_worker){.pid = s->crew[i]->pid,
				.line = s->crew[i]->line,
				.retiring = s->crew[i]->state == CREW_RETIRING};
	ports_hand(s->ports, h);
	notify_reloading();
	signals_block(SIG_BLOCK); /* they wait for the new image */
	r = program_become_new(&s->program, h);
	signals_block(SIG_UNBLOCK);
	log_error(NULL, "event=handover_failed file=%s detail=%s",
			log_value(s->program.path).text,
			log_value(strerror(-r)).text);
	notify("READY=1");
}

static void supervisor_signal(void *arg, int signum)
{
	struct supervisor *s = arg;

	if (signum == SIGCHLD)
		supervisor_reap(s);
	else if (signum == SIGTERM || signum == SIGINT)
		supervisor_end(s, 0);
	else if (s->ending)
		return;
	else if (signum == SIGHUP)
		supervisor_reload(s);
	else
		supervisor_renew(s);
}

/* ---- life ---------------------------------------------------------------- */

/* Those of before an upgrade are the serving worker's. */
static int supervisor_ports(struct supervisor *s)
{
	const struct inherit *h = s->with;
	pid_t who = 0;

	for (size_t i = 0; i < h->worker_count; i++)
		if (!h->workers[i].retiring)
			who = h->workers[i].pid;
	return ports_take(s->ports, h, who);
}

static int supervisor_start(struct supervisor *s)
{
	const struct inherit *h = s->with;
	int r = program_read(&s->program);

	if (r == 0)
		r = timer_new(&s->pause, s->loop, pause_over, s);
	if (r == 0)
		r = timer_new(&s->limit, s->loop, limit_reached, s);
	for (size_t i = 0; r == 0 && i < SIGNALS; i++)
		r = loop_signal_new(&s->signals[i], s->loop, signals[i],
				supervisor_signal, s);
	if (r == 0)
		r = supervisor_ports(s);
	signals_block(SIG_UNBLOCK); /* they waited while we were renewed */
	for (size_t i = 0; r == 0 && i < h->worker_count; i++) {
		s->served = true;
		if (!crew_add(s, h->workers[i].pid, h->workers[i].line,
				    h->workers[i].retiring ? CREW_RETIRING
							   : CREW_SERVING))
			r = -ENOMEM;
	}
	if (r == 0)
		r = worker_spawn(s);
	if (r == 0)
		supervisor_reap(s); /* who died while we were renewed */
	return r;
}

static void supervisor_done(struct supervisor *s)
{
	while (s->crew_count > 0)
		crew_remove(s, 0);
	for (size_t i = 0; i < SIGNALS; i++)
		loop_signal_free(s->signals[i]);
	timer_free(s->pause);
	timer_free(s->limit);
	ports_free(s->ports);
	program_done(&s->program);
	loop_free(s->loop);
	listeners_close(&s->with->listeners, true);
}

int supervisor_run(struct inherit *with, ports_read_fn *read, void *arg)
{
	struct supervisor s = {.with = with};
	int r = ports_new(&s.ports, read, arg);

	if (r == 0)
		r = loop_new(&s.loop);
	if (r < 0) {
		ports_free(s.ports);
		log_error(NULL, "event=start_failed detail=%s",
				log_value(strerror(-r)).text);
		listeners_close(&with->listeners, true);
		return FAILED;
	}
	r = supervisor_start(&s);
	if (r == 0)
		r = loop_run(s.loop);
	else
		log_error(NULL, "event=start_failed detail=%s",
				log_value(strerror(-r)).text);
	supervisor_done(&s);
	return r < 0 ? FAILED : s.code;
}
