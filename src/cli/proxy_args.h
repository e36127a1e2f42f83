/*
 * What is typed to `glassbridge proxy`, and to the same program called
 * websockify or novnc_proxy: the options of both.
 */
#ifndef CLI_PROXY_ARGS_H
#define CLI_PROXY_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "core/err.h"
#include "proto/address.h"

struct proxy_values {
	const char *listen, *vnc, *web, *cert, *key, *unix_target;
	const char *token_plugin, *token_source, *target_config;
	const char *heartbeat, *idle_timeout;
	bool ssl_only, file_only, verbose;
};

extern const struct option_rule proxy_rules[];

enum proxy_name { PROXY_OURS, PROXY_WEBSOCKIFY, PROXY_NOVNC };
extern const char *const proxy_names[]; /* others than ours */
enum proxy_name proxy_name_of(const char *called);

struct proxy_args {
	char *listen_host; /* owned; NULL: all addresses */
	uint16_t port;
	struct address target; /* where there are no tokens */
	const char *tokens;    /* NULL: none */
	bool tokens_again;
	const char *cert, *key; /* NULL: no TLS */
	uint32_t heartbeat_ms, idle_ms;
};

/* 0, or -EINVAL, -ENOMEM with the sentence. */
int proxy_args_read(struct proxy_args *ret, const struct proxy_values *v,
		enum proxy_name name, int argc, char **argv, struct err *e);
void proxy_args_done(struct proxy_args *a);

#endif
