#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "core/buf.h"

/* ---- lists of texts ----------------------------------------------------- */

int texts_add(struct config_texts *t, const char *text)
{
	char **items = reallocarray(t->items, t->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	t->items = items;
	items[t->count] = strdup(text);
	if (!items[t->count])
		return -ENOMEM;
	t->count++;
	return 0;
}

int texts_addf(struct config_texts *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&text, fmt, ap) < 0 ? -ENOMEM : 0;
	va_end(ap);
	if (r == 0) {
		r = texts_add(t, text);
		free(text);
	}
	return r;
}

void texts_done(struct config_texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i]);
	free(t->items);
	*t = (struct config_texts){0};
}

/* ---- one value ---------------------------------------------------------- */

static void *field(const struct key *k, void *section)
{
	return (char *)section + k->at;
}

/* "one of a, b, c": for messages. */
static int fail_word(const struct key *k, const char *text, struct err *e)
{
	char known[128] = "";
	size_t len = 0;

	for (size_t i = 0; k->words[i] && len < sizeof(known); i++)
		len += (size_t)snprintf(known + len, sizeof(known) - len,
				"%s%s", i ? ", " : "", k->words[i]);
	return err_set(e, -EINVAL, "'%.40s' is none of: %s", text, known);
}

static int find_word(const struct key *k, const char *text)
{
	for (int i = 0; k->words[i]; i++)
		if (strcmp(k->words[i], text) == 0)
			return i;
	return -1;
}

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

static int add_text(
		const struct key *k, void *at, const char *text, struct err *e)
{
	char *copy, **one = at;
	const char *wrong;
	int r = 0;

	if (k->words && find_word(k, text) < 0)
		return fail_word(k, text, e);
	copy = strdup(text);
	if (!copy)
		return out_of_memory(e);
	wrong = k->check ? k->check(copy) : NULL;
	if (wrong) {
		free(copy);
		return err_set(e, -EINVAL, "'%.80s': %s", text, wrong);
	}
	if (k->type == KEY_TEXTS) {
		r = texts_add(at, copy);
		free(copy);
	} else {
		free(*one);
		*one = copy;
	}
	return r < 0 ? out_of_memory(e) : 0;
}

static int add_file(
		struct reader *r, char **at, const char *text, struct err *e)
{
	char *path = path_resolve(r, text);

	if (!path)
		return out_of_memory(e);
	free(*at);
	*at = path;
	return 0;
}

static int add_address(
		const struct key *k, void *at, const char *text, struct err *e)
{
	struct config_addresses *list = at;
	struct address a = {0}, *one = at, *items;
	int r = address_parse(text, NULL, 0, &a, e);

	if (r < 0)
		return r;
	if (k->type == KEY_DIAL && a.host && a.port == 0) {
		address_done(&a);
		return err_set(e, -EINVAL,
				"'%.80s': a port is a number from 1 on", text);
	}
	if (k->type != KEY_ADDRESSES) {
		address_done(one);
		*one = a;
		return 0;
	}
	items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items) {
		address_done(&a);
		return out_of_memory(e);
	}
	list->items = items;
	items[list->count++] = a;
	return 0;
}

static int add_url(const struct key *k, struct config_urls *list,
		const char *text, struct err *e)
{
	struct url u = {0}, *items;
	int r = url_parse(text, &u, e);

	if (r == 0 && find_word(k, u.scheme) < 0)
		r = fail_word(k, u.scheme, e);
	if (r == 0) {
		items = reallocarray(
				list->items, list->count + 1, sizeof(*items));
		if (items) {
			list->items = items;
			items[list->count++] = u;
			return 0;
		}
		r = out_of_memory(e);
	}
	url_done(&u);
	return r;
}

static int add_bool(bool *at, const char *text, struct err *e)
{
	bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

	if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return err_set(e, -EINVAL, "'%.40s' is neither true nor false",
				text);
	*at = yes;
	return 0;
}

static int add_number(const struct key *k, void *section, const char *text,
		struct err *e)
{
	char *end;
	int64_t n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || *end || end == text || strspn(text, " \t+") > 0)
		return err_set(e, -EINVAL, "'%.40s' is not a whole number",
				text);
	return value_number(k, section, n, e);
}

int value_number(const struct key *k, void *section, int64_t number,
		struct err *e)
{
	if (number < k->low || number > k->high)
		return err_set(e, -EINVAL, "%lld is not between %u and %u",
				(long long)number, k->low, k->high);
	*(unsigned *)field(k, section) = (unsigned)number;
	return 0;
}

enum { TELNET_PORT = 23 };

/* "unix:/run/vm1.serial", "host:port", "telnet:host:port", "/dev/ttyS0" */
static int add_line(struct config_line *line, const char *text, struct err *e)
{
	const char telnet[] = "telnet:";
	struct config_line l = {0};
	const char *where = text;
	int r = 0;

	if (strncmp(text, telnet, sizeof(telnet) - 1) == 0) {
		l.kind = CONFIG_LINE_TELNET;
		where += sizeof(telnet) - 1;
	}
	if (*text == '/') {
		l.kind = CONFIG_LINE_TTY;
		l.at.path = strdup(text);
		r = l.at.path ? 0 : out_of_memory(e);
	} else {
		r = address_parse(where, NULL, l.kind ? TELNET_PORT : 0, &l.at,
				e);
	}
	if (r < 0)
		return r;
	if ((l.at.host && l.at.port == 0) ||
			(l.kind == CONFIG_LINE_TELNET && l.at.path)) {
		address_done(&l.at);
		return err_set(e, -EINVAL,
				"'%.80s' is none of unix:/path, host:port, "
				"telnet:host:port and /dev/name",
				text);
	}
	address_done(&line->at);
	*line = l;
	return 0;
}

static int add_word(const struct key *k, unsigned *at, const char *text,
		struct err *e)
{
	int i = find_word(k, text);

	if (i < 0)
		return fail_word(k, text, e);
	*at |= 1U << i;
	return 0;
}

int value_add(struct reader *r, const struct key *k, void *section,
		const char *text, struct err *e)
{
	void *at = field(k, section);

	if (!*text && (k->type == KEY_TEXTS || k->type == KEY_SET))
		return err_set(e, -EINVAL, "an empty text names nothing");
	if (!*text && k->type != KEY_BOOL && k->type != KEY_NUMBER) {
		if (!value_is_list(k))
			value_clear(k, section);
		return 0;
	}
	switch (k->type) {
	case KEY_TEXT:
	case KEY_TEXTS:
		return add_text(k, at, text, e);
	case KEY_FILE:
		return add_file(r, at, text, e);
	case KEY_BOOL:
		return add_bool(at, text, e);
	case KEY_NUMBER:
		return add_number(k, section, text, e);
	case KEY_SECRET:
		return secret_sets(at, text) < 0 ? out_of_memory(e) : 0;
	case KEY_ADDRESS:
	case KEY_DIAL:
	case KEY_ADDRESSES:
		return add_address(k, at, text, e);
	case KEY_LINE:
		return add_line(at, text, e);
	case KEY_URLS:
		return add_url(k, at, text, e);
	case KEY_SET:
		return add_word(k, at, text, e);
	case KEY_TABLE:
	case KEY_SKIP:
		break;
	}
	return err_set(e, -EINVAL, "it can only be set in the file");
}

bool value_is_list(const struct key *k)
{
	return k->type == KEY_TEXTS || k->type == KEY_ADDRESSES ||
	       k->type == KEY_URLS || k->type == KEY_SET;
}

int value_set(struct reader *r, const struct key *k, void *section,
		const char *text, struct err *e)
{
	char *copy, *rest, *item;
	int n = 0;

	if (!value_is_list(k))
		return value_add(r, k, section, text, e);
	copy = rest = strdup(text);
	if (!copy)
		return out_of_memory(e);
	value_clear(k, section);
	while (n == 0 && (item = strsep(&rest, ","))) {
		item += strspn(item, " ");
		item[strcspn(item, " ")] = '\0';
		if (*item)
			n = value_add(r, k, section, item, e);
	}
	free(copy);
	return n;
}

/* ---- the end of a value ------------------------------------------------- */

static void addresses_done(struct config_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		address_done(&list->items[i]);
	free(list->items);
	*list = (struct config_addresses){0};
}

static void urls_done(struct config_urls *list)
{
	for (size_t i = 0; i < list->count; i++)
		url_done(&list->items[i]);
	free(list->items);
	*list = (struct config_urls){0};
}

void value_clear(const struct key *k, void *section)
{
	void *at = field(k, section);

	switch (k->type) {
	case KEY_TEXT:
	case KEY_FILE:
		free(*(char **)at);
		*(char **)at = NULL;
		break;
	case KEY_TEXTS:
		texts_done(at);
		break;
	case KEY_SECRET:
		secret_done(at);
		break;
	case KEY_ADDRESS:
	case KEY_DIAL:
		address_done(at);
		break;
	case KEY_LINE:
		address_done(&((struct config_line *)at)->at);
		break;
	case KEY_ADDRESSES:
		addresses_done(at);
		break;
	case KEY_URLS:
		urls_done(at);
		break;
	case KEY_SET:
	case KEY_NUMBER:
		*(unsigned *)at = 0;
		break;
	case KEY_BOOL:
	case KEY_TABLE:
	case KEY_SKIP:
		break;
	}
}
