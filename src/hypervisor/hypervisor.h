/*
 * A hypervisor: something that has guests. A provider lists them, and answers
 * a request for a console with a dial plan; it never opens a console itself.
 * Everything happens on the control loop; answers come by callback, once, also
 * when they were known at once, and not after hypervisor_free(). So one that
 * still owes answers is kept until it has given them: hypervisor_owes().
 *
 * A guest's id is "profile/rest"; a provider sees and answers only the rest.
 */
#ifndef HYPERVISOR_HYPERVISOR_H
#define HYPERVISOR_HYPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct config_profile;
struct dial_plan;
struct hypervisor;
struct loop;
struct spice_link;
struct tls_policy;

enum console_kind { CONSOLE_VNC, CONSOLE_SERIAL, CONSOLE_SPICE, CONSOLE_KINDS };

/* "vnc" "serial" "spice"; -EINVAL for another text. */
const char *console_kind_name(enum console_kind k);
int console_kind_from(const char *name, enum console_kind *ret_kind);

enum guest_status { GUEST_UNKNOWN, GUEST_RUNNING, GUEST_STOPPED, GUEST_PAUSED };
const char *guest_status_name(enum guest_status s);

enum { GUEST_ID_MAX = 128, GUEST_TAGS_MAX = 16 };

/* What is known beside of a guest: R31. Below 0: it is not known. */
struct guest_marks {
	double cpu; /* of all its processors: 0 to 1 */
	int64_t cpus;
	int64_t memory, memory_max; /* bytes */
	int64_t uptime;             /* seconds */
	/* 0 no, 1 yes: they may be known of a guest that was looked at only */
	int agent, audio, usb, clipboard;
	const char *os; /* as the hypervisor names it: "l26"; NULL */
};

/* Nothing is known. */
#define GUEST_MARKS_UNKNOWN                              \
	{                                                \
		-1, -1, -1, -1, -1, -1, -1, -1, -1, NULL \
	}

/* What the account in whose name we ask may not do with a guest. */
enum guest_bar {
	GUEST_BARS_CONSOLE = 1, /* then `lacks` says so, too */
	GUEST_BARS_POWER = 2,
	GUEST_BARS_RESTORE = 4,  /* going back to a snapshot */
	GUEST_BARS_SNAPSHOT = 8, /* taking one */
};

/* A TCP port of a guest that its hypervisor announces to others. The host port
 * may be refused on that host itself, and is another one after the guest was
 * destroyed and created again: it is read from a fresh list, never kept. To
 * connect, ask hypervisor_reach(). */
struct guest_forward {
	uint16_t host_port;      /* on struct guest's `host` */
	uint16_t guest_port;     /* what listens within the guest */
	const char *description; /* "gui"; "" where nothing is said */
};

struct guest {
	const char *id;   /* within the profile: "kiosk", "qemu/100" */
	const char *name; /* for people */
	const char *type; /* "static", "qemu", "lxc", "sandbox", "node" */
	const char *node; /* NULL where there is no such thing */
	enum guest_status status;
	const char *tags[GUEST_TAGS_MAX];
	size_t tag_count;
	/* NULL: this kind of console can be had; else why not */
	const char *lacks[CONSOLE_KINDS];
	const char *pool;                /* NULL: none */
	const struct guest_marks *marks; /* NULL: the hypervisor has none */
	unsigned verbs;      /* 1 << power_verb: those that make sense now */
	bool reverts;        /* it may have snapshots to go back to */
	unsigned barred;     /* guest_bar bits */
	const char *address; /* "10.20.1.2": its own; NULL: not known */
	const char *host;    /* that has its host ports; NULL: none has */
	const struct guest_forward *forwards;
	size_t forward_count;
};

/* `guests` is valid during the call only. r < 0: e says why. */
typedef void hypervisor_list_fn(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e);

/*
 * r = 0: *plan is the receiver's now. Else:
 *   -ENOENT        no such guest
 *   -ENOTSUP       the guest has no such console
 *   -ENOTCONN      the guest is not running
 *   -EACCES        the hypervisor refused us
 *   -EKEYREJECTED  it is not the hypervisor we trust
 *   -EREMOTEIO     the hypervisor itself failed at it
 *   others         it cannot be reached
 */
typedef void hypervisor_plan_fn(
		void *arg, int r, struct dial_plan *plan, const struct err *e);

/* ---- what changes a guest -------------------------------------------------
 */

enum power_verb {
	POWER_START,
	POWER_STOP, /* as by pulling the plug */
	POWER_SHUTDOWN,
	POWER_REBOOT,
	POWER_RESET,
	POWER_SUSPEND,
	POWER_RESUME,
	POWER_VERBS,
};

/* "start" "stop" ...; "pause" is "suspend"; -EINVAL for another text. */
const char *power_verb_name(enum power_verb v);
int power_verb_from(const char *name, enum power_verb *ret_verb);
/* 1 << power_verb: those that make sense for a machine that is so. */
unsigned guest_verbs(enum guest_status s);

/*
 * It is done, to its end. `task`: how the hypervisor calls it (a UPID), for
 * the log and the audit; NULL where there is none. r as for plans, and
 *   -EPERM      the profile is read_only; nothing was asked
 *   -ENOTSUP    the hypervisor or the guest has no such thing
 *   -ETIMEDOUT  it still goes on
 */
typedef void hypervisor_done_fn(
		void *arg, int r, const char *task, const struct err *e);

/* The hypervisor has taken it on, as this task: told at most once, before the
 * end, and only where there is such a thing. */
typedef void hypervisor_begun_fn(void *arg, const char *task);

struct snapshot {
	const char *name;
	const char *description; /* NULL: none */
	int64_t time;            /* seconds since 1970; 0: not known */
	bool memory;             /* it holds the running state, too */
};

/* `all` is valid during the call only. */
typedef void hypervisor_snapshots_fn(void *arg, int r,
		const struct snapshot *all, size_t count, const struct err *e);

/* An address on one of a guest's interfaces, as the guest itself says. */
struct guest_address {
	const char *interface; /* "eth0"; "" where it has no name */
	const char *address;   /* "10.0.0.7", "fd00::7": without its prefix */
};

/* `all` is valid during the call only. r as for plans; -ENOTCONN also where
 * nothing in the guest answers, -ENOTSUP where it is not meant to. */
typedef void hypervisor_addresses_fn(void *arg, int r,
		const struct guest_address *all, size_t count,
		const struct err *e);

/* What one is to be. */
struct snapshot_wish {
	const char *name;        /* NULL: the hypervisor finds one */
	const char *description; /* NULL: none */
	bool memory; /* with what runs, where the hypervisor has a choice */
};

/* A snapshot was made: r and `task` as in hypervisor_done_fn, `name` as
 * hypervisor_restore() takes it. */
typedef void hypervisor_snapped_fn(void *arg, int r, const char *name,
		const char *task, const struct err *e);

/* A command has run in the guest: what it said, valid during the call only.
 * A NUL follows; it may hold any bytes. r as in hypervisor_done_fn. */
typedef void hypervisor_output_fn(void *arg, int r, const char *output,
		size_t len, const struct err *e);

/* A line of a native viewer's file (proto/vv.h). */
struct viewer_key {
	const char *name;  /* "tls-port" */
	const char *value; /* as the hypervisor gave it, line ends included */
};

enum {
	VIEWER_KEYS_MAX = 64,
	VIEWER_NAME_MAX = 64,
	VIEWER_VALUE_MAX = 16 * 1024,
};

/* With what a viewer opens a guest's screen by itself. */
struct viewer_keys {
	const struct viewer_key *items; /* there is a `type`, anywhere */
	size_t count;
	unsigned seconds; /* since the question: so long it is good; 0: ever */
};

/* `k` is valid during the call only: there is a password in it. r as for
 * plans. */
typedef void hypervisor_viewer_fn(void *arg, int r, const struct viewer_keys *k,
		const struct err *e);

/* ---- diagnosis (R69) -------------------------------------------------------
 */

enum finding_state {
	FINDING_GOOD,
	FINDING_NOTE, /* nothing is broken, but something cannot be had */
	FINDING_BAD,
};

/* What a look at one thing has shown. */
struct finding {
	const char *what; /* "login", "agent": a word or two */
	enum finding_state state;
	int code; /* of a bad one: a negative errno */
	const char *text;
	const char *mend; /* the command that mends it; NULL: none does */
};

enum { FINDINGS_MAX = 32 };

/* `all` is valid during the call only. */
typedef void hypervisor_findings_fn(
		void *arg, const struct finding *all, size_t count);

/* How a tag is to be drawn: "#rrggbb". */
struct tag_style {
	char tag[64];
	char background[8], color[8];
};

/* ---- people with accounts of the hypervisor's own -------------------------
 */

/* Where accounts are from. */
struct realm {
	const char *name;    /* "pve" */
	const char *comment; /* NULL: none */
	bool by_default;
};

enum { REALMS_MAX = 64 };

/* `all` is valid during the call only. */
typedef void hypervisor_realms_fn(void *arg, int r, const struct realm *all,
		size_t count, const struct err *e);

enum proof_kind { PROOF_PASSWORD, PROOF_TOTP, PROOF_RECOVERY, PROOF_KINDS };

/* "password" "totp" "recovery" */
const char *proof_kind_name(enum proof_kind k);

struct proved {
	const char *user; /* as the hypervisor writes it: "ops@pve" */
	/* 1 << proof_kind: one of these is still to be proved; 0: they are in
	 */
	unsigned wants;
};

/* r = 0, or
 *   -EACCES   wrong; deliberately not told apart by the hypervisor
 *   -ENOTSUP  a second factor of another kind is wanted
 *   others as for plans. */
typedef void hypervisor_proved_fn(
		void *arg, int r, const struct proved *p, const struct err *e);

struct secret;

/* What a SPICE viewer asks for, once for each of its channels. */
struct spice_wish {
	const struct spice_link *link; /* its own words; copied */
	/* A ticket that was asked for then or later will do (loop_now_ms(); 0:
	 * any that still holds). */
	uint64_t since_ms;
};

struct hypervisor_ops {
	const char *kind; /* as the configuration names it */
	/* Bits (1 << console_kind) of the consoles that are opened one at a
	 * time for each guest: there is one slot for their password. */
	unsigned one_at_a_time;
	/* Bits of the consoles whose far end takes one connection: all who
	 * open one share it (relay/hubs.h). */
	unsigned shared;
	int (*open)(struct hypervisor **ret_h, struct loop *l,
			const struct config_profile *p, struct err *e);
	void (*list)(struct hypervisor *h, hypervisor_list_fn *fn, void *arg);
	void (*plan)(struct hypervisor *h, const char *id,
			enum console_kind kind, hypervisor_plan_fn *fn,
			void *arg);
	/* plan() is not asked for SPICE; NULL: no guest has it */
	void (*plan_spice)(struct hypervisor *h, const char *id,
			const struct spice_wish *w, hypervisor_plan_fn *fn,
			void *arg);
	/* as hypervisor_viewer(); NULL: no guest has SPICE */
	void (*viewer)(struct hypervisor *h, const char *id,
			hypervisor_viewer_fn *fn, void *arg);
	/* as hypervisor_look(); NULL: the list knows all there is to know */
	void (*look)(struct hypervisor *h, const char *id,
			hypervisor_list_fn *fn, void *arg);
	/* NULL: it cannot */
	void (*power)(struct hypervisor *h, const char *id, enum power_verb v,
			hypervisor_done_fn *fn, void *arg);
	void (*snapshots)(struct hypervisor *h, const char *id,
			hypervisor_snapshots_fn *fn, void *arg);
	void (*restore)(struct hypervisor *h, const char *id,
			const char *snapshot, hypervisor_done_fn *fn,
			void *arg);
	/* As the functions below; NULL: it cannot. */
	void (*addresses)(struct hypervisor *h, const char *id,
			hypervisor_addresses_fn *fn, void *arg);
	void (*reach)(struct hypervisor *h, const char *id, uint16_t guest_port,
			hypervisor_plan_fn *fn, void *arg);
	void (*snapshot)(struct hypervisor *h, const char *id,
			const struct snapshot_wish *w,
			hypervisor_snapped_fn *fn, void *arg);
	void (*create)(struct hypervisor *h, const char *id,
			const char *snapshot, hypervisor_done_fn *fn,
			void *arg);
	void (*destroy)(struct hypervisor *h, const char *id,
			hypervisor_done_fn *fn, void *arg);
	void (*command)(struct hypervisor *h, const char *id,
			const char *command, hypervisor_output_fn *fn,
			void *arg);
	void (*inspect)(struct hypervisor *h, const char *id,
			hypervisor_findings_fn *fn, void *arg);
	/* NULL: nobody signs in by it */
	void (*realms)(struct hypervisor *h, hypervisor_realms_fn *fn,
			void *arg);
	int (*enter)(struct hypervisor *h, const char *user,
			struct hypervisor **ret_person, struct err *e);
	void (*prove)(struct hypervisor *person, enum proof_kind kind,
			const struct secret *value, hypervisor_proved_fn *fn,
			void *arg);
	/* as hypervisor_page(); NULL: it has none */
	int (*page)(struct hypervisor *h, const struct guest *g, char *ret_url,
			size_t ret_max);
	/* NULL: there are none; nothing is held */
	const struct tag_style *(*tag_styles)(
			struct hypervisor *h, size_t *ret_count);
	void (*rest)(struct hypervisor *h);
	void (*free)(struct hypervisor *h);
};

struct ask;

/* Embedded first in a provider's struct. */
struct hypervisor {
	const struct hypervisor_ops *ops;
	char *profile;           /* owned */
	bool read_only;          /* its profile is */
	bool lost;               /* a person's: their sign-in is over */
	struct ask *asks;        /* the answers that are owed (ask.c) */
	struct hypervisor *next; /* its owner's, once it is out of use */
};

/* How a profile's servers are verified; its texts are the profile's. */
void hypervisor_tls_policy(
		const struct config_profile *p, struct tls_policy *ret);
/* By the profile's kind, out of the providers that are built in (NULL at the
 * end; the table is main/providers.c). -ENOTSUP: none is of that kind. */
int hypervisor_open(struct hypervisor **ret_h,
		const struct hypervisor_ops *const *providers, struct loop *l,
		const struct config_profile *p, struct err *e);
void hypervisor_list(struct hypervisor *h, hypervisor_list_fn *fn, void *arg);
/* The list again, in which this guest was looked at closely: a list may take
 * for granted consoles that only the guest's own entry denies. */
void hypervisor_look(struct hypervisor *h, const char *id,
		hypervisor_list_fn *fn, void *arg);
void hypervisor_plan(struct hypervisor *h, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg);
/* The same for one channel of a SPICE viewer. */
void hypervisor_plan_spice(struct hypervisor *h, const char *id,
		const struct spice_wish *w, hypervisor_plan_fn *fn, void *arg);
/*
 * What a native SPICE viewer needs to get there by itself, past us: a fresh
 * ticket with each call, and a ticket that was given before for the same guest
 * is of no use any more. Its `proxy` is an address that the profile knows.
 */
void hypervisor_viewer(struct hypervisor *h, const char *id,
		hypervisor_viewer_fn *fn, void *arg);
void hypervisor_power(struct hypervisor *h, const char *id, enum power_verb v,
		hypervisor_done_fn *fn, void *arg);
void hypervisor_snapshots(struct hypervisor *h, const char *id,
		hypervisor_snapshots_fn *fn, void *arg);
void hypervisor_restore(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg);
/* Said right after one of the questions that change a guest: who gave it this
 * `arg` also wants to know when it has begun. Not where it was answered
 * already. `fn` must not free the hypervisor. */
void hypervisor_on_begun(
		struct hypervisor *h, void *arg, hypervisor_begun_fn *fn);
/* For providers: what was asked with this `arg` has begun. */
void hypervisor_begun(struct hypervisor *h, void *arg, const char *task);
/* Ask the guest itself for its addresses: it may take seconds, and it may lie.
 * -ENOTSUP too where the hypervisor knows no such question; then struct
 * guest's `address` is all there is. */
void hypervisor_addresses(struct hypervisor *h, const char *id,
		hypervisor_addresses_fn *fn, void *arg);
/*
 * The way to a TCP port within the guest: straight to it where that can be
 * reached, else by the port that the hypervisor announces for it. The plan
 * ends with the connection: no login, what the guest asks is the client's to
 * answer. The guest is looked up afresh each time. -ENOTSUP: it has no such
 * forward and no address of its own.
 */
void hypervisor_reach(struct hypervisor *h, const char *id, uint16_t guest_port,
		hypervisor_plan_fn *fn, void *arg);
/* Make a snapshot. -EINVAL: it cannot be called so. */
void hypervisor_snapshot(struct hypervisor *h, const char *id,
		const struct snapshot_wish *w, hypervisor_snapped_fn *fn,
		void *arg);
/* A new guest, running, out of a snapshot or (NULL) of what new ones are made
 * of. -EEXIST: there is one of this name. */
void hypervisor_create(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg);
/* The guest is no more, nor what it has stored. */
void hypervisor_destroy(struct hypervisor *h, const char *id,
		hypervisor_done_fn *fn, void *arg);
/* Run a command line of a shell in the guest, to its end. It may change the
 * guest, so a read_only profile refuses it. */
void hypervisor_command(struct hypervisor *h, const char *id,
		const char *command, hypervisor_output_fn *fn, void *arg);
/* Look for what is wrong: with the hypervisor itself (id NULL), or with one of
 * its guests. Where it has no such look, nothing is found. */
void hypervisor_inspect(struct hypervisor *h, const char *id,
		hypervisor_findings_fn *fn, void *arg);
/* The address of the hypervisor's own page of this guest's console, for who
 * may sign in there; it holds no credential. 0, -ENOTSUP, -EMSGSIZE (*ret_url
 * is an empty string then). */
int hypervisor_page(struct hypervisor *h, const struct guest *g, char *ret_url,
		size_t ret_max);
/* How its tags look, as of the last list; valid until the loop's next turn. */
const struct tag_style *hypervisor_tag_styles(
		struct hypervisor *h, size_t *ret_count);

/* Where a person's account may be from; asked without any credential. */
void hypervisor_realms(
		struct hypervisor *h, hypervisor_realms_fn *fn, void *arg);
/*
 * The same hypervisor in the name of a person ("ops@pve"): a hypervisor of its
 * own, by the same hosts and trust, with no credential yet. hypervisor_prove()
 * gets one. Until it is freed it keeps that alive by itself; where it fails at
 * it, it is `lost`. It does not need the one it came from. -ENOTSUP: people
 * cannot sign in by this kind.
 */
int hypervisor_enter(struct hypervisor *h, const char *user,
		struct hypervisor **ret_person, struct err *e);
void hypervisor_prove(struct hypervisor *person, enum proof_kind kind,
		const struct secret *value, hypervisor_proved_fn *fn,
		void *arg);

/* Nobody has asked for a while: what is held for speed alone may go. */
void hypervisor_rest(struct hypervisor *h);
/* Does somebody still wait for an answer of it? */
bool hypervisor_owes(const struct hypervisor *h);
/* Give every answer that is owed as this failure, and free it. Not from inside
 * an answer of it. Takes NULL. */
void hypervisor_forsake(struct hypervisor *h, int r, const char *why);
void hypervisor_free(struct hypervisor *h); /* takes NULL */

#endif
