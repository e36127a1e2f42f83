#include "config/keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"

enum { NAME_MAX_LEN = 64 };

/* ---- where it stands ---------------------------------------------------- */

static int fail_at(struct reader *r, struct toml_place at, const char *fmt,
		va_list ap)
{
	(void)err_setv(r->e, -EINVAL, fmt, ap);
	(void)err_prefix(r->e, "%s:%u:%u", r->file, at.line, at.column);
	return -EINVAL;
}

int fail_value(struct reader *r, const struct toml *n, const char *fmt, ...)
{
	va_list ap;
	int code;

	va_start(ap, fmt);
	code = fail_at(r, toml_place(n), fmt, ap);
	va_end(ap);
	return code;
}

int fail_key(struct reader *r, const struct toml *n, const char *fmt, ...)
{
	va_list ap;
	int code;

	va_start(ap, fmt);
	code = fail_at(r, toml_key_place(n), fmt, ap);
	va_end(ap);
	return code;
}

/* ---- names -------------------------------------------------------------- */

const char *keys_nearest(const struct key *keys, const char *name)
{
	struct near n;

	near_begin(&n, name);
	for (; keys->name; keys++)
		if (keys->type != KEY_SKIP)
			near_try(&n, keys->name);
	return n.nearest;
}

/* The key of this name; *ret_file: it is KEY_file of a secret. */
static const struct key *find(
		const struct key *keys, const char *name, bool *ret_file)
{
	size_t len = strlen(name);

	*ret_file = false;
	for (; keys->name; keys++) {
		if (strcmp(keys->name, name) == 0)
			return keys;
		if (keys->type == KEY_SECRET && len > 5 &&
				strlen(keys->name) == len - 5 &&
				strncmp(keys->name, name, len - 5) == 0 &&
				strcmp(name + len - 5, "_file") == 0) {
			*ret_file = true;
			return keys;
		}
	}
	return NULL;
}

/* " in [gateway]", or " at the top of the file". */
static const char *place_text(const char *path, char ret[160])
{
	if (*path)
		(void)snprintf(ret, 160, " in [%.140s]", path);
	else
		(void)snprintf(ret, 160, " at the top of the file");
	return ret;
}

static int fail_unknown(struct reader *r, const struct toml *n,
		const struct key *keys, const char *path)
{
	const char *name = toml_key(n, NULL), *near = keys_nearest(keys, name);
	char place[160];

	if (!near && !*path)
		near = keys_nearest(profile_keys, name);
	return fail_key(r, n, "unknown key '%.60s'%s%s%s%s", name,
			place_text(path, place), near ? "; did you mean '" : "",
			near ? near : "", near ? "'?" : "");
}

/* ---- from the file ------------------------------------------------------ */

static const char *wanted(const struct key *k)
{
	static const char *const texts[] = {
			[KEY_TEXT] = "a string",
			[KEY_FILE] = "a string",
			[KEY_TEXTS] = "an array of strings",
			[KEY_BOOL] = "true or false",
			[KEY_NUMBER] = "a whole number",
			[KEY_SECRET] = "a string",
			[KEY_ADDRESS] = "a string",
			[KEY_DIAL] = "a string",
			[KEY_LINE] = "a string",
			[KEY_ADDRESSES] = "a string or an array of strings",
			[KEY_URLS] = "a string or an array of strings",
			[KEY_SET] = "an array of strings",
			[KEY_TABLE] = "a table",
			[KEY_SKIP] = "",
	};

	return texts[k->type];
}

static int fail_type(struct reader *r, const struct toml *n, const char *name,
		const struct key *k)
{
	return fail_value(r, n, "%s must be %s, not %s", name, wanted(k),
			toml_type_text(toml_type(n)));
}

static int read_text(struct reader *r, const struct toml *n, const char *name,
		const struct key *k, void *section)
{
	struct err wrong = {0};
	const char *text;
	size_t len;
	int code;

	if (!toml_string(n, &text, &len))
		return fail_type(r, n, name, k);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return fail_value(r, n,
					"%s must not hold a control character",
					name);
	code = value_add(r, k, section, text, &wrong);
	return code < 0 ? fail_value(r, n, "%s: %s", name, wrong.text) : 0;
}

static int read_list(struct reader *r, const struct toml *n,
		const struct key *k, void *section)
{
	bool lone = k->type == KEY_ADDRESSES || k->type == KEY_URLS;
	int code = 0;

	if (lone && toml_type(n) == TOML_STRING) {
		value_clear(k, section); /* the default */
		return read_text(r, n, k->name, k, section);
	}
	if (toml_type(n) != TOML_ARRAY)
		return fail_type(r, n, k->name, k);
	value_clear(k, section);
	for (size_t i = 0; code == 0 && i < toml_count(n); i++)
		code = read_text(r, toml_at(n, i), k->name, k, section);
	return code;
}

static int read_plain(struct reader *r, const struct toml *n,
		const struct key *k, void *section)
{
	struct err wrong = {0};
	bool *truth = (bool *)((char *)section + k->at);
	int64_t number;

	if (k->type == KEY_BOOL)
		return toml_bool(n, truth) ? 0 : fail_type(r, n, k->name, k);
	if (!toml_integer(n, &number))
		return fail_type(r, n, k->name, k);
	if (value_number(k, section, number, &wrong) < 0)
		return fail_value(r, n, "%s: %s", k->name, wrong.text);
	return 0;
}

/* A secret in the file itself is remembered, for a word about its mode. */
static int read_secret(struct reader *r, const struct toml *n, bool is_file,
		const struct key *k, void *section, const char *path)
{
	struct secret *s = (struct secret *)((char *)section + k->at);
	const char *name = toml_key(n, NULL), *text;
	struct err wrong = {0};

	if (!toml_string(n, &text, NULL))
		return fail_type(r, n, name, k);
	if (!*text)
		return 0;
	if (s->data)
		return fail_key(r, n, "give %s or %s_file, not both", k->name,
				k->name);
	if (!is_file) {
		if (!r->secret[0])
			(void)snprintf(r->secret, sizeof(r->secret), "%s%s%s",
					path, *path ? "." : "", name);
		return read_text(r, n, name, k, section);
	}
	if (secret_from_file(r, text, s, &wrong) < 0)
		return fail_value(r, n, "%s: %s", name, wrong.text);
	return 0;
}

static int read_skipped(
		struct reader *r, const struct toml *n, const char *path)
{
	bool table = toml_type(n) == TOML_TABLE || toml_type(n) == TOML_ARRAY;
	const char *name = toml_key(n, NULL);
	int code;

	if (table)
		code = texts_addf(&r->c->skipped, "[%s%s%s]", path,
				*path ? "." : "", name);
	else
		code = texts_addf(&r->c->skipped, *path ? "[%s] %s" : "%s%s",
				path, name);
	return code < 0 ? err_set(r->e, code, "out of memory") : 0;
}

/* A profile's key at the top of the file: a profile called "default". */
static int enter_top(struct reader *r, const struct toml *n)
{
	if (r->top)
		return 0;
	if (toml_get(r->root, "profiles"))
		return fail_key(r, n,
				"%s at the top of the file is a profile of its "
				"own; move it into a [profiles.NAME]",
				toml_key(n, NULL));
	if (toml_get(r->root, "url") && toml_get(r->root, "urls"))
		return fail_key(r, n, "give url or urls, not both");
	r->top = profile_new(r->c, "default");
	if (!r->top)
		return err_set(r->e, -ENOMEM, "out of memory");
	r->top->line = toml_key_place(n).line;
	return 0;
}

static int read_one(struct reader *r, const struct toml *n,
		const struct key *keys, void *section, const char *path)
{
	const char *name;
	const struct key *k;
	bool is_file;
	size_t len;
	int code;

	name = toml_key(n, &len);
	k = strlen(name) == len ? find(keys, name, &is_file) : NULL;
	if (!k && !*path && strlen(name) == len) {
		k = find(profile_keys, name, &is_file);
		if (k && (code = enter_top(r, n)) < 0)
			return code;
		section = r->top;
	}
	if (!k)
		return fail_unknown(r, n, keys, path);
	switch (k->type) {
	case KEY_SKIP:
		return read_skipped(r, n, path);
	case KEY_TABLE:
		return k->read(r, n, section);
	case KEY_SECRET:
		return read_secret(r, n, is_file, k, section, path);
	case KEY_BOOL:
	case KEY_NUMBER:
		return read_plain(r, n, k, section);
	default:
		return value_is_list(k) ? read_list(r, n, k, section)
					: read_text(r, n, name, k, section);
	}
}

int keys_read(struct reader *r, const struct toml *table,
		const struct key *keys, void *section, const char *path)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < toml_count(table); i++)
		code = read_one(r, toml_at(table, i), keys, section, path);
	return code;
}

/* ---- from elsewhere ----------------------------------------------------- */

static const char *env_get(const char *key, const char *ending,
		char ret_name[NAME_MAX_LEN])
{
	const char *value;

	(void)snprintf(ret_name, NAME_MAX_LEN, "GLASSBRIDGE_%s%s", key, ending);
	for (char *c = ret_name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	value = getenv(ret_name);
	return value && *value ? value : NULL;
}

static int env_one(struct reader *r, const struct key *k, void *section)
{
	void *at = (char *)section + k->at;
	char name[NAME_MAX_LEN];
	const char *value = env_get(k->name, "", name);
	struct err wrong = {0};
	int code = 0;

	if (value) {
		code = value_set(r, k, section, value, &wrong);
	} else if (k->type == KEY_SECRET) {
		value = env_get(k->name, "_file", name);
		if (value)
			code = secret_from_file(r, value, at, &wrong);
	}
	return code < 0 ? err_set(r->e, code, "%s: %s", name, wrong.text) : 0;
}

int keys_env(struct reader *r, const struct key *keys, bool marked_only,
		void *section)
{
	int code = 0;

	for (; code == 0 && keys->name; keys++)
		if (keys->env || !marked_only)
			code = env_one(r, keys, section);
	return code;
}

bool keys_env_any(const struct key *keys)
{
	char name[NAME_MAX_LEN];

	for (; keys->name; keys++)
		if (keys->env &&
				(env_get(keys->name, "", name) ||
						(keys->type == KEY_SECRET &&
								env_get(keys->name,
										"_file",
										name))))
			return true;
	return false;
}

int keys_flag(struct reader *r, const struct key *keys, void *section,
		const struct config_flag *flag)
{
	struct err wrong = {0};
	const struct key *k;
	bool is_file;
	int code;

	k = find(keys, flag->key, &is_file);
	if (!k)
		return err_set(r->e, -EINVAL, "unknown setting '%.60s'",
				flag->key);
	if (is_file)
		code = secret_from_file(r, flag->value,
				(struct secret *)((char *)section + k->at),
				&wrong);
	else
		code = value_set(r, k, section, flag->value, &wrong);
	return code < 0 ? err_set(r->e, code, "%s: %s", flag->key, wrong.text)
			: 0;
}

int keys_credentials(struct reader *r, const struct key *keys, void *section,
		const char *path)
{
	for (; keys->name; keys++) {
		void *at = (char *)section + keys->at;
		int code;

		if (keys->type != KEY_SECRET || ((struct secret *)at)->data)
			continue;
		code = secret_from_credential(r, path, keys->name, at, r->e);
		if (code < 0 && code != -ENOENT)
			return code;
	}
	return 0;
}

void keys_done(const struct key *keys, void *section)
{
	for (; keys->name; keys++)
		value_clear(keys, section);
}
