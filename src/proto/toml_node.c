#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/toml_parse.h"

enum { SLOTS_FROM = 16 }; /* below, looking at each key is as quick */

static bool is_list(const struct toml *n)
{
	return n && (n->type == TOML_TABLE || n->type == TOML_ARRAY);
}

static uint64_t key_hash(const char *key, size_t len)
{
	uint64_t h = 14695981039346656037ULL; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)key[i]) * 1099511628211ULL;
	return h ^ (h >> 32);
}

static bool key_is(const struct toml *n, const char *key, size_t len)
{
	return n->key_len == len && memcmp(n->key, key, len) == 0;
}

static void slot_put(struct toml **slots, size_t count, struct toml *n)
{
	size_t i = key_hash(n->key, n->key_len) & (count - 1);

	while (slots[i])
		i = (i + 1) & (count - 1);
	slots[i] = n;
}

/* A big table is looked up by hash, or a large file would take minutes. */
static int slots_grow(struct toml *table)
{
	size_t count = table->list.slot_count;
	struct toml **slots;

	if (table->list.count < SLOTS_FROM || table->list.count * 2 < count)
		return 0;
	count = count ? count * 2 : 4 * SLOTS_FROM;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < table->list.count; i++)
		slot_put(slots, count, table->list.items[i]);
	free(table->list.slots);
	table->list.slots = slots;
	table->list.slot_count = count;
	return 0;
}

static int list_room(struct toml *list)
{
	size_t room = list->list.room ? list->list.room * 2 : 4;
	struct toml **items;

	if (list->list.count < list->list.room)
		return 0;
	items = reallocarray(list->list.items, room, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->list.items = items;
	list->list.room = room;
	return 0;
}

int toml_add(struct toml *parent, struct toml_part *part, struct toml **ret)
{
	struct toml *n;

	if (parent->depth >= TOML_DEPTH_MAX)
		return -EMSGSIZE;
	if (list_room(parent) < 0 ||
			(parent->type == TOML_TABLE && slots_grow(parent) < 0))
		return -ENOMEM;
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->depth = parent->depth + 1;
	n->place = n->key_place = part->place;
	n->key = part->text;
	n->key_len = part->len;
	part->text = NULL;
	parent->list.items[parent->list.count++] = n;
	if (parent->list.slots)
		slot_put(parent->list.slots, parent->list.slot_count, n);
	*ret = n;
	return 0;
}

struct toml *toml_find(const struct toml *table, const char *key, size_t len)
{
	size_t i, mask = table->list.slot_count - 1;

	if (!table->list.slots) {
		for (i = 0; i < table->list.count; i++)
			if (key_is(table->list.items[i], key, len))
				return table->list.items[i];
		return NULL;
	}
	for (i = key_hash(key, len) & mask; table->list.slots[i];
			i = (i + 1) & mask)
		if (key_is(table->list.slots[i], key, len))
			return table->list.slots[i];
	return NULL;
}

void toml_free(struct toml *n)
{
	if (!n)
		return;
	if (is_list(n)) {
		for (size_t i = 0; i < n->list.count; i++)
			toml_free(n->list.items[i]); /* TOML_DEPTH_MAX deep */
		free(n->list.items);
		free(n->list.slots);
	} else if (n->type == TOML_STRING && n->string.text) {
		explicit_bzero(n->string.text, n->string.len); /* passwords */
		free(n->string.text);
	}
	free(n->key);
	free(n);
}

enum toml_type toml_type(const struct toml *n)
{
	return n->type;
}

const char *toml_type_text(enum toml_type type)
{
	static const char *const texts[] = {
			[TOML_STRING] = "a string",
			[TOML_INTEGER] = "a whole number",
			[TOML_FLOAT] = "a number with a fraction",
			[TOML_BOOL] = "true or false",
			[TOML_DATETIME] = "a date and time",
			[TOML_LOCAL_DATETIME] = "a local date and time",
			[TOML_LOCAL_DATE] = "a date",
			[TOML_LOCAL_TIME] = "a time of day",
			[TOML_ARRAY] = "an array",
			[TOML_TABLE] = "a table",
	};

	return texts[type];
}

struct toml_place toml_place(const struct toml *n)
{
	return n->place;
}

struct toml_place toml_key_place(const struct toml *n)
{
	return n->key_place;
}

const char *toml_key(const struct toml *n, size_t *ret_len)
{
	if (ret_len)
		*ret_len = n->key_len;
	return n->key;
}

size_t toml_count(const struct toml *n)
{
	return is_list(n) ? n->list.count : 0;
}

const struct toml *toml_at(const struct toml *n, size_t i)
{
	return i < toml_count(n) ? n->list.items[i] : NULL;
}

const struct toml *toml_get(const struct toml *n, const char *key)
{
	if (!n || n->type != TOML_TABLE)
		return NULL;
	return toml_find(n, key, strlen(key));
}

bool toml_string(const struct toml *n, const char **ret, size_t *ret_len)
{
	if (!n || n->type != TOML_STRING)
		return false;
	*ret = n->string.text;
	if (ret_len)
		*ret_len = n->string.len;
	return true;
}

bool toml_integer(const struct toml *n, int64_t *ret)
{
	if (!n || n->type != TOML_INTEGER)
		return false;
	*ret = n->integer;
	return true;
}

bool toml_float(const struct toml *n, double *ret)
{
	if (!n || n->type != TOML_FLOAT)
		return false;
	*ret = n->real;
	return true;
}

bool toml_bool(const struct toml *n, bool *ret)
{
	if (!n || n->type != TOML_BOOL)
		return false;
	*ret = n->truth;
	return true;
}

bool toml_time(const struct toml *n, struct toml_time *ret)
{
	if (!n || n->type < TOML_DATETIME || n->type > TOML_LOCAL_TIME)
		return false;
	*ret = n->time;
	return true;
}
