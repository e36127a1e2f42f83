/*
 * What `glassbridge forward` is told: [ADDR:]PORT:GUEST[:GUESTPORT], or for
 * one connection at standard input and output GUEST[:GUESTPORT].
 */
#ifndef CLI_FORWARD_ARGS_H
#define CLI_FORWARD_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "hypervisor/hypervisor.h"

enum { FORWARD_ARG_MAX = 255 };

struct forward_arg {
	char host[FORWARD_ARG_MAX + 1]; /* an address; "": not said */
	uint16_t port;                  /* to listen on; 0: any */
	char guest[FORWARD_ARG_MAX + 1];
	uint16_t guest_port; /* 0: not said */
	bool has_kind;       /* a console's, by its kind */
	enum console_kind kind;
};

/* 0 or -EINVAL with its sentence; *ret is untouched then. */
int forward_arg_read(const char *text, struct forward_arg *ret, struct err *e);
int forward_arg_read_guest(
		const char *text, struct forward_arg *ret, struct err *e);

#endif
