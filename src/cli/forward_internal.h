/*
 * Between forward.c, which is the command, forward_check.c, which reads what
 * was typed, forward_named.c, which opens the guests that were named, and
 * forward_news.c, which tells what became of them.
 *
 * What answers an int: 0, or the exit code; why was told.
 */
#ifndef CLI_FORWARD_INTERNAL_H
#define CLI_FORWARD_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/follow.h"
#include "bridge/forward.h"
#include "cli/options.h"
#include "cli/sources.h"
#include "cli/target.h"

struct app;
struct hypervisor;
struct loop;
struct ops;
struct stdio;
struct timer;

struct forward_values {
	struct target_options target;
	const char *all, *ops, *idle, *limit, *connections;
	struct option_list addresses;
	bool stdio, login;
};

struct forwarding {
	struct app *app;
	const struct forward_values *values;
	struct forwards_options limits;
	struct sources sources;    /* of the guests that were named */
	struct hypervisor *of_all; /* or, with --all, of this one */
	const char *all;
	struct loop *loop;
	struct forwards *forwards;
	struct follow *follow;
	struct ops *ops;
	struct timer *drain;
	uint64_t drain_by_ms; /* 0: it does not */
	bool ended;           /* connections have been told to */
	struct stdio *stdio;
	bool told, written; /* how the one connection ended; all of it out */
	int code;
};

/* Whether it can be meant so. */
int forward_check(const struct forwarding *f, int argc, char **argv);
/* How many, how long: f->limits. */
int forward_read_limits(struct forwarding *f);

/* The profile that all of them name: freed by the caller, or NULL. */
char *forward_common_profile(const struct forwarding *f, int argc, char **argv);
/* A listener for each, or with --stdio the one connection. */
int forward_open_named(struct forwarding *f, int argc, char **argv);

/* "agent-7 gui 127.0.0.1:3162 ready", or JSON; `arg` is struct forwarding. */
void forward_put_news(void *arg, const struct follow_news *n);

#endif
