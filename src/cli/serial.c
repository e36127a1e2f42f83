#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/desk.h"
#include "cli/app.h"
#include "cli/chord.h"
#include "cli/commands.h"
#include "cli/fate.h"
#include "cli/kills.h"
#include "cli/output.h"
#include "cli/record.h"
#include "cli/say.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/loop.h"
#include "proto/json.h"
#include "session/console.h"
#include "session/session.h"
#include "stream/stream.h"
#include "stream/tcp.h"

enum { LOOK_MS = 15000 };

struct serial_values {
	struct target_options target;
	const char *record;
	bool record_input;
};

#define AT(member) offsetof(struct serial_values, member)
static const struct option_rule options[] = {
		TARGET_RULES(AT(target)),
		{"record", 'r', OPTION_TEXT, AT(record), "FILE",
				"write it down, for `glassbridge play`", NULL},
		{"record-input", 0, OPTION_FLAG, AT(record_input), NULL,
				"what is typed, too: also passwords", NULL},
		{0},
};
#undef AT

static int serial(struct app *a, const void *values, int argc, char **argv);

#define HELP                                                                  \
	"Leave with Ctrl+] and then q. Ctrl+] twice sends one Ctrl+] to the " \
	"guest.\n"                                                            \
	"Guests need a serial port, containers and nodes have their own "     \
	"console.\n"

const struct command serial_command = {
		.name = "serial",
		.arguments = "GUEST",
		.summary = "Open a guest's serial console in this terminal",
		.help = HELP,
		.options = options,
		.values_size = sizeof(struct serial_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = serial,
};

const struct command console_command = {
		.name = "console",
		.arguments = "GUEST",
		.summary = "The same as serial",
		.help = HELP,
		.options = options,
		.values_size = sizeof(struct serial_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = serial,
};

/* One console at the terminal. */
struct seat {
	struct target *target;
	struct terminal terminal;
	struct stream *keys; /* the layer that knows the chord */
	struct session *session;
	struct fate_of fate; /* where it is, and since when */
	bool over, left;     /* the console; by the user, without one */
	int signum;          /* that ended it */
	enum end_word word;
	char detail[ERR_TEXT_MAX];
};

/* Taps have no place for whose they are; there is one seat a process. */
static struct record *recording;

static void see_output(struct tap *t, const uint8_t *data, size_t len)
{
	record_text(recording, CAST_OUTPUT, data, len);
}

static void see_input(struct tap *t, const uint8_t *data, size_t len)
{
	record_text(recording, CAST_INPUT, data, len);
}

/* ---- what may happen meanwhile ---------------------------------------------
 */

static void on_end(void *arg, const struct session *s)
{
	struct seat *seat = arg;

	seat->over = true;
	seat->session = NULL;
	seat->word = s->word;
	(void)snprintf(seat->detail, sizeof(seat->detail), "%s", s->detail);
	target_answered(seat->target);
}

static void on_resize(void *arg, int signum)
{
	struct seat *seat = arg;
	struct note size;

	terminal_size(&seat->terminal, &size);
	if (!seat->over)
		chord_note(seat->keys, &size);
	if (recording)
		record_size(recording, size.resize.cols, size.resize.rows);
}

static void on_kill(void *arg, int signum)
{
	struct seat *seat = arg;

	seat->signum = signum;
	if (seat->session)
		session_stop(seat->session, END_CLIENT_CLOSED);
	else
		target_answered(seat->target); /* nobody waits long */
}

/* ---- opening --------------------------------------------------------------
 */

/* The user's terminal as a stream, with its size to be told first. */
static int open_keys(struct seat *seat, struct stream **ret)
{
	struct stream *s = NULL;
	struct note size;
	struct err e;
	int fd = fcntl(seat->terminal.fd, F_DUPFD_CLOEXEC, 0);
	int r = fd < 0 ? -errno : fd_wrap(&s, fd);

	if (r == 0)
		r = chord_wrap(&s, &e);
	if (r < 0) {
		stream_free(s);
		return r;
	}
	terminal_size(&seat->terminal, &size);
	chord_note(s, &size);
	seat->keys = s;
	*ret = s;
	return 0;
}

static int open_console(struct seat *seat, struct desk *d, bool input)
{
	struct desk_console c = {
			.kind = CONSOLE_SERIAL,
			.see_output = recording ? see_output : NULL,
			.see_input = recording && input ? see_input : NULL,
			.end = on_end,
			.arg = seat,
	};
	int r = open_keys(seat, &c.client);

	seat->over = false;
	seat->fate.since_ms = loop_now_ms(seat->target->sources.loop);
	return r < 0 ? r : desk_open(d, &c, &seat->session);
}

/* The console has ended: is it to be opened again? Where one came to nothing,
 * the time for the next ones is what is left. */
static bool follow(struct seat *seat)
{
	const char *id = seat->target->guest->id;
	struct fate_of *f = &seat->fate;
	uint64_t now = loop_now_ms(seat->target->sources.loop);

	if (seat->signum || !fate_can_change(seat->target) ||
			(seat->word != END_GUEST_CLOSED &&
					seat->word != END_BACKEND_FAILED &&
					f->by_ms == 0))
		return false;
	if (f->by_ms == 0 || now - f->since_ms > FATE_WAIT_MS)
		f->by_ms = now + FATE_WAIT_MS;
	switch (fate_find(f)) {
	case FATE_MOVED:
		terminal_note(&seat->terminal, "%s moved to node %s", id,
				f->node);
		return true;
	case FATE_RESTARTED:
		terminal_note(&seat->terminal, "%s was started anew", id);
		return true;
	case FATE_LEFT:
		seat->left = true;
		return false;
	case FATE_SAME:
		break;
	}
	return false;
}

/* To its end, wherever the guest goes. */
static int keep_open(struct seat *seat, struct desk *d, bool input)
{
	int r;

	do {
		r = open_console(seat, d, input);
		while (r == 0 && !seat->over)
			(void)target_wait(seat->target, UINT32_MAX);
	} while (r == 0 && seat->word != END_CLIENT_CLOSED && follow(seat));
	return r;
}

/* From the moment that it is lent, a signal must not end us before it is given
 * back. */
static int sit(struct seat *seat, struct desk *d, bool input)
{
	struct loop *l = seat->target->sources.loop;
	struct loop_signal *resized = NULL;
	struct kills kills = {0};
	int r = kills_hear(&kills, l, on_kill, seat);

	if (r == 0)
		r = loop_signal_new(&resized, l, SIGWINCH, on_resize, seat);
	if (r == 0)
		r = terminal_lend(&seat->terminal);
	if (r == 0) { /* the banner before it is out of sight now */
		terminal_note(&seat->terminal,
				"%s: Ctrl+] and then q leaves; a silent line "
				"may wait for Enter",
				seat->target->guest->id);
		r = keep_open(seat, d, input);
	}
	terminal_give_back(&seat->terminal);
	loop_signal_free(resized);
	kills_done(&kills);
	return r;
}

/* ---- how it ended
 * ------------------------------------------------------------
 */

/* The command that gives a guest of Proxmox a serial port. */
static void tell_missing(const struct target *t)
{
	if (strcmp(t->profile->kind, "proxmox") != 0 ||
			strcmp(t->guest->type, "qemu") != 0)
		return;
	say("give it one, on its node, and start it anew: qm set %s -serial0 "
	    "socket",
			strrchr(t->guest->id, '/') + 1);
}

static int tell_end(const struct seat *seat)
{
	const struct end_info *info = end_info(seat->word);
	const char *id = seat->target->guest->id;

	if (seat->signum) {
		say("%s: ended by a signal", id);
		return EXIT_FAILED;
	}
	if (seat->word == END_CLIENT_CLOSED || seat->left)
		return EXIT_OK;
	say("%s: %s", id, *seat->detail ? seat->detail : info->sentence);
	if (seat->word == END_NO_SUCH_CONSOLE) {
		tell_missing(seat->target);
		return EXIT_FAILED;
	}
	target_say_hint(seat->target, seat->word);
	return info->exit_code;
}

static int put_result(const struct seat *seat, int code)
{
	const struct target *t = seat->target;
	const char *node = *seat->fate.node ? seat->fate.node : NULL;
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "vmid", strrchr(t->guest->id, '/') + 1);
	json_out_put_text(&o, "node", node);
	json_out_put_text(&o, "type", t->guest->type);
	json_out_put_text(&o, "user", t->profile->user);
	json_out_put_int(&o, "exit_code", code);
	json_out_object_end(&o);
	(void)output_end(&o, &b);
	return code;
}

/* ---- all of it
 * ----------------------------------------------------------------
 */

static int begin_record(const struct seat *seat, const struct serial_values *v)
{
	struct cast_header h = {.time = (int64_t)time(NULL),
			.title = seat->target->guest->id};
	struct note size;
	struct err e;
	int r;

	if (!v->record)
		return 0;
	terminal_size(&seat->terminal, &size);
	h.cols = size.resize.cols;
	h.rows = size.resize.rows;
	r = record_new(&recording, v->record, &h, &e);
	return r < 0 ? say_err(r == -EEXIST ? EXIT_SAFETY : EXIT_FAILED, &e)
		     : 0;
}

static int end_record(const struct serial_values *v, int code)
{
	int r = record_free(recording);

	recording = NULL;
	if (r == 0)
		return code;
	say("%s: %s: the recording is not whole", v->record,
			strerrordesc_np(-r));
	return code ? code : EXIT_FAILED;
}

static int serial_at(struct seat *seat, const struct serial_values *v)
{
	struct target *t = seat->target;
	const struct desk_options o = {.loop = t->sources.loop,
			.hypervisor = t->hypervisor,
			.guest = t->guest->id,
			.id = t->id};
	const struct log_options quiet = {.level = LOG_ERROR};
	struct desk *d;
	int code = begin_record(seat, v), r;

	if (code != 0)
		return code;
	log_setup(&quiet); /* the screen is the guest's */
	r = desk_new(&d, &o);
	if (r == 0) {
		say("%s: leave with Ctrl+] q", t->guest->id);
		r = sit(seat, d, v->record_input);
		desk_free(d);
	}
	code = r < 0 ? say_fail(EXIT_FAILED, "%s", strerrordesc_np(-r))
		     : tell_end(seat);
	return end_record(v, code);
}

static void begin_fate(struct seat *seat)
{
	const char *node = seat->target->guest->node;

	seat->fate = (struct fate_of){.target = seat->target,
			.terminal = &seat->terminal,
			.signum = &seat->signum};
	(void)snprintf(seat->fate.node, sizeof(seat->fate.node), "%s",
			node ? node : "");
}

static int serial(struct app *a, const void *values, int argc, char **argv)
{
	const struct serial_values *v = values;
	struct seat seat = {0};
	struct target t;
	int code;

	if (v->record_input && !v->record)
		return app_usage(&serial_command,
				"--record-input needs --record FILE");
	if (terminal_open(&seat.terminal, app_json(a)) < 0)
		return say_fail(EXIT_USAGE,
				"a serial console needs a terminal: standard "
				"input and output are none");
	code = target_open(a, argv[0], &v->target, &t);
	if (code == 0) {
		seat.target = &t;
		begin_fate(&seat);
		code = serial_at(&seat, v);
		if (app_json(a))
			(void)put_result(&seat, code);
		target_close(&t);
	}
	terminal_close(&seat.terminal);
	return code;
}
