/* Which guest a typed name means. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/guests.h"
#include "core/near.h"

/* "lab/kiosk" by "kiosk", "home/qemu/100" by "100" and by "home/100". */
static bool is_id(const char *id, const char *text)
{
	const char *rest = strchr(id, '/'), *last = strrchr(id, '/');
	const char *typed_rest = strchr(text, '/');

	if (strcmp(id, text) == 0)
		return true;
	if (!rest)
		return false;
	if (!typed_rest)
		return strcmp(rest + 1, text) == 0 ||
		       strcmp(last + 1, text) == 0;
	if (strcmp(rest + 1, text) == 0)
		return true;
	return rest - id == typed_rest - text &&
	       strncmp(id, text, (size_t)(rest - id)) == 0 &&
	       strcmp(last, typed_rest) == 0;
}

/* "web1" and "home/web1". */
static bool is_name(const struct guest_entry *g, const char *text)
{
	const char *rest = strchr(g->id, '/');
	size_t profile = rest ? (size_t)(rest - g->id) : 0;

	if (!g->name)
		return false;
	if (strcmp(g->name, text) == 0)
		return true;
	return rest && strncmp(g->id, text, profile + 1) == 0 &&
	       strcmp(g->name, text + profile + 1) == 0;
}

/* What of the list is nearest to it; NULL: nothing is near. */
static const char *nearest(const struct guest_list *l, const char *text)
{
	struct near n;

	near_begin(&n, text);
	for (size_t i = 0; i < l->count; i++) {
		const char *rest = strchr(l->items[i].id, '/');

		near_try(&n, l->items[i].id);
		if (rest)
			near_try(&n, rest + 1);
		if (l->items[i].name)
			near_try(&n, l->items[i].name);
	}
	return n.nearest;
}

static int not_found(
		const struct guest_list *l, const char *text, struct err *e)
{
	const char *near = nearest(l, text), *rest = strchr(text, '/');

	if (!near && rest) /* "home/wep1": the list was of that profile */
		near = nearest(l, rest + 1);
	if (near)
		return err_set(e, -ENOENT,
				"there is no guest '%s'; did you mean '%s'?",
				text, near);
	return err_set(e, -ENOENT,
			"there is no guest '%s'; `glassbridge ls` lists them",
			text);
}

static int several(const struct guest_list *l, const char *text, struct err *e)
{
	char ids[400] = "";
	size_t len = 0;

	for (size_t i = 0; i < l->count && len < sizeof(ids); i++) {
		const struct guest_entry *g = &l->items[i];

		if (is_id(g->id, text) || is_name(g, text))
			len += (size_t)snprintf(ids + len, sizeof(ids) - len,
					"%s%s", len ? ", " : "", g->id);
	}
	return err_set(e, -ENOTUNIQ, "'%s' may be any of %s", text, ids);
}

int guest_list_find(const struct guest_list *l, const char *text,
		const struct guest_entry **ret, struct err *e)
{
	const struct guest_entry *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct guest_entry *g = &l->items[i];

		if (strcmp(g->id, text) == 0) { /* nothing is more exact */
			*ret = g;
			return 0;
		}
		if (is_id(g->id, text) || is_name(g, text)) {
			found = g;
			count++;
		}
	}
	if (count == 0)
		return not_found(l, text, e);
	if (count > 1)
		return several(l, text, e);
	*ret = found;
	return 0;
}
