#include "gateway/serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/paths.h"
#include "gateway/gateway.h"
#include "gateway/worker.h"

/* How the program ends where it could not begin; cli/exit.h has all codes. */
enum { SERVE_FAILED = 1, SERVE_CONFIGURATION = 3 };

struct serve {
	const struct serve_options *o;
	const struct config *config; /* the worker's */
};

static void tell_config(const struct config *c)
{
	if (c->file)
		(void)fprintf(stderr, "Configuration: %s\n", c->file);
	for (size_t i = 0; i < c->warnings.count; i++)
		(void)fprintf(stderr, "warning: %s\n", c->warnings.items[i]);
	if (c->skipped.count > 0)
		(void)fprintf(stderr, "Not used here, skipped:");
	for (size_t i = 0; i < c->skipped.count; i++)
		(void)fprintf(stderr, " %s", c->skipped.items[i]);
	if (c->skipped.count > 0)
		(void)fputc('\n', stderr);
}

static void tell_no_guests(void)
{
	(void)fputs("\nNo guests are configured yet. Add some to "
		    "~/.config/glassbridge/config.toml:\n\n"
		    "    [profiles.lab]\n"
		    "    kind = \"static\"\n"
		    "    [profiles.lab.guests.kiosk]\n"
		    "    vnc = \"192.0.2.9:5901\"\n\n"
		    "and say `glassbridge config reload`.\n",
			stderr);
}

static void tell_certificate(const struct worker_links *links)
{
	if (links->self_made)
		(void)fprintf(stderr,
				"\nThe certificate is self-made, so the "
				"browser will warn once. Its fingerprint:\n"
				"  %s\n",
				links->fingerprint);
}

/* One link an address, each good for one sign-in. */
static void serve_ready(void *arg, const struct worker_links *links)
{
	struct serve *s = arg;

	if (s->o->private) {
		if (links->count > 0)
			s->o->ready(s->o->ready_arg, links->items[0].base,
					links->items[0].code);
		return;
	}
	(void)fprintf(stderr, "\nOpen one of these (each works once, within "
			      "15 minutes):\n");
	for (size_t i = 0; i < links->count; i++)
		(void)printf("  %s/#t=%s\n", links->items[i].base,
				links->items[i].code);
	(void)fflush(stdout);
	tell_certificate(links);
	if (s->config->profile_count == 0)
		tell_no_guests();
}

static int serve_reload(void *arg, struct config **ret_config, struct err *e)
{
	struct serve *s = arg;
	int r = config_load(ret_config, &s->o->config, e);

	if (r == 0)
		s->config = *ret_config;
	return r;
}

static int serve_fail(const struct err *e, int code)
{
	(void)fprintf(stderr, "glassbridge: %s\n", e->text);
	return code;
}

int serve_run(const struct serve_options *o)
{
	struct serve s = {.o = o};
	struct worker_options w = {.providers = o->providers,
			.reload = serve_reload,
			.ready = serve_ready,
			.arg = &s,
			.lonely_ms = o->private ? SERVE_PRIVATE_MS : 0};
	struct listeners listeners;
	char control[PATHS_MAX];
	struct config *c;
	struct err e;
	int r = config_load(&c, &o->config, &e);

	if (r < 0)
		return serve_fail(&e, SERVE_CONFIGURATION);
	if (gateway_can(c, &e) < 0) {
		config_free(c);
		return serve_fail(&e, SERVE_CONFIGURATION);
	}
	tell_config(c);
	r = o->private ? 0
		       : paths_control_socket(control, sizeof(control), 1, &e);
	if (r == 0)
		r = listeners_open(
				&listeners, c, o->private ? NULL : control, &e);
	if (r < 0) {
		config_free(c);
		return serve_fail(&e, SERVE_FAILED);
	}
	w.listeners = &listeners;
	w.config = c;
	s.config = c;
	r = worker_run(&w, &e);
	listeners_close(&listeners);
	return r < 0 ? serve_fail(&e, SERVE_FAILED) : 0;
}
