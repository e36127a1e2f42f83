/*
 * bench_relay CLIENT BACKEND PORT: the bare relay, without a gateway around
 * it. CLIENT and BACKEND are tcp, tls, ws or wss; PORT is the backend's on
 * loopback. Prints the port it listens on and serves until it is killed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/loop.h"
#include "depart.h"
#include "relay/relay.h"

static struct {
	struct loop *loop;
	enum kind backend;
	uint16_t port;
} bench;

struct session {
	struct stream *client;
	struct relay *relay;
	struct relay_counts counts;
};

static void session_over(void *arg, const struct relay_end *end)
{
	struct session *s = arg;

	relay_free(s->relay);
	free(s);
}

static const struct relay_events relay_events = {.over = session_over};
static const struct relay_options usual;

static void session_dialled(void *arg, int r, struct stream *backend,
		size_t depth, const struct err *e)
{
	struct session *s = arg;

	if (r == 0)
		r = relay_new(&s->relay, bench.loop, s->client, backend, &usual,
				&s->counts, &relay_events, s);
	else
		backend = NULL;
	if (r == 0)
		return;
	stream_free(backend);
	stream_free(s->client);
	free(s);
}

static void session_begin(void *arg, struct stream *client)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		give_up("session", -12);
	s->client = client;
	depart(bench.loop, bench.backend, bench.port, session_dialled, s);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		(void)fprintf(stderr, "usage: bench_relay KIND KIND PORT\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (loop_new(&bench.loop) < 0)
		give_up("loop", -12);
	bench.backend = kind_parse(argv[2]);
	bench.port = (uint16_t)strtoul(argv[3], NULL, 10);
	(void)printf("%u\n", arrive_listen(bench.loop, kind_parse(argv[1]),
					     session_begin, NULL));
	(void)fflush(stdout);
	return loop_run(bench.loop);
}
