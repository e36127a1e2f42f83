#include "guesthouse.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loop.h"
#include "stream/dial.h"
#include "test.h"

struct guesthouse house;

/* ---- the hypervisor --------------------------------------------------------
 */

static void answer(hypervisor_plan_fn *fn, void *arg)
{
	struct dial_plan plan = {0};
	struct err e = {0};
	int r = house.r;

	if (r < 0)
		(void)err_set(&e, r, "as it was told");
	else if (house.port)
		r = dial_plan_tcp(&plan, "127.0.0.1", house.port);
	else
		r = dial_plan_unix(&plan, house.path);
	if (r < 0 && house.r == 0)
		(void)err_set(&e, r, "no memory");
	fn(arg, r, r == 0 ? &plan : NULL, &e);
	if (r == 0)
		dial_plan_done(&plan);
}

static void house_reach(struct hypervisor *h, const char *id, uint16_t port,
		hypervisor_plan_fn *fn, void *arg)
{
	(void)h;
	(void)id;
	(void)port;
	house.asks++;
	if (!house.silent) {
		answer(fn, arg);
		return;
	}
	house.asked = fn;
	house.asked_arg = arg;
}

static void house_list(struct hypervisor *h, hypervisor_list_fn *fn, void *arg)
{
	struct err e = {0};

	(void)h;
	house.lists++;
	if (house.silent) {
		house.list = fn;
		house.list_arg = arg;
	} else if (house.r < 0) {
		(void)err_set(&e, house.r, "as it was told");
		fn(arg, house.r, NULL, 0, &e);
	} else {
		fn(arg, 0, house.guests, house.guest_count, NULL);
	}
}

static void house_free(struct hypervisor *h)
{
	free(h);
}

static const struct hypervisor_ops house_ops = {.kind = "house",
		.reach = house_reach,
		.list = house_list,
		.free = house_free};
static struct hypervisor *hypervisor;

void guesthouse_answers(void)
{
	hypervisor_plan_fn *fn = house.asked;
	hypervisor_list_fn *list = house.list;

	house.asked = NULL;
	house.list = NULL;
	if (fn)
		answer(fn, house.asked_arg);
	if (list)
		list(house.list_arg, 0, house.guests, house.guest_count, NULL);
}

static struct hypervisor *find(
		void *arg, const char *guest, const char **ret_rest)
{
	(void)arg;
	if (strncmp(guest, "lab/", 4) != 0)
		return NULL;
	*ret_rest = guest + 4;
	return hypervisor;
}

/* ---- the house -------------------------------------------------------------
 */

static void on_timer(void *arg)
{
	loop_stop(arg);
}

static void guest_listens(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)snprintf(house.folder, sizeof(house.folder),
			"/tmp/guesthouse-XXXXXX");
	CHECK(mkdtemp(house.folder) != NULL);
	(void)snprintf(house.path, sizeof(house.path), "%s/guest",
			house.folder);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", house.path);
	house.guest = socket(
			AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(bind(house.guest, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(listen(house.guest, 64) == 0);
}

void guesthouse_begin(const struct forwards_options *limits)
{
	const struct log_options quiet = {.level = LOG_ERROR};
	struct forwards_options o = {0};

	(void)signal(SIGPIPE, SIG_IGN); /* as the program has it: splice() */
	log_setup(&quiet);
	house = (struct guesthouse){0};
	if (limits)
		o = *limits;
	CHECK_INT(loop_new(&house.loop), 0);
	CHECK_INT(timer_new(&house.timer, house.loop, on_timer, house.loop), 0);
	o.loop = house.loop;
	o.find = find;
	hypervisor = calloc(1, sizeof(*hypervisor));
	CHECK(hypervisor != NULL);
	hypervisor->ops = &house_ops;
	hypervisor->profile = strdup("lab");
	CHECK_INT(forwards_new(&house.forwards, &o), 0);
	guest_listens();
}

void guesthouse_end(void)
{
	hypervisor_free(hypervisor);
	forwards_free(house.forwards);
	guesthouse_turn(1);
	timer_free(house.timer);
	loop_free(house.loop);
	(void)close(house.guest);
	(void)unlink(house.path);
	(void)rmdir(house.folder);
}

void guesthouse_over(void *arg, enum end_word word, const char *detail)
{
	(void)arg;
	house.overs++;
	house.word = word;
	(void)snprintf(house.detail, sizeof(house.detail), "%s", detail);
}

static const struct forward_options to_guest = {
		.guest = "lab/box", .what = "gui", .guest_port = 5901};

int guesthouse_client(void)
{
	int fds[2];
	struct err e;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			      fds) == 0);
	CHECK_INT(forward_one(house.forwards, &to_guest, fds[0],
				  guesthouse_over, NULL, &e),
			0);
	return fds[1];
}

struct forward *guesthouse_listen(void)
{
	static const char *const host = "127.0.0.1";
	struct forward_options o = to_guest;
	struct forward *f;
	struct err e;

	o.hosts = &host;
	o.host_count = 1;
	CHECK_INT(forward_open(&f, house.forwards, &o, &e), 0);
	return f;
}

int guesthouse_dial(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_port = htons(port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

int guesthouse_accept(void)
{
	int fd = -1;

	guesthouse_until((fd = accept4(house.guest, NULL, NULL,
					  SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0);
	return fd;
}

/* ---- time, and words -------------------------------------------------------
 */

void guesthouse_turn(unsigned ms)
{
	timer_set(house.timer, ms);
	(void)loop_run(house.loop);
}

void guesthouse_hears(int fd, const char *words)
{
	char data[256];
	size_t len = 0, want = strlen(words);
	ssize_t n = 0;

	CHECK(want < sizeof(data));
	while (len < want) {
		guesthouse_until((n = recv(fd, data + len, want - len,
						  MSG_DONTWAIT)) >= 0);
		CHECK(n > 0);
		len += (size_t)n;
	}
	CHECK_MEM(data, words, want);
}

void guesthouse_hears_end(int fd)
{
	char data;
	ssize_t n = -1;

	guesthouse_until((n = recv(fd, &data, 1, MSG_DONTWAIT)) >= 0 ||
			 errno == ECONNRESET);
	CHECK(n <= 0);
}

void guesthouse_says(int fd, const char *words)
{
	CHECK(send(fd, words, strlen(words), MSG_NOSIGNAL) ==
			(ssize_t)strlen(words));
}
