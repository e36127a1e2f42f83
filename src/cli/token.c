#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/place.h"
#include "cli/say.h"
#include "cli/table.h"
#include "config/check.h"
#include "core/buf.h"
#include "core/crypto.h"
#include "core/secret.h"
#include "proto/json.h"

static int token(struct app *a, const void *values, int argc, char **argv);

const struct command token_command = {
		.name = "token",
		.arguments = "new NAME | list | revoke NAME",
		.summary = "Make, list or revoke tokens for the API",
		.next = "let a panel or a script in, through the API",
		.next_arguments = "new NAME",
		.help = "`new` prints the token on standard output, once; it "
			"is kept nowhere. The block for\n"
			"the configuration, which holds only its hash, and a "
			"line to try it go to standard\n"
			"error. `revoke` says which lines to remove.\n",
		.arguments_min = 1,
		.arguments_max = 2,
		.run = token,
};

enum {
	TOKEN_RANDOM = 43, /* 258 bits */
	TOKEN_LEN = 4 + TOKEN_RANDOM,
	HASH_TEXT = 7 + 2 * SHA256_LEN, /* "sha256:.." */
	NAME_LEN = 64,
};

/* ---- new ----------------------------------------------------------------- */

static int make(char token[TOKEN_LEN + 1], char hash[HASH_TEXT + 1])
{
	uint8_t digest[SHA256_LEN];

	memcpy(token, "gbt_", 4);
	crypto_random_text(token + 4, TOKEN_RANDOM);
	if (crypto_sha256(token, TOKEN_LEN, digest) < 0)
		return say_fail(EXIT_FAILED, "the crypto library fails");
	memcpy(hash, "sha256:", 7);
	crypto_hex(digest, sizeof(digest), hash + 7);
	return 0;
}

static void put_new(const struct config *c, const char *name, const char *token,
		const char *hash)
{
	char base[PLACE_MAX];

	place_to_call(base, c);
	(void)fprintf(stderr, "This is the token; it is shown only now:\n\n  ");
	(void)fflush(stderr);
	(void)printf("%s\n", token);
	(void)fflush(stdout);
	(void)fprintf(stderr,
			"\nPut this into %s, then say `glassbridge config "
			"reload`:\n\n"
			"[[tokens]]\nname = \"%s\"\nhash = \"%s\"\n\n",
			c->file ? c->file : "~/.config/glassbridge/config.toml",
			name, hash);
	if (c->rule_count > 0)
		(void)fprintf(stderr,
				"and, since rules decide, what it may do:\n\n"
				"[[rules]]\nwho = \"%s\"\nguests = [\"*\"]\n"
				"may = [\"view\", \"control\"]\n\n",
				name);
	(void)fprintf(stderr,
			"Try it:\n\n"
			"  curl -H 'Authorization: Bearer %s' "
			"%s/api/v1/guests\n",
			token, base);
	if (strncmp(base, "https:", 6) == 0 && !c->gateway.tls_cert &&
			c->gateway.public_url.count == 0)
		(void)fprintf(stderr, "\n(with `--cacert` and the self-made "
				      "certificate that `serve` keeps)\n");
}

static int put_new_json(const char *name, const char *token, const char *hash)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "name", name);
	json_out_put_text(&o, "token", token);
	json_out_put_text(&o, "hash", hash);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static const struct config_token *find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->token_count; i++)
		if (strcmp(c->tokens[i].name, name) == 0)
			return &c->tokens[i];
	return NULL;
}

static int token_new(
		const struct app *a, const struct config *c, const char *typed)
{
	char name[NAME_LEN + 1], token[TOKEN_LEN + 1], hash[HASH_TEXT + 1];
	const struct config_token *old = find(c, typed);
	const char *wrong;
	int r;

	if (strlen(typed) > NAME_LEN)
		return say_fail(EXIT_USAGE, "the name is too long");
	(void)snprintf(name, sizeof(name), "%s", typed);
	wrong = check_name(name);
	if (wrong)
		return say_fail(EXIT_USAGE, "the name '%s': %s", typed, wrong);
	if (old)
		return say_fail(EXIT_USAGE,
				"%s:%u has a token of this name already; "
				"`glassbridge token revoke %s` or take another "
				"name",
				c->file, old->line, name);
	r = make(token, hash);
	if (r == 0 && app_json(a))
		r = put_new_json(name, token, hash);
	else if (r == 0)
		put_new(c, name, token, hash);
	secret_wipe(token, sizeof(token));
	return r;
}

/* ---- list and revoke ------------------------------------------------------
 */

static int list_json(const struct config *c)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_array(&o, "tokens");
	for (size_t i = 0; i < c->token_count; i++) {
		const struct config_token *t = &c->tokens[i];

		json_out_object_begin(&o);
		json_out_put_text(&o, "name", t->name);
		json_out_put_text(&o, "hash", t->hash_text);
		json_out_put_array(&o, "origins");
		for (size_t k = 0; k < t->origins.count; k++)
			json_out_text(&o, t->origins.items[k]);
		json_out_array_end(&o);
		json_out_put_uint(&o, "line", t->line);
		json_out_object_end(&o);
	}
	json_out_array_end(&o);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static int add_row(struct table *t, const struct config *c,
		const struct config_token *token)
{
	char where[512];
	const char *const cells[] = {token->name,
			token->origins.count > 0 ? token->origins.items[0]
						 : NULL,
			where};

	(void)snprintf(where, sizeof(where), "%s:%u", c->file, token->line);
	return table_add(t, cells);
}

static int token_list(const struct app *a, const struct config *c)
{
	static const char *const heads[] = {"NAME", "ORIGIN", "WHERE", NULL};
	struct table t;
	int r = 0;

	if (app_json(a))
		return list_json(c);
	table_init(&t, heads);
	for (size_t i = 0; r == 0 && i < c->token_count; i++)
		r = add_row(&t, c, &c->tokens[i]);
	if (r == 0)
		table_show(&t, "there are no tokens; `glassbridge token new "
			       "NAME` makes one");
	table_done(&t);
	return r < 0 ? say_fail(EXIT_FAILED, "no memory") : EXIT_OK;
}

static void put_place_json(const struct config *c, const struct config_token *t)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "name", t->name);
	json_out_put_text(&o, "file", c->file);
	json_out_put_uint(&o, "line", t->line);
	json_out_put_bool(&o, "revoked", false);
	json_out_object_end(&o);
	(void)output_end(&o, &b);
}

/* The file is the user's, comments and all: it is not edited for them. */
static int token_revoke(
		const struct app *a, const struct config *c, const char *name)
{
	const struct config_token *t = find(c, name);

	if (!t)
		return say_fail(EXIT_NOT_FOUND, "there is no token '%s'%s%s",
				name, c->file ? " in " : "",
				c->file ? c->file : "");
	if (app_json(a))
		put_place_json(c, t);
	else
		(void)printf("%s:%u\n", c->file, t->line);
	say("it still works: remove the [[tokens]] block of '%s' that begins "
	    "there, then say `glassbridge config reload`",
			name);
	return EXIT_FAILED;
}

static int token(struct app *a, const void *values, int argc, char **argv)
{
	const struct config *c;
	int r = app_config(a, &c);

	if (r != 0)
		return r;
	if (strcmp(argv[0], "list") == 0 && argc == 1)
		return token_list(a, c);
	if (strcmp(argv[0], "new") == 0 && argc == 2)
		return token_new(a, c, argv[1]);
	if (strcmp(argv[0], "revoke") == 0 && argc == 2)
		return token_revoke(a, c, argv[1]);
	return app_usage(&token_command, "it is `token new NAME`, `token list` "
					 "or `token revoke NAME`");
}
