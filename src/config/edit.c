#include "config/edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/edit_text.h"
#include "config/keys.h"
#include "core/buf.h"
#include "proto/json.h"

enum { PARTS_MAX = 6, PART_MAX = 256, VALUE_MAX = 64 * 1024 };

struct path {
	char parts[PARTS_MAX][PART_MAX];
	size_t count;
};

/* ---- paths of keys --------------------------------------------------------
 */

/* One part, bare or between quotes; what is behind it, NULL: not a path. */
static const char *read_part(const char *at, char ret[PART_MAX])
{
	bool quoted = *at == '"';
	size_t len = quoted ? strcspn(at + 1, "\"") : strcspn(at, ".\"");

	at += quoted;
	if (len == 0 || len >= PART_MAX || (quoted && at[len] != '"'))
		return NULL;
	memcpy(ret, at, len);
	ret[len] = '\0';
	return at + len + quoted;
}

static bool read_path(const char *text, struct path *ret)
{
	*ret = (struct path){0};
	while (ret->count < PARTS_MAX) {
		text = read_part(text, ret->parts[ret->count++]);
		if (!text || !*text)
			return text != NULL;
		if (*text++ != '.')
			return false;
	}
	return false;
}

static const struct {
	const char *section; /* a star: any name */
	const struct key *keys;
} sections[] = {
		{"", top_keys},
		{"profiles.*", profile_keys},
		{"profiles.*.guests.*", guest_keys},
		{"profiles.*.nodes.*", node_keys},
		{"ssh", ssh_keys},
		{"ssh.guests.*", ssh_guest_keys},
		{"viewer", viewer_keys},
		{"gateway", gateway_keys},
		{"proxxy", proxxy_keys},
};

static bool is_section(const struct path *p, const char *section)
{
	for (size_t i = 0; i + 1 < p->count; i++) {
		size_t len = strcspn(section, ".");
		const char *part = p->parts[i];

		if (len == 0 || ((len != 1 || *section != '*') &&
						(strlen(part) != len ||
								memcmp(part, section,
										len) !=
										0)))
			return false;
		section += len + (section[len] == '.');
	}
	return *section == '\0';
}

/* *ret_file: it is the KEY_file of a secret. */
static const struct key *find_key(const struct path *p, bool *ret_file)
{
	const char *name = p->parts[p->count - 1];
	const struct key *k = NULL;

	*ret_file = false;
	for (size_t i = 0; !k && i < sizeof(sections) / sizeof(*sections); i++)
		if (is_section(p, sections[i].section))
			k = sections[i].keys;
	for (; k && k->name; k++) {
		size_t len = strlen(k->name);

		if (strcmp(k->name, name) == 0)
			return k;
		*ret_file = k->type == KEY_SECRET &&
			    strncmp(k->name, name, len) == 0 &&
			    strcmp(name + len, "_file") == 0;
		if (*ret_file)
			return k;
	}
	return NULL;
}

static enum config_edit_kind kind_of(const struct path *p)
{
	bool file;
	const struct key *k = find_key(p, &file);

	if (!k)
		return CONFIG_EDIT_UNKNOWN;
	switch (k->type) {
	case KEY_BOOL:
	case KEY_NUMBER:
		return CONFIG_EDIT_PLAIN;
	case KEY_TEXTS:
	case KEY_SET:
		return CONFIG_EDIT_LIST;
	case KEY_ADDRESSES:
	case KEY_URLS:
		return CONFIG_EDIT_TEXTS;
	case KEY_SECRET:
		return file ? CONFIG_EDIT_TEXT : CONFIG_EDIT_SECRET;
	case KEY_TABLE:
	case KEY_SKIP:
		return CONFIG_EDIT_UNKNOWN;
	default:
		return CONFIG_EDIT_TEXT;
	}
}

enum config_edit_kind config_edit_kind(const char *path)
{
	struct path p;

	return read_path(path, &p) ? kind_of(&p) : CONFIG_EDIT_UNKNOWN;
}

/* ---- writing --------------------------------------------------------------
 */

/* A TOML string is a JSON string. */
static int add_string(struct buf *b, const char *text, size_t len)
{
	struct json_out o;
	char *copy = strndup(text, len);

	if (!copy)
		return -ENOMEM;
	json_out_init(&o, b);
	json_out_text(&o, copy);
	secret_wipe(copy, len);
	free(copy);
	return json_out_done(&o);
}

static int add_list(struct buf *b, const char *text)
{
	int r = buf_adds(b, "[");

	while (r == 0 && *text) {
		size_t len = strcspn(text, ",");

		r = add_string(b, text, len);
		text += len + (text[len] == ',');
		if (r == 0 && *text)
			r = buf_adds(b, ", ");
	}
	return r < 0 ? r : buf_adds(b, "]");
}

static int add_value(
		struct buf *b, enum config_edit_kind kind, const char *text)
{
	if (kind == CONFIG_EDIT_PLAIN)
		return buf_adds(b, text);
	if (kind == CONFIG_EDIT_LIST ||
			(kind == CONFIG_EDIT_TEXTS && strchr(text, ',')))
		return add_list(b, text);
	return add_string(b, text, strlen(text));
}

static bool is_bare(const char *part)
{
	return part[strspn(part, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
	       '\0';
}

static int add_section(struct buf *b, const struct path *p)
{
	int r = buf_adds(b, "\n[");

	for (size_t i = 0; r == 0 && i + 1 < p->count; i++) {
		const char *part = p->parts[i];

		if (i > 0)
			r = buf_adds(b, ".");
		if (r == 0)
			r = is_bare(part) ? buf_adds(b, part)
					  : add_string(b, part, strlen(part));
	}
	return r < 0 ? r : buf_adds(b, "]\n");
}

/* `len` bytes from `off` on become what is in `in`. */
static int replace(struct buf *text, size_t off, size_t len, struct buf *in)
{
	struct buf b;
	const uint8_t *data = buf_data(text);
	int r;

	buf_init(&b, TOML_SIZE_MAX);
	r = buf_add(&b, data, off);
	if (r == 0)
		r = buf_add(&b, buf_data(in), in->len);
	if (r == 0)
		r = buf_add(&b, data + off + len, text->len - off - len);
	if (r < 0) {
		buf_done(&b);
		return r;
	}
	if (text->base)
		secret_wipe(text->base, text->room);
	buf_done(text);
	*text = b;
	return 0;
}

/* ---- one value ------------------------------------------------------------
 */

/* proxxx's form of one profile: its keys at the top of the file. */
static void to_top(const struct toml *root, struct path *p)
{
	const struct toml *profiles = toml_get(root, "profiles");

	if (p->count != 3 || strcmp(p->parts[0], "profiles") != 0 ||
			strcmp(p->parts[1], "default") != 0 ||
			toml_get(profiles, "default") ||
			(!toml_get(root, "url") && !toml_get(root, "urls")))
		return;
	memmove(p->parts[0], p->parts[2], PART_MAX);
	p->count = 1;
}

static const struct toml *table_of(
		const struct toml *root, const struct path *p)
{
	for (size_t i = 0; root && i + 1 < p->count; i++)
		root = toml_get(root, p->parts[i]);
	return root;
}

/* The change, and where it goes. */
static int make_change(const struct edit_text *t, const struct toml *root,
		const struct path *p, const char *value, struct buf *in,
		size_t *ret_off, size_t *ret_len)
{
	const struct toml *table = table_of(root, p), *old;
	const char *name = p->parts[p->count - 1];
	enum config_edit_kind kind = kind_of(p);
	int r = 0;

	old = toml_get(table, name);
	if (!old && strcmp(name, "url") == 0 && toml_get(table, "urls"))
		old = toml_get(table, "urls"); /* its other name */
	*ret_len = 0;
	if (old) {
		*ret_off = edit_offset(t, toml_place(old));
		*ret_len = edit_value_end(t, *ret_off) - *ret_off;
		return add_value(in, kind, value);
	}
	if (p->count == 1 || (table && edit_has_header(t, table))) {
		*ret_off = edit_line_place(t, table, p->count == 1);
	} else {
		*ret_off = t->len;
		r = add_section(in, p);
	}
	if (r == 0 && *ret_off > 0 && t->data[*ret_off - 1] != '\n')
		r = replace(in, 0, 0,
				&(struct buf){.base = (uint8_t *)"\n",
						.len = 1});
	if (r == 0)
		r = is_bare(name) ? buf_adds(in, name)
				  : add_string(in, name, strlen(name));
	if (r == 0)
		r = buf_adds(in, " = ");
	if (r == 0)
		r = add_value(in, kind, value);
	return r < 0 ? r : buf_adds(in, "\n");
}

/* A NUL behind the text, so that spans of it end there. */
static int terminate(struct buf *text)
{
	uint8_t *end = buf_room(text, 1);

	if (!end)
		return -ENOMEM;
	*end = '\0';
	return 0;
}

/* Is it still TOML? */
static int check(const struct buf *text, const char *path, struct err *e)
{
	struct toml *root = NULL;
	struct err wrong;

	if (toml_parse(buf_data(text), text->len, &root, &wrong) < 0)
		return err_set(e, -EINVAL,
				"%s cannot be set by a program in the way this "
				"file is written; write it there by hand",
				path);
	toml_free(root);
	return 0;
}

static int copy(const struct buf *from, struct buf *ret)
{
	buf_init(ret, TOML_SIZE_MAX);
	return from->len ? buf_add(ret, buf_data(from), from->len) : 0;
}

static void wipe(struct buf *b)
{
	if (b->base)
		secret_wipe(b->base, b->room);
	buf_done(b);
}

static int set(struct buf *text, const char *path, const char *value,
		struct err *e)
{
	struct toml *root = NULL;
	size_t off = 0, len = 0;
	struct buf in;
	struct path p;
	struct edit_text t;
	int r = terminate(text);

	if (r < 0)
		return err_set(e, r, "no memory");
	t = edit_text_of(text);
	if (!read_path(path, &p))
		return err_set(e, -EINVAL,
				"'%s' is no key; as in profiles.home.url",
				path);
	r = toml_parse(t.data, t.len, &root, e);
	if (r < 0)
		return r;
	to_top(root, &p);
	buf_init(&in, VALUE_MAX);
	r = make_change(&t, root, &p, value, &in, &off, &len);
	if (r == 0)
		r = replace(text, off, len, &in);
	wipe(&in);
	toml_free(root);
	return r < 0 ? err_set(e, r, "%s: %s", path, strerrordesc_np(-r))
		     : check(text, path, e);
}

int config_edit_set(struct buf *text, const char *path, const char *value,
		struct err *e)
{
	struct buf b;
	int r = copy(text, &b);

	if (r == 0 && b.len == 0)
		r = buf_adds(&b, "\n"); /* a text, and not nothing */
	if (r < 0)
		return err_set(e, r, "no memory");
	r = set(&b, path, value, e);
	if (r < 0) {
		wipe(&b);
		return r;
	}
	wipe(text);
	*text = b;
	return 0;
}

char *config_edit_get(const struct buf *text, const char *path)
{
	struct toml *root = NULL;
	const char *value;
	char *ret = NULL;
	struct path p;
	size_t len;

	if (!read_path(path, &p) ||
			toml_parse(buf_data(text), text->len, &root, NULL) < 0)
		return NULL;
	to_top(root, &p);
	if (toml_string(toml_get(table_of(root, &p), p.parts[p.count - 1]),
			    &value, &len))
		ret = strndup(value, len);
	toml_free(root);
	return ret;
}

/* ---- paths of files -------------------------------------------------------
 */

static bool is_file_key(const struct path *p)
{
	bool file;
	const struct key *k = find_key(p, &file);

	return k && (file || k->type == KEY_FILE);
}

/* "unix:run/x.serial" is not meant: addresses are not files of secrets. */
static bool is_relative(const char *value)
{
	return *value && *value != '/' && strncmp(value, "~/", 2) != 0;
}

/* The first relative path that is found; false: there is none (any more). */
static bool find_relative(
		const struct toml *n, struct path *p, const struct toml **ret)
{
	const char *value;

	for (size_t i = 0; p->count < PARTS_MAX && i < toml_count(n); i++) {
		const struct toml *one = toml_at(n, i);
		const char *key = toml_key(one, NULL);
		bool found;

		if (!key || strlen(key) >= PART_MAX)
			continue;
		memcpy(p->parts[p->count++], key, strlen(key) + 1);
		found = toml_string(one, &value, NULL) && is_relative(value) &&
			is_file_key(p);
		if (found)
			*ret = one;
		else if (toml_type(one) == TOML_TABLE)
			found = find_relative(one, p, ret);
		p->count--;
		if (found)
			return true;
	}
	return false;
}

static int move_one(struct buf *text, const struct toml *root,
		const char *folder, bool *ret_more)
{
	struct edit_text t = edit_text_of(text);
	struct path p = {0};
	const struct toml *n;
	const char *value;
	size_t off;
	char *full;
	struct buf in;
	int r;

	*ret_more = find_relative(root, &p, &n);
	if (!*ret_more || !toml_string(n, &value, NULL))
		return 0;
	if (asprintf(&full, "%s/%s", folder, value) < 0)
		return -ENOMEM;
	buf_init(&in, VALUE_MAX);
	off = edit_offset(&t, toml_place(n));
	r = add_string(&in, full, strlen(full));
	if (r == 0)
		r = replace(text, off, edit_value_end(&t, off) - off, &in);
	buf_done(&in);
	free(full);
	return r;
}

int config_edit_move(struct buf *text, const char *folder, struct err *e)
{
	bool more = *folder == '/';
	int r = 0;

	while (r == 0 && more) {
		struct toml *root = NULL;

		r = toml_parse(buf_data(text), text->len, &root, e);
		if (r < 0)
			return r;
		r = move_one(text, root, folder, &more);
		toml_free(root);
	}
	return r < 0 ? err_set(e, r, "%s", strerrordesc_np(-r)) : 0;
}
