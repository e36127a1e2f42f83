#include "cli/fate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/guests.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "core/loop.h"

enum { LOOK_MS = 10000, REST_MS = 500 };

bool fate_can_change(const struct target *t)
{
	return t->guest->node && strcmp(t->guest->type, "node") != 0;
}

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct fate_of *f = arg;

	f->r = r < 0 ? r : -ENOENT;
	f->status = GUEST_UNKNOWN;
	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct guest *g = &guests[i];

		if (strcmp(g->id, f->target->id) != 0)
			continue;
		f->r = 0;
		f->status = g->status;
		f->uptime = g->marks ? g->marks->uptime : -1;
		(void)snprintf(f->seen_node, sizeof(f->seen_node), "%s",
				g->node ? g->node : "");
	}
	target_answered(f->target);
}

/* Keys that are typed while nobody else reads them. */
static void on_keys(void *arg, int events)
{
	struct fate_of *f = arg;
	char keys[64];
	ssize_t n = read(f->terminal->fd, keys, sizeof(keys));

	f->left = f->left || n == 0 || (n < 0 && errno != EAGAIN);
	for (ssize_t i = 0; i < n; i++)
		f->left = f->left || keys[i] == 'q' || keys[i] == 3;
	if (f->left)
		target_answered(f->target);
}

static bool is_over(const struct fate_of *f)
{
	return f->left || *f->signum ||
	       loop_now_ms(f->target->sources.loop) >= f->by_ms;
}

/* false: it is to be looked at once more. */
static bool judge(struct fate_of *f, enum fate *ret)
{
	uint64_t age_ms = loop_now_ms(f->target->sources.loop) - f->since_ms;

	if (f->r < 0 && f->r != -ENOENT && f->r != -EREMOTEIO)
		return true; /* its hypervisor is lost as well */
	if (f->r < 0 || f->status != GUEST_RUNNING)
		return false;
	if (strcmp(f->seen_node, f->node) != 0)
		*ret = FATE_MOVED;
	else if (f->off ||
			(f->uptime >= 0 && (uint64_t)f->uptime * 1000 < age_ms))
		*ret = FATE_RESTARTED;
	return true;
}

static void wait_for_it(struct fate_of *f)
{
	if (!f->off && f->r == 0)
		terminal_note(f->terminal,
				"%s is off; q leaves, else it is waited for",
				f->target->guest->id);
	f->off = f->off || f->r == 0;
	(void)target_wait(f->target, REST_MS);
}

static enum fate find(struct fate_of *f)
{
	struct target *t = f->target;
	enum fate fate = FATE_SAME;

	while (!is_over(f)) {
		hypervisor_look(t->hypervisor, t->id, on_list, f);
		if (!target_wait(t, LOOK_MS) || f->left || judge(f, &fate))
			break;
		wait_for_it(f);
	}
	return f->left ? FATE_LEFT : fate;
}

enum fate fate_find(struct fate_of *f)
{
	struct watch *keys = NULL;
	enum fate fate;

	f->off = f->left = false;
	if (watch_new(&keys, f->target->sources.loop, f->terminal->fd, on_keys,
			    f) == 0)
		(void)watch_set(keys, LOOP_READ);
	fate = find(f);
	watch_free(keys);
	if (fate == FATE_MOVED)
		(void)snprintf(f->node, sizeof(f->node), "%s", f->seen_node);
	return fate;
}
