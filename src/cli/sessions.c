#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/table.h"
#include "core/buf.h"
#include "hypervisor/hypervisor.h"
#include "proto/json.h"
#include "proto/url.h"

static int sessions(struct app *a, const void *values, int argc, char **argv);

const struct command sessions_command = {
		.name = "sessions",
		.arguments = "[end ID]",
		.summary = "List who is connected to guests, or end one",
		.help = "Consoles, and connections of [[forwards]]. It asks "
			"the "
			"gateway that runs on this\n"
			"machine. The beginning of an id will do where only "
			"one has it.\n",
		.arguments_max = 2,
		.run = sessions,
};

enum { CELL_MAX = 32, SHORT_ID = 8 };

static void write_size(char ret[CELL_MAX], const struct json *bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	int64_t n = 0;
	double size;
	size_t unit = 0;

	(void)json_int(bytes, &n);
	size = (double)n;
	for (; size >= 1024 && unit < 4; unit++)
		size /= 1024;
	(void)snprintf(ret, CELL_MAX, unit ? "%.1f %s" : "%.0f %s", size,
			units[unit]);
}

static void write_age(char ret[CELL_MAX], const struct json *since)
{
	int64_t then = 0, age;

	if (json_int(since, &then) < 0) {
		(void)snprintf(ret, CELL_MAX, "-");
		return;
	}
	age = (int64_t)time(NULL) - then;
	age = age < 0 ? 0 : age;
	if (age < 60)
		(void)snprintf(ret, CELL_MAX, "%" PRId64 "s", age);
	else if (age < 3600)
		(void)snprintf(ret, CELL_MAX, "%" PRId64 "m", age / 60);
	else
		(void)snprintf(ret, CELL_MAX, "%" PRId64 "h%02" PRId64 "m",
				age / 3600, age / 60 % 60);
}

/* What is over says how, in the place of its state. */
static int add_row(struct table *t, const struct json *s)
{
	const char *id = json_text(json_get(s, "id"));
	const char *word = json_text(json_get(s, "word"));
	char brief[SHORT_ID + 1], age[CELL_MAX], in[CELL_MAX], out[CELL_MAX];
	const char *const cells[] = {brief, json_text(json_get(s, "guest")),
			json_text(json_get(s, "kind")),
			json_text(json_get(s, "user")),
			json_text(json_get(s, "from")),
			word ? word : json_text(json_get(s, "state")), age, in,
			out};

	(void)snprintf(brief, sizeof(brief), "%s", id ? id : "");
	write_age(age, json_get(s, "since"));
	write_size(in, json_get(s, "bytes_in"));
	write_size(out, json_get(s, "bytes_out"));
	return table_add(t, cells);
}

/* The guest's port stands behind its name, as `forward` takes it. */
static int add_forward(struct table *t, const struct json *f)
{
	const char *guest = json_text(json_get(f, "guest"));
	const char *port = json_text(json_get(f, "port"));
	char name[GUEST_ID_MAX + CELL_MAX], age[CELL_MAX], in[CELL_MAX],
			out[CELL_MAX];
	const char *const cells[] = {json_text(json_get(f, "id")), name,
			json_text(json_get(f, "kind")), NULL,
			json_text(json_get(f, "from")),
			json_text(json_get(f, "state")), age, in, out};

	(void)snprintf(name, sizeof(name), "%s:%s", guest ? guest : "",
			port ? port : "");
	write_age(age, json_get(f, "since"));
	write_size(in, json_get(f, "bytes_in"));
	write_size(out, json_get(f, "bytes_out"));
	return table_add(t, cells);
}

static int put_table(const struct json *list, const struct json *forwards)
{
	static const char *const heads[] = {"ID", "GUEST", "KIND", "USER",
			"FROM", "STATE", "SINCE", "IN", "OUT", NULL};
	struct table t;
	int r = 0;

	table_init(&t, heads);
	for (size_t i = 0; r == 0 && i < json_count(list); i++)
		r = add_row(&t, json_at(list, i));
	for (size_t i = 0; r == 0 && i < json_count(forwards); i++)
		r = add_forward(&t, json_at(forwards, i));
	if (r == 0)
		table_show(&t, "no console is open, and no port is forwarded");
	table_done(&t);
	return r < 0 ? say_fail(EXIT_FAILED, "no memory") : EXIT_OK;
}

static int list(const struct app *a)
{
	struct control_answer answer;
	int r = control_ask("GET", "/api/v1/sessions", NULL, &answer);

	if (r != 0)
		return r;
	r = app_json(a) ? put_json(answer.body)
			: put_table(json_get(answer.body, "sessions"),
					  json_get(answer.body, "forwards"));
	control_done(&answer);
	return r;
}

static int put_ended(const char *id)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "id", id);
	json_out_put_bool(&o, "ended", true);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static int end(const struct app *a, const char *id)
{
	struct control_answer answer;
	char encoded[3 * 64 + 1], path[256];
	int r;

	if (url_encode(id, strlen(id), encoded, sizeof(encoded)) < 0)
		return say_fail(EXIT_NOT_FOUND, "this is no session's id");
	(void)snprintf(path, sizeof(path), "/api/v1/sessions/%s", encoded);
	r = control_ask("DELETE", path, NULL, &answer);
	if (r != 0)
		return r;
	control_done(&answer);
	if (app_json(a))
		return put_ended(id);
	say("session %s is being ended", id);
	return EXIT_OK;
}

static int sessions(struct app *a, const void *values, int argc, char **argv)
{
	if (argc == 0)
		return list(a);
	if (strcmp(argv[0], "end") == 0 && argc == 2)
		return end(a, argv[1]);
	return app_usage(&sessions_command, "it is `sessions`, or `sessions "
					    "end ID`");
}
