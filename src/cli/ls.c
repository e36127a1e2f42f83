#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/sources.h"
#include "cli/table.h"
#include "core/buf.h"
#include "proto/json.h"

struct ls_values {
	const char *output, *filter, *tag, *pool;
};

static const char *const outputs[] = {"table", "wide", "json", "name", NULL};

#define AT(member) offsetof(struct ls_values, member)
static const struct option_rule options[] = {
		{"output", 'o', OPTION_WORD, AT(output), "FORMAT",
				"table, wide, json or name", outputs},
		{"filter", 'f', OPTION_TEXT, AT(filter), "TEXT",
				"guests with this in their id, name or node",
				NULL},
		{"tag", 't', OPTION_TEXT, AT(tag), "TAG",
				"guests with this tag", NULL},
		{"pool", 0, OPTION_TEXT, AT(pool), "POOL",
				"guests of this pool, where the hypervisor "
				"has pools",
				NULL},
		{0},
};
#undef AT

static int ls(struct app *a, const void *values, int argc, char **argv);

const struct command ls_command = {
		.name = "ls",
		.summary = "List the guests, and which consoles each has",
		.next = "your guests, and which consoles each has",
		.help = "`wide` also tells why a kind of console cannot be "
			"had; `name` prints ids, a line\n"
			"each. It asks the hypervisors itself and needs no "
			"gateway.\n",
		.options = options,
		.values_size = sizeof(struct ls_values),
		.run = ls,
};

/* ---- which ------------------------------------------------------------- */

static bool has(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool has_tag(const struct guest_entry *g, const char *tag)
{
	for (size_t i = 0; i < g->tag_count; i++)
		if (strcmp(g->tags[i], tag) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct ls_values *v, const struct guest_entry *g)
{
	if (v->pool && (!g->pool || strcmp(g->pool, v->pool) != 0))
		return false;
	if (v->tag && !has_tag(g, v->tag))
		return false;
	return !v->filter || has(g->id, v->filter) || has(g->name, v->filter) ||
	       has(g->node, v->filter);
}

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* ---- as text ------------------------------------------------------------ */

/* Kinds that lack the same, or nothing (NULL): "vnc,serial". */
static int write_kinds(struct buf *kinds, const struct guest_entry *g,
		const char *lack)
{
	int r = 0, count = 0;

	for (int k = 0; r == 0 && k < CONSOLE_KINDS; k++)
		if (lack ? is_same(g->lacks[k], lack) : !g->lacks[k])
			r = buf_addf(kinds, "%s%s", count++ ? "," : "",
					console_kind_name(
							(enum console_kind)k));
	return r;
}

static bool was_told(const struct guest_entry *g, int kind)
{
	for (int k = 0; k < kind; k++)
		if (is_same(g->lacks[k], g->lacks[kind]))
			return true;
	return false;
}

/* Each reason once: "vnc,spice: It is a template." */
static int write_reasons(struct buf *reasons, const struct guest_entry *g)
{
	int r = 0;

	for (int k = 0; r == 0 && k < CONSOLE_KINDS; k++) {
		if (!g->lacks[k] || was_told(g, k))
			continue;
		if (reasons->len)
			r = buf_addf(reasons, " ");
		if (r == 0)
			r = write_kinds(reasons, g, g->lacks[k]);
		if (r == 0)
			r = buf_addf(reasons, ": %s", g->lacks[k]);
	}
	return r;
}

static int write_tags(struct buf *tags, const struct guest_entry *g)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->tag_count; i++)
		r = buf_addf(tags, "%s%s", i ? "," : "", g->tags[i]);
	return r;
}

static int add_row(struct table *t, bool wide, const struct guest_entry *g)
{
	enum { CELL_MAX = 4096 };
	struct buf kinds, reasons, tags;
	int r;

	buf_init(&kinds, CELL_MAX);
	buf_init(&reasons, CELL_MAX);
	buf_init(&tags, CELL_MAX);
	r = write_kinds(&kinds, g, NULL);
	if (r == 0)
		r = write_reasons(&reasons, g);
	if (r == 0)
		r = write_tags(&tags, g);
	if (r == 0 && (buf_add(&kinds, "", 1) < 0 ||
				      buf_add(&reasons, "", 1) < 0 ||
				      buf_add(&tags, "", 1) < 0))
		r = -ENOMEM;
	if (r == 0) {
		const char *const cells[] = {g->id, g->name, g->type,
				guest_status_name(g->status),
				(const char *)buf_data(&kinds),
				wide ? g->node : NULL,
				(const char *)buf_data(&tags),
				(const char *)buf_data(&reasons)};

		r = table_add(t, cells);
	}
	buf_done(&kinds);
	buf_done(&reasons);
	buf_done(&tags);
	return r;
}

static int put_table(const struct guest_list *l, const struct ls_values *v,
		bool wide)
{
	static const char *const heads[] = {
			"GUEST", "NAME", "TYPE", "STATUS", "CONSOLES", NULL};
	static const char *const wide_heads[] = {"GUEST", "NAME", "TYPE",
			"STATUS", "CONSOLES", "NODE", "TAGS", "WHY NOT", NULL};
	struct table t;
	int r = 0;

	table_init(&t, wide ? wide_heads : heads);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		if (is_wanted(v, &l->items[i]))
			r = add_row(&t, wide, &l->items[i]);
	if (r == 0 && wide) /* with reasons, which are sentences */
		table_print(&t, stdout);
	else if (r == 0)
		table_show(&t, l->count ? "no guest is like that"
					: "there are no guests");
	table_done(&t);
	return r < 0 ? say_fail(EXIT_FAILED, "no memory") : EXIT_OK;
}

static int put_names(const struct guest_list *l, const struct ls_values *v)
{
	for (size_t i = 0; i < l->count; i++) {
		if (!is_wanted(v, &l->items[i]))
			continue;
		put_clean(stdout, l->items[i].id);
		(void)putchar('\n');
	}
	return EXIT_OK;
}

/* ---- as JSON, as GET /api/v1/guests writes it ---------------------------- */

static void write_guest(struct json_out *o, const struct guest_entry *g)
{
	const char *rest = strchr(g->id, '/');

	json_out_object_begin(o);
	json_out_put_text(o, "id", g->id);
	json_out_key(o, "profile");
	json_out_text_n(o, g->id, rest ? (size_t)(rest - g->id) : 0);
	json_out_put_text(o, "name", g->name);
	json_out_put_text(o, "type", g->type);
	json_out_put_text(o, "node", g->node);
	json_out_put_text(o, "pool", g->pool);
	json_out_put_text(o, "status", guest_status_name(g->status));
	json_out_put_array(o, "tags");
	for (size_t i = 0; i < g->tag_count; i++)
		json_out_text(o, g->tags[i]);
	json_out_array_end(o);
	json_out_put_object(o, "kinds");
	for (int k = 0; k < CONSOLE_KINDS; k++) {
		json_out_put_object(o, console_kind_name((enum console_kind)k));
		json_out_put_bool(o, "available", g->lacks[k] == NULL);
		if (g->lacks[k])
			json_out_put_text(o, "reason", g->lacks[k]);
		json_out_object_end(o);
	}
	json_out_object_end(o);
	json_out_object_end(o);
}

static int put_list(const struct guest_list *l, const struct ls_values *v)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_array(&o, "guests");
	for (size_t i = 0; i < l->count; i++)
		if (is_wanted(v, &l->items[i]))
			write_guest(&o, &l->items[i]);
	json_out_array_end(&o);
	json_out_put_array(&o, "errors");
	for (size_t i = 0; i < l->failed_count; i++) {
		json_out_object_begin(&o);
		json_out_put_text(&o, "profile", l->failed[i].profile);
		json_out_put_text(&o, "detail", l->failed[i].why.text);
		json_out_object_end(&o);
	}
	json_out_array_end(&o);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static int ls(struct app *a, const void *values, int argc, char **argv)
{
	const struct ls_values *v = values;
	const char *output = v->output ? v->output : "table";
	struct guest_list l;
	int r = sources_list(a, &l);

	if (r != 0)
		return r;
	if (strcmp(output, "json") == 0 || (!v->output && app_json(a)))
		r = put_list(&l, v);
	else if (strcmp(output, "name") == 0)
		r = put_names(&l, v);
	else
		r = put_table(&l, v, strcmp(output, "wide") == 0);
	guest_list_done(&l);
	return r;
}
