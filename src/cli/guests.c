#include "cli/guests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/json.h"

/* ---- the list ---------------------------------------------------------- */

static void entry_done(struct guest_entry *g)
{
	free(g->id);
	free(g->name);
	free(g->type);
	free(g->node);
	free(g->address);
	free(g->pool);
	for (size_t i = 0; i < g->tag_count; i++)
		free(g->tags[i]);
	for (int k = 0; k < CONSOLE_KINDS; k++)
		free(g->lacks[k]);
	*g = (struct guest_entry){0};
}

void guest_list_done(struct guest_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		entry_done(&l->items[i]);
	free(l->items);
	for (size_t i = 0; i < l->failed_count; i++)
		free(l->failed[i].profile);
	free(l->failed);
	*l = (struct guest_list){0};
}

/* An empty entry at the end. NULL without memory. */
static struct guest_entry *list_add(struct guest_list *l)
{
	size_t room = l->room ? 2 * l->room : 32;
	struct guest_entry *items;

	if (l->count == l->room) {
		items = reallocarray(l->items, room, sizeof(*items));
		if (!items)
			return NULL;
		l->items = items;
		l->room = room;
	}
	l->items[l->count] = (struct guest_entry){0};
	return &l->items[l->count++];
}

static int copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int entry_fill(struct guest_entry *to, const char *profile,
		const struct guest *from)
{
	if (asprintf(&to->id, "%s/%s", profile, from->id) < 0) {
		to->id = NULL;
		return -ENOMEM;
	}
	if (copy(&to->name, from->name) < 0 ||
			copy(&to->type, from->type) < 0 ||
			copy(&to->node, from->node) < 0 ||
			copy(&to->address, from->address) < 0 ||
			copy(&to->pool, from->pool) < 0)
		return -ENOMEM;
	to->status = from->status;
	for (size_t i = 0; i < from->forward_count; i++)
		if (strcasecmp(from->forwards[i].description, "gui") == 0)
			to->gui_port = from->forwards[i].guest_port;
	for (; to->tag_count < from->tag_count; to->tag_count++)
		if (copy(&to->tags[to->tag_count], from->tags[to->tag_count]) <
				0)
			return -ENOMEM;
	for (int k = 0; k < CONSOLE_KINDS; k++)
		if (copy(&to->lacks[k], from->lacks[k]) < 0)
			return -ENOMEM;
	return 0;
}

int guest_list_add(struct guest_list *l, const char *profile,
		const struct guest *from)
{
	struct guest_entry *to = list_add(l);

	return to ? entry_fill(to, profile, from) : -ENOMEM;
}

int guest_list_add_failed(struct guest_list *l, const char *profile,
		const struct err *why)
{
	void *failed = reallocarray(
			l->failed, l->failed_count + 1, sizeof(*l->failed));

	if (!failed)
		return -ENOMEM;
	l->failed = failed;
	l->failed[l->failed_count].why = *why;
	if (copy(&l->failed[l->failed_count].profile, profile) < 0)
		return -ENOMEM;
	l->failed_count++;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strverscmp(((const struct guest_entry *)a)->id,
			((const struct guest_entry *)b)->id);
}

void guest_list_sort(struct guest_list *l)
{
	if (l->count > 0)
		qsort(l->items, l->count, sizeof(*l->items), by_id);
}

void guest_list_keep(struct guest_list *l, const char *type)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct guest_entry *g = &l->items[i];

		if (g->type && strcmp(g->type, type) == 0)
			l->items[kept++] = *g;
		else
			entry_done(g);
	}
	l->count = kept;
}

static int copy_text(char **to, const struct json *from, const char *key)
{
	return copy(to, json_text(json_get(from, key)));
}

int guest_list_from_json(const struct json *answer, struct guest_list *ret)
{
	const struct json *guests = json_get(answer, "guests");
	struct guest_list l = {0};

	for (size_t i = 0; i < json_count(guests); i++) {
		const struct json *g = json_at(guests, i);
		const char *id = json_text(json_get(g, "id"));
		struct guest_entry *to = id ? list_add(&l) : NULL;

		if (!id)
			continue;
		if (!to || copy(&to->id, id) < 0 ||
				copy_text(&to->name, g, "name") < 0 ||
				copy_text(&to->type, g, "type") < 0 ||
				copy_text(&to->node, g, "node") < 0) {
			guest_list_done(&l);
			return -ENOMEM;
		}
	}
	*ret = l;
	return 0;
}
