#include "cli/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/say.h"
#include "config/paths.h"
#include "core/buf.h"
#include "core/loop.h"
#include "http/client.h"
#include "proto/json.h"
#include "session/ends.h"

#define SYSTEM_SOCKET "/run/glassbridge/control.sock"

struct asking {
	struct loop *loop;
	struct control_answer *answer;
	struct err *e;
	int r;
};

/* ---- which socket ------------------------------------------------------- */

static bool is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       (st.st_uid == geteuid() || st.st_uid == 0 || geteuid() == 0);
}

/* One's own gateway; then the service of the machine. */
static int find_socket(char path[PATHS_MAX], struct err *e)
{
	int r = paths_control_socket(path, PATHS_MAX, 0, e);

	if (r == 0 && is_socket(path))
		return 0;
	if (is_socket(SYSTEM_SOCKET)) {
		(void)snprintf(path, PATHS_MAX, "%s", SYSTEM_SOCKET);
		return 0;
	}
	return err_set(e, -ENOTCONN,
			"no gateway runs here; `glassbridge serve` starts one");
}

pid_t control_pid(bool *ret_service)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct ucred who = {0};
	socklen_t len = sizeof(who);
	struct err e;
	int fd;

	*ret_service = false;
	if (find_socket(to.sun_path, &e) < 0)
		return 0;
	*ret_service = strcmp(to.sun_path, SYSTEM_SOCKET) == 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
			getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		who.pid = 0;
	(void)close(fd);
	return who.pid;
}

/* ---- a question ---------------------------------------------------------- */

static void on_answer(void *arg, int r, const struct http_reply *reply,
		const struct err *e)
{
	struct asking *q = arg;

	loop_stop(q->loop);
	q->r = r;
	if (r < 0) {
		(void)err_set(q->e, r, "%s", e->text);
		if (r == -ECONNREFUSED) /* a socket that somebody left behind */
			q->r = err_set(q->e, -ENOTCONN,
					"no gateway runs here; `glassbridge "
					"serve` starts one");
		return;
	}
	q->answer->status = reply->status;
	if (reply->body_len > 0)
		q->r = json_parse(reply->body, reply->body_len,
				&q->answer->body, q->e);
	if (q->r < 0)
		(void)err_prefix(q->e, "the gateway's answer");
}

static int ask(struct asking *q, const char *socket, const char *method,
		const char *path, const struct buf *body)
{
	static const struct http_line json = {
			.name = "Content-Type", .value = "application/json"};
	const struct http_client_options to = {.unix_path = socket};
	struct http_client *client;
	struct http_call_options o = {.method = method};
	char url[1024];
	int r;

	(void)snprintf(url, sizeof(url), "http://localhost%s", path);
	o.url = url;
	if (body) {
		o.lines = &json;
		o.line_count = 1;
		o.body = buf_data(body);
		o.body_len = body->len;
	}
	r = http_client_new(&client, q->loop, &to, q->e);
	if (r < 0)
		return r;
	r = http_call(NULL, client, &o, on_answer, q, q->e);
	if (r == 0) {
		(void)loop_run(q->loop);
		r = q->r;
	}
	http_client_free(client);
	return r;
}

int control_call(const char *method, const char *path, const struct buf *body,
		struct control_answer *ret, struct err *e)
{
	struct control_answer a = {0};
	struct asking q = {.answer = &a, .e = e};
	char socket[PATHS_MAX];
	int r = find_socket(socket, e);

	if (r < 0)
		return r;
	r = loop_new(&q.loop);
	if (r < 0)
		return err_set(e, r, "no memory");
	r = ask(&q, socket, method, path, body);
	loop_free(q.loop);
	if (r < 0)
		control_done(&a);
	else
		*ret = a;
	return r;
}

void control_done(struct control_answer *a)
{
	json_free(a->body);
	*a = (struct control_answer){0};
}

/* ---- refusals ------------------------------------------------------------ */

static int exit_of_word(const char *word)
{
	enum end_word w = word ? end_word_from(word) : END_WORDS;

	return w < END_WORDS ? end_info(w)->exit_code : EXIT_FAILED;
}

int control_refused(const struct control_answer *a)
{
	const char *detail = json_text(json_get(a->body, "detail"));
	const char *hint = json_text(json_get(a->body, "hint"));
	int code = exit_of_word(json_text(json_get(a->body, "code")));

	bool usage = code == EXIT_USAGE; /* its hint is for programs */

	if (a->status == 404)
		code = EXIT_NOT_FOUND;
	if (!detail)
		return say_fail(code, "the gateway answered with status %u",
				a->status);
	say("%s", detail);
	if (hint && !usage)
		say("%s", hint);
	return code;
}

int control_ask(const char *method, const char *path, const struct buf *body,
		struct control_answer *ret)
{
	struct control_answer a;
	struct err e;
	int r = control_call(method, path, body, &a, &e);

	if (r < 0)
		return say_err(r == -ENOTCONN ? EXIT_FAILED : exit_of(r), &e);
	if (a.status / 100 != 2) {
		int code = control_refused(&a);

		control_done(&a);
		return code;
	}
	*ret = a;
	return 0;
}
