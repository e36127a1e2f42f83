/*
 * bench_load CLIENT BACKEND: the two ends of what is measured, on two threads
 * of one process. Prints the backend's port; then reads commands, one a line,
 * and prints an answer of one line for each:
 *
 *	port PORT             where the relay listens (no answer)
 *	down MIB | up MIB     one connection: seconds
 *	echo N RATE SECONDS   N connections, RATE messages of 64 bytes a second
 *	                      each (0: the next as soon as one is back):
 *	                      p50 and p99 in microseconds, how many
 *	mixed SECONDS         an echo beside an unlimited download: p50, p99,
 *	                      how many, download in GB/s
 *	open N                idle connections: "N" when all stand
 *	pass KIB              that much through each of those
 *	stop N                N downloads that nobody reads
 *	pause MIB MS          a download that stops for so long, every byte
 *	                      looked at: "whole" or what is wrong
 *	setup N               one connection after the other: seconds
 *	close                 all of them
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/loop.h"
#include "depart.h"
#include "ends.h"
#include "stream/stream.h"

static struct {
	struct loop *loop;
	enum kind kind, backend_kind;
	uint16_t port, backend_port;
	struct timer *deadline;
	pthread_barrier_t backend_is_up;
} load;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- clients --------------------------------------------------------------
 */

enum { WARM_UP_NS = 300000000 };
enum { CLIENTS_MAX = 4096, MESSAGE = 64, TIMES_MAX = 4 << 20 };

static struct end *clients[CLIENTS_MAX];
static size_t client_count, client_ready;
static uint32_t *times;
static size_t time_count;

/* Run the loop until loop_stop() or for so long. True: it was in time. */
static bool in_time;

static void on_deadline(void *arg)
{
	in_time = false;
	loop_stop(arg);
}

static bool run_for(uint64_t ms)
{
	in_time = true;
	timer_set(load.deadline, ms);
	(void)loop_run(load.loop);
	timer_stop(load.deadline);
	return in_time;
}

static void on_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	if (r < 0) {
		(void)fprintf(stderr, "bench: dial: %s\n", e->text);
		exit(1);
	}
	clients[client_ready++] = end_new(load.loop, s);
	if (client_ready == client_count)
		loop_stop(load.loop);
}

static void open_clients(size_t n)
{
	while (client_ready < n) {
		/* not all at once: the peers' backlogs are short */
		client_count = client_ready + 32 < n ? client_ready + 32 : n;
		for (size_t i = client_ready; i < client_count; i++)
			depart(load.loop, load.kind, load.port, on_dialled,
					NULL);
		if (!run_for(20000))
			give_up("open", -ETIMEDOUT);
	}
}

static void close_clients(void)
{
	for (size_t i = 0; i < client_ready; i++)
		end_free(clients[i]);
	client_ready = client_count = 0;
}

/* ---- downloads and uploads ------------------------------------------------
 */

static uint64_t wanted;
static size_t waited_for;

static void on_whole(struct end *e, const uint8_t *data, size_t len)
{
	e->heard += len;
	if (e->heard >= wanted && e->heard - len < wanted && --waited_for == 0)
		loop_stop(load.loop);
}

static double transfer(char op, uint64_t bytes)
{
	uint64_t start;

	close_clients();
	open_clients(1);
	wanted = op == 'D' ? bytes : 1; /* an upload is acknowledged */
	waited_for = 1;
	clients[0]->hears = on_whole;
	start = now_ns();
	end_asks(clients[0], op, bytes);
	if (op == 'U')
		end_sends(clients[0], bytes);
	if (!run_for(60000))
		return -1;
	return (double)(now_ns() - start) / 1e9;
}

static size_t wrong_at;

static void on_looked_at(struct end *e, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && !wrong_at; i++)
		if (data[i] != end_pattern(e->heard + i))
			wrong_at = e->heard + i + 1;
	on_whole(e, data, len);
}

static void pause_download(uint64_t bytes, uint64_t pause_ms)
{
	close_clients();
	open_clients(1);
	wanted = bytes;
	waited_for = 1;
	wrong_at = 0;
	clients[0]->hears = on_looked_at;
	end_asks(clients[0], 'D', bytes);
	while (clients[0]->heard < bytes / 10)
		if (!run_for(1))
			continue;
	end_stops(clients[0], true);
	(void)run_for(pause_ms);
	end_stops(clients[0], false);
	if (!run_for(60000))
		(void)printf("only %llu bytes came\n",
				(unsigned long long)clients[0]->heard);
	else if (wrong_at)
		(void)printf("wrong at byte %zu\n", wrong_at - 1);
	else
		(void)printf("whole\n");
}

/* ---- echoes ---------------------------------------------------------------
 */

static uint64_t echo_every_ns, echo_from, echo_until;

static void echo_send(struct end *e)
{
	e->sent_ns = now_ns();
	end_sends(e, MESSAGE);
}

static void on_echo_due(void *arg)
{
	echo_send(arg);
}

static void on_echo(struct end *e, const uint8_t *data, size_t len)
{
	uint64_t now = now_ns();

	e->heard += len;
	if (e->heard % MESSAGE)
		return;
	if (now >= echo_from && time_count < TIMES_MAX)
		times[time_count++] = (uint32_t)((now - e->sent_ns) / 1000);
	if (now >= echo_until)
		return;
	if (echo_every_ns == 0)
		echo_send(e);
	else
		timer_set(e->timer, 1 + echo_every_ns / 1000000);
}

static void echo_begin(struct end *e, size_t i)
{
	e->hears = on_echo;
	end_asks(e, 'E', 0);
	if (echo_every_ns == 0) {
		echo_send(e);
		return;
	}
	if (!e->timer && timer_new(&e->timer, load.loop, on_echo_due, e) < 0)
		give_up("timer", -ENOMEM);
	timer_set(e->timer, 1 + i % (1 + echo_every_ns / 1000000));
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print_times(void)
{
	if (time_count == 0) {
		(void)printf("0 0 0");
		return;
	}
	qsort(times, time_count, sizeof(*times), by_size);
	(void)printf("%u %u %zu", times[time_count / 2],
			times[time_count * 99 / 100], time_count);
}

static void echo(size_t n, unsigned rate, unsigned seconds)
{
	close_clients();
	open_clients(n);
	time_count = 0;
	echo_every_ns = rate ? 1000000000 / rate : 0;
	echo_from = now_ns() + WARM_UP_NS;
	echo_until = now_ns() + seconds * UINT64_C(1000000000);
	for (size_t i = 0; i < n; i++)
		echo_begin(clients[i], i);
	(void)run_for(seconds * UINT64_C(1000));
	print_times();
	(void)printf("\n");
}

static void mixed(unsigned seconds)
{
	close_clients();
	open_clients(2);
	time_count = 0;
	echo_every_ns = 0;
	echo_from = now_ns() + WARM_UP_NS;
	echo_until = UINT64_MAX;
	wanted = UINT64_MAX;
	clients[0]->hears = on_whole;
	end_asks(clients[0], 'D', UINT64_MAX);
	echo_begin(clients[1], 0);
	(void)run_for(seconds * UINT64_C(1000));
	print_times();
	(void)printf(" %.3f\n", (double)clients[0]->heard / seconds / 1e9);
}

/* ---- many -----------------------------------------------------------------
 */

static void pass_through_all(uint64_t bytes)
{
	wanted = bytes;
	waited_for = client_ready;
	for (size_t i = 0; i < client_ready; i++) {
		clients[i]->hears = on_whole;
		end_asks(clients[i], 'D', bytes);
	}
	(void)printf("%d\n", run_for(60000));
}

static void stopped_readers(size_t n)
{
	close_clients();
	open_clients(n);
	for (size_t i = 0; i < n; i++) {
		end_asks(clients[i], 'D', UINT64_MAX);
		end_stops(clients[i], true);
	}
	(void)run_for(3000);
	(void)printf("%zu\n", n);
}

static void setup(size_t n)
{
	uint64_t start = now_ns();

	for (size_t i = 0; i < n; i++) {
		open_clients(1);
		close_clients();
	}
	(void)printf("%.3f\n", (double)(now_ns() - start) / 1e9);
}

static void obey(const char *line)
{
	unsigned long long a = 0, b = 0, c = 0;
	char word[16] = "";

	(void)sscanf(line, "%15s %llu %llu %llu", word, &a, &b, &c);
	if (strcmp(word, "port") == 0) {
		load.port = (uint16_t)a;
	} else if (strcmp(word, "down") == 0) {
		(void)printf("%.4f\n", transfer('D', a << 20));
	} else if (strcmp(word, "up") == 0) {
		(void)printf("%.4f\n", transfer('U', a << 20));
	} else if (strcmp(word, "echo") == 0) {
		echo(a, (unsigned)b, (unsigned)c);
	} else if (strcmp(word, "mixed") == 0) {
		mixed((unsigned)a);
	} else if (strcmp(word, "open") == 0) {
		open_clients(a);
		(void)printf("%zu\n", client_ready);
	} else if (strcmp(word, "pass") == 0) {
		pass_through_all(a << 10);
	} else if (strcmp(word, "stop") == 0) {
		stopped_readers(a);
	} else if (strcmp(word, "pause") == 0) {
		pause_download(a << 20, b);
	} else if (strcmp(word, "setup") == 0) {
		setup(a);
	} else if (strcmp(word, "close") == 0) {
		close_clients();
		(void)printf("0\n");
	} else {
		(void)fprintf(stderr, "bench_load: '%s'?\n", word);
		exit(2);
	}
	(void)fflush(stdout);
}

/* ---- the backend ----------------------------------------------------------
 */

static void on_arrived(void *arg, struct stream *s)
{
	end_serve(arg, s);
}

static void *backend_thread(void *arg)
{
	struct loop *l;

	if (loop_new(&l) < 0)
		give_up("loop", -ENOMEM);
	load.backend_port = arrive_listen(l, load.backend_kind, on_arrived, l);
	(void)pthread_barrier_wait(&load.backend_is_up);
	(void)loop_run(l);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char line[128];

	if (argc != 3) {
		(void)fprintf(stderr, "usage: bench_load KIND KIND\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	load.kind = kind_parse(argv[1]);
	load.backend_kind = kind_parse(argv[2]);
	times = calloc(TIMES_MAX, sizeof(*times));
	if (!times || loop_new(&load.loop) < 0 ||
			timer_new(&load.deadline, load.loop, on_deadline,
					load.loop) < 0)
		give_up("start", -ENOMEM);
	(void)pthread_barrier_init(&load.backend_is_up, NULL, 2);
	if (pthread_create(&thread, NULL, backend_thread, NULL) != 0)
		give_up("thread", -EAGAIN);
	(void)pthread_barrier_wait(&load.backend_is_up);
	(void)printf("%u\n", load.backend_port);
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	_exit(0);
}
