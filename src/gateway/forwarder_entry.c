#include "gateway/forwarder_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/follow.h"
#include "config/config.h"
#include "core/log.h"

/* ---- one of them ----------------------------------------------------------
 */

static void tell_ready(const char *guest, uint16_t guest_port,
		enum console_kind kind, const char *text)
{
	char port[16];

	(void)snprintf(port, sizeof(port), "%u", guest_port);
	log_info(NULL, "event=forward_ready listen=%s guest=%s port=%s", text,
			log_value(guest).text,
			guest_port ? port : console_kind_name(kind));
}

static void tell_busy(const char *guest, uint16_t port, const char *why)
{
	log_warn(NULL,
			"event=forward_busy listen=:%u guest=%s detail=%s "
			"hint=\"it is tried again every second\"",
			port, log_value(guest).text, log_value(why).text);
}

static void on_news(void *arg, const struct follow_news *n)
{
	const struct entry *t = arg;

	if (n->state == FOLLOW_READY)
		tell_ready(n->guest, n->guest_port, CONSOLE_VNC, n->text);
	else if (n->state == FOLLOW_BUSY)
		tell_busy(n->guest, n->port, n->why);
	else if (!t->of->leaving)
		log_info(NULL, "event=forward_closed listen=%s guest=%s",
				n->text, log_value(n->guest).text);
}

static void on_list(void *arg, int r, const struct err *e)
{
	const struct entry *t = arg;

	if (r < 0)
		log_warn(NULL,
				"event=forwards_unknown profile=%s detail=%s "
				"hint=\"it is asked again every second\"",
				t->guest, log_value(e->text).text);
	else
		log_info(NULL, "event=forwards_known profile=%s", t->guest);
}

static void entry_follow(struct entry *t)
{
	const struct follow_options o = {
			.loop = t->of->loop,
			.forwards = t->of->forwards,
			.profile = t->guest,
			.hosts = t->hosts,
			.host_count = t->host_count,
			.limits = t->limits,
			.news = on_news,
			.list = on_list,
			.arg = t,
	};

	(void)follow_new(&t->follow, &o);
}

static void entry_listen(struct entry *t)
{
	const struct forward_options o = {
			.hosts = t->hosts,
			.host_count = t->host_count,
			.port = t->port,
			.guest = t->guest,
			.guest_port = t->guest_port,
			.kind = t->kind,
			.limits = t->limits,
			.quiet = t->told,
	};
	struct err e;

	if (forward_open(&t->forward, t->of->forwards, &o, &e) == 0) {
		t->told = false;
		tell_ready(t->guest, t->guest_port, t->kind,
				forward_text(t->forward));
		return;
	}
	t->forward = NULL;
	if (!t->told)
		tell_busy(t->guest, t->port, e.text);
	t->told = true;
}

void entry_open(struct entry *t)
{
	if (t->all && !t->follow)
		entry_follow(t);
	else if (!t->all && !t->forward)
		entry_listen(t);
}

void entry_free(struct entry *t, bool gone)
{
	if (t->forward && !t->of->leaving)
		log_info(NULL, "event=forward_closed listen=%s guest=%s",
				forward_text(t->forward),
				log_value(t->guest).text);
	if (t->forward)
		forward_close(t->forward, END_KILLED);
	follow_free(t->follow, END_KILLED, gone);
	free(t);
}

bool entry_known(const struct entry *t)
{
	return t->follow ? follow_knows(t->follow) : t->forward || t->told;
}

/* ---- those of a configuration ----------------------------------------------
 */

static struct entry *entry_new(
		struct forwarder *f, const struct config_forward *c)
{
	struct entry *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->of = f;
	t->all = c->all;
	t->port = c->all ? 0 : (uint16_t)c->port;
	t->guest_port = (uint16_t)c->guest_port;
	t->kind = CONSOLE_VNC;
	if (c->kind)
		(void)console_kind_from(c->kind, &t->kind);
	(void)snprintf(t->guest, sizeof(t->guest), "%s",
			c->all ? c->profile : c->guest);
	for (size_t i = 0; i < c->listen.count; i++) {
		(void)snprintf(t->texts[i], sizeof(t->texts[i]), "%s",
				c->listen.items[i]);
		t->hosts[i] = t->texts[i];
	}
	t->host_count = c->listen.count;
	t->limits.connect_ms = c->connect_limit * 1000;
	t->limits.connections = c->connections;
	t->limits.idle_ms = c->idle_limit * 1000;
	return t;
}

/* All but the limits. */
static bool entry_same(const struct entry *a, const struct entry *b)
{
	return a->all == b->all && a->port == b->port &&
	       a->guest_port == b->guest_port && a->kind == b->kind &&
	       a->host_count == b->host_count &&
	       strcmp(a->guest, b->guest) == 0 &&
	       memcmp(a->texts, b->texts, sizeof(a->texts)) == 0;
}

static void entries_free(struct entry *all)
{
	struct entry *next;

	for (struct entry *t = all; t; t = next) {
		next = t->next;
		free(t);
	}
}

struct entry *entries_of(
		struct forwarder *f, const struct config *c, struct err *e)
{
	struct entry *all = NULL, **last = &all;

	for (size_t i = 0; i < c->forward_count; i++) {
		*last = entry_new(f, &c->forwards[i]);
		if (!*last) {
			entries_free(all);
			(void)err_set(e, -ENOMEM, "no memory");
			return NULL;
		}
		last = &(*last)->next;
	}
	return all;
}

/* The one that is the same, out of its list; NULL: there is none. */
static struct entry *entry_take(struct forwarder *f, const struct entry *like)
{
	for (struct entry **at = &f->entries; *at; at = &(*at)->next) {
		struct entry *t = *at;

		if (!entry_same(t, like))
			continue;
		*at = t->next;
		return t;
	}
	return NULL;
}

void entries_keep(struct forwarder *f, struct entry **all)
{
	for (struct entry **at = all; *at; at = &(*at)->next) {
		struct entry *fresh = *at, *old = entry_take(f, fresh);

		if (!old)
			continue;
		old->limits = fresh->limits;
		if (old->forward)
			forward_limit(old->forward, &old->limits);
		if (old->follow)
			follow_limit(old->follow, &old->limits);
		old->next = fresh->next;
		*at = old;
		free(fresh);
	}
}
