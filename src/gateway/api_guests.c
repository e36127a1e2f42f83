#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/people.h"
#include "gateway/routes.h"
#include "proto/url.h"

/* A list over all profiles: each adds its guests as its answer comes. */
struct guests_call {
	struct exchange *x;
	struct json_out out;
	struct buf failed; /* "profile\0sentence\0": those that did not answer
			    */
	const char *only;  /* one guest's id: answered alone; NULL: all */
	struct tag_style *styles; /* of all profiles together */
	size_t style_count;
	bool found;
	bool lost; /* the hypervisor knows the caller no more */
	int r;     /* of a profile that did not answer */
	size_t waits;
};

/* Which profile an answer is of. */
struct profile_call {
	struct guests_call *call;
	struct hypervisor *h;
};

static void put_kinds(struct json_out *o, const struct guest *s)
{
	json_out_put_object(o, "kinds");
	for (int k = 0; k < CONSOLE_KINDS; k++) {
		json_out_put_object(o, console_kind_name((enum console_kind)k));
		json_out_put_bool(o, "available", s->lacks[k] == NULL);
		if (s->lacks[k])
			json_out_put_text(o, "reason", s->lacks[k]);
		json_out_object_end(o);
	}
	json_out_object_end(o);
}

static void put_count(struct json_out *o, const char *key, int64_t n)
{
	if (n < 0)
		json_out_put_null(o, key);
	else
		json_out_put_int(o, key, n);
}

static void put_mark(struct json_out *o, const char *key, int yes)
{
	if (yes < 0)
		json_out_put_null(o, key);
	else
		json_out_put_bool(o, key, yes > 0);
}

static void put_marks(struct json_out *o, const struct guest_marks *m)
{
	if (!m) {
		json_out_put_null(o, "marks");
		return;
	}
	json_out_put_object(o, "marks");
	if (m->cpu < 0)
		json_out_put_null(o, "cpu");
	else
		json_out_put_number(o, "cpu", m->cpu);
	put_count(o, "cpus", m->cpus);
	put_count(o, "memory", m->memory);
	put_count(o, "memory_max", m->memory_max);
	put_count(o, "uptime", m->uptime);
	put_mark(o, "agent", m->agent);
	put_mark(o, "audio", m->audio);
	put_mark(o, "usb", m->usb);
	put_mark(o, "clipboard", m->clipboard);
	json_out_put_text(o, "os", m->os);
	json_out_object_end(o);
}

/* What makes sense now and may be asked for. */
static void put_changes(struct json_out *o, const struct hypervisor *h,
		const struct guest *s, unsigned rights)
{
	bool may = (rights & CONFIG_MAY_POWER) && !h->read_only;
	bool power = may && h->ops->power && !(s->barred & GUEST_BARS_POWER);

	json_out_put_array(o, "power");
	for (int v = 0; power && v < POWER_VERBS; v++)
		if (s->verbs & (1u << v))
			json_out_text(o, power_verb_name((enum power_verb)v));
	json_out_array_end(o);
	json_out_put_bool(o, "snapshots",
			may && s->reverts && h->ops->restore &&
					!(s->barred & GUEST_BARS_RESTORE));
}

/* Only for who runs the gateway: others never learn a hypervisor's name. */
static void put_page(struct json_out *o, struct hypervisor *h,
		const struct guest *s, unsigned rights)
{
	char url[URL_MAX];

	if ((rights & CONFIG_MAY_ADMIN) &&
			hypervisor_page(h, s, url, sizeof(url)) == 0)
		json_out_put_text(o, "pve_url", url);
}

static void put_guest(struct json_out *o, struct hypervisor *h, const char *id,
		const struct guest *s, unsigned rights, unsigned narrowed)
{
	const char *profile = h->profile;

	json_out_object_begin(o);
	json_out_put_text(o, "id", id);
	json_out_put_text(o, "profile", profile);
	json_out_put_text(o, "name", s->name);
	json_out_put_text(o, "type", s->type);
	json_out_put_text(o, "node", s->node);
	json_out_put_text(o, "status", guest_status_name(s->status));
	json_out_put_array(o, "tags");
	for (size_t i = 0; i < s->tag_count; i++)
		json_out_text(o, s->tags[i]);
	json_out_array_end(o);
	json_out_put_text(o, "pool", s->pool);
	put_marks(o, s->marks);
	put_kinds(o, s);
	json_out_put_array(o, "rights");
	for (unsigned i = 0; auth_right_name(i); i++)
		if (narrowed & (1u << i))
			json_out_text(o, auth_right_name(i));
	json_out_array_end(o);
	put_changes(o, h, s, rights);
	put_page(o, h, s, rights);
	json_out_object_end(o);
}

/* Guests without any right do not exist for the one who asks. */
static void list_guest(struct guests_call *c, struct hypervisor *h,
		const struct guest *s)
{
	struct auth_verdict v;
	char id[GUEST_ID_MAX];

	if ((size_t)snprintf(id, sizeof(id), "%s/%s", h->profile, s->id) >=
			sizeof(id))
		return;
	v = auth_judge(c->x->gateway->auth, &c->x->who, id);
	if (!v.rights || (c->only && (c->found || strcmp(c->only, id) != 0)))
		return;
	c->found = true;
	put_guest(&c->out, h, id, s, v.rights,
			auth_narrow(v, &c->x->who, s).rights);
}

static void note_failed(
		struct guests_call *c, const char *profile, const char *why)
{
	size_t before = c->failed.len;

	if (buf_add(&c->failed, profile, strlen(profile) + 1) < 0 ||
			buf_add(&c->failed, why, strlen(why) + 1) < 0)
		c->failed.len = before; /* past the ceiling: left out */
}

static void put_failed(struct json_out *o, const struct buf *failed)
{
	const char *at = (const char *)buf_data(failed);
	const char *end = at + failed->len;

	json_out_put_array(o, "errors");
	while (at < end) {
		json_out_object_begin(o);
		json_out_put_text(o, "profile", at);
		at += strlen(at) + 1;
		json_out_put_text(o, "detail", at);
		at += strlen(at) + 1;
		json_out_object_end(o);
	}
	json_out_array_end(o);
}

/* The first profile that names a tag says how it looks. */
static bool style_is_known(const struct guests_call *c, const char *tag)
{
	for (size_t i = 0; i < c->style_count; i++)
		if (strcmp(c->styles[i].tag, tag) == 0)
			return true;
	return false;
}

static void note_styles(struct guests_call *c, struct hypervisor *h)
{
	size_t count;
	const struct tag_style *from = hypervisor_tag_styles(h, &count);
	struct tag_style *all;

	if (c->only || count == 0)
		return;
	all = realloc(c->styles, (c->style_count + count) * sizeof(*all));
	if (!all)
		return; /* plain tags, then */
	c->styles = all;
	for (size_t i = 0; i < count; i++)
		if (!style_is_known(c, from[i].tag))
			all[c->style_count++] = from[i];
}

static void put_styles(struct guests_call *c)
{
	struct json_out *o = &c->out;

	if (c->style_count == 0)
		return;
	json_out_put_object(o, "tag_styles");
	for (size_t i = 0; i < c->style_count; i++) {
		const struct tag_style *s = &c->styles[i];

		json_out_put_object(o, s->tag);
		json_out_put_text(o, "background", s->background);
		json_out_put_text(o, "color", s->color);
		json_out_object_end(o);
	}
	json_out_object_end(o);
}

static void guests_done(struct guests_call *c)
{
	struct exchange *x = c->x;

	if (!c->only) {
		json_out_array_end(&c->out);
		put_styles(c);
		put_failed(&c->out, &c->failed);
		json_out_object_end(&c->out);
	}
	if (c->lost)
		exchange_refuse(x, END_NOT_SIGNED_IN, NULL);
	else if (c->only && !c->found && c->r < 0)
		exchange_refuse_inner(x, end_of_plan(c->r), c->only,
				c->failed.len ? (char *)buf_data(&c->failed)
					      : strerrordesc_np(-c->r));
	else if (c->only && !c->found)
		exchange_refuse(x, END_NO_SUCH_GUEST, NULL);
	else
		exchange_answer_json(x, 200, &c->out);
	buf_done(&c->failed);
	free(c->styles);
	free(c);
}

/* Of one guest the sentence alone is kept: guests_done() judges it. */
static void guests_failed(struct guests_call *c, const struct hypervisor *h,
		int r, const char *why)
{
	char all[GUEST_ID_MAX];

	c->r = r;
	c->lost |= h->lost;
	if (c->only) {
		(void)buf_add(&c->failed, why, strlen(why) + 1);
		return;
	}
	log_warn(NULL, "event=list_failed profile=%s detail=%s",
			log_value(h->profile).text, log_value(why).text);
	(void)snprintf(all, sizeof(all), "%.*s/*", GUEST_ID_MAX - 3,
			h->profile);
	note_failed(c, h->profile,
			exchange_candid(c->x, all)
					? why
					: end_info(end_of_plan(r))->sentence);
}

static void guests_listed(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct profile_call *p = arg;
	struct guests_call *c = p->call;

	for (size_t i = 0; r == 0 && i < count; i++)
		list_guest(c, p->h, &guests[i]);
	if (r == 0)
		note_styles(c, p->h);
	if (r < 0)
		guests_failed(c, p->h, r, e->text);
	free(p);
	if (--c->waits == 0)
		guests_done(c);
}

/* `guest`: within the profile, to be looked at closely; NULL: none. */
static void guests_ask(
		struct guests_call *c, struct hypervisor *h, const char *guest)
{
	struct profile_call *p = malloc(sizeof(*p));

	if (!p) {
		guests_failed(c, h, -ENOMEM, "no memory");
		return;
	}
	*p = (struct profile_call){.call = c, .h = h};
	c->waits++;
	if (guest)
		hypervisor_look(h, guest, guests_listed, p);
	else
		hypervisor_list(h, guests_listed, p);
}

/* Every profile; those of one guest's link and of one guest: its own. */
static void guests_ask_all(struct guests_call *c, struct gateway *g)
{
	const struct principal *who = &c->x->who;
	const char *own = c->only ? c->only : who->guest;
	struct hypervisor *h;
	const char *rest;

	if (!*own && who->via == AUTH_PROXMOX) {
		h = people_hypervisor(g->people, who->person);
		if (h)
			guests_ask(c, h, NULL);
		return;
	}
	if (!*own) {
		for (size_t i = 0; i < g->hypervisor_count; i++)
			guests_ask(c, g->hypervisors[i], NULL);
		return;
	}
	h = gateway_hypervisor_of(g, who, own, &rest);
	if (h)
		guests_ask(c, h, c->only ? rest : NULL);
}

static void guests_start(
		struct gateway *g, struct exchange *x, const char *only)
{
	struct guests_call *c = calloc(1, sizeof(*c));

	if (!c) {
		exchange_refuse(x, END_INTERNAL, NULL);
		return;
	}
	c->x = x;
	c->only = only;
	buf_init(&c->failed, 64 * 1024);
	exchange_json(x, &c->out);
	if (!only) {
		json_out_object_begin(&c->out);
		json_out_put_array(&c->out, "guests");
	}
	c->waits = 1; /* ours, until all are asked */
	guests_ask_all(c, g);
	if (--c->waits == 0)
		guests_done(c);
}

void api_guests_get(struct gateway *g, struct exchange *x)
{
	guests_start(g, x, NULL);
}

/* To whom has no right on it, it does not exist; nobody is asked. */
void api_guest_get(struct gateway *g, struct exchange *x)
{
	const char *id = route_param(&x->match, "id");

	if (auth_judge(g->auth, &x->who, id).rights)
		guests_start(g, x, id);
	else
		exchange_refuse(x, END_NO_SUCH_GUEST, NULL);
}
