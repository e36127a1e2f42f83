#include "hypervisor/arrakis/vms.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "proto/address.h"
#include "proto/json.h"

bool vms_name_ok(const char *name)
{
	size_t len = strlen(name), used;

	if (len == 0 || len > VMS_NAME_MAX || strchr(name, '/') ||
			strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t at = 0; at < len; at += used) {
		used = text_utf8(name + at, len - at);
		if (used == 0 || text_is_control(name + at, len - at))
			return false;
	}
	return true;
}

/* ---- one of them ----------------------------------------------------------
 */

static enum guest_status status_of(const char *word)
{
	static const struct {
		const char *word;
		enum guest_status status;
	} known[] = {
			{"RUNNING", GUEST_RUNNING},
			{"STOPPED", GUEST_STOPPED},
			{"PAUSED", GUEST_PAUSED},
	};

	for (size_t i = 0; word && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(known[i].word, word) == 0)
			return known[i].status;
	return GUEST_UNKNOWN; /* CREATED, UNKNOWN and whatever comes */
}

/* A server of another machine shall not lead us to our own services, nor to
 * those that only answer this machine. */
static bool address_ok(const char *text, const char *host)
{
	const struct address own = {.host = (char *)(uintptr_t)text};
	const struct address server = {.host = (char *)(uintptr_t)host};

	return address_is_routable(text) ||
	       (address_is_local(&own) && address_is_local(&server));
}

/* "10.20.1.2/24", of which the mask is the network's. */
static void address_of(
		const char *text, const char *host, char *ret, size_t ret_max)
{
	struct in6_addr any;
	size_t len = text ? strcspn(text, "/") : 0;

	ret[0] = '\0';
	if (len == 0 || len >= ret_max)
		return;
	memcpy(ret, text, len);
	ret[len] = '\0';
	if ((inet_pton(AF_INET, ret, &any) != 1 &&
			    inet_pton(AF_INET6, ret, &any) != 1) ||
			!address_ok(ret, host))
		ret[0] = '\0';
}

static uint16_t port_of(const struct json *v)
{
	int64_t port;

	if (json_int_or_text(v, &port) < 0 || port < 1 || port > UINT16_MAX)
		return 0;
	return (uint16_t)port;
}

/* Answers how many were good; `to` has room for all. */
static size_t forwards_of(const struct json *from, struct guest_forward *to)
{
	size_t count = 0;

	for (size_t i = 0; i < json_count(from); i++) {
		const struct json *f = json_at(from, i);
		const char *what = json_text(json_get(f, "description"));

		to[count] = (struct guest_forward){
				.host_port = port_of(json_get(f, "hostPort")),
				.guest_port = port_of(json_get(f, "guestPort")),
				.description = what ? what : "",
		};
		count += to[count].host_port > 0 && to[count].guest_port > 0;
	}
	return count;
}

/* A sandbox is neither asked to shut down nor reset. */
static unsigned verbs_of(enum guest_status s)
{
	return guest_verbs(s) &
	       (1u << POWER_START | 1u << POWER_STOP | 1u << POWER_SUSPEND |
			       1u << POWER_RESUME);
}

static void guest_of(struct guest *g, const struct vm *vm, const char *host)
{
	g->id = g->name = vm->name;
	g->type = "sandbox";
	g->status = status_of(vm->status);
	g->address = *vm->address ? vm->address : NULL;
	g->host = host;
	g->verbs = verbs_of(g->status);
	for (int k = 0; k < CONSOLE_KINDS; k++)
		g->lacks[k] = "A sandbox of Arrakis has a screen (VNC) only.";
	g->lacks[CONSOLE_VNC] = g->address || vms_gui(g)
						? NULL
						: "Arrakis says no address of "
						  "it, and no forward called "
						  "`gui`.";
}

/* ---- all of them ----------------------------------------------------------
 */

static size_t forwards_in(const struct json *vms)
{
	size_t count = 0;

	for (size_t i = 0; i < json_count(vms); i++)
		count += json_count(json_get(json_at(vms, i), "portForwards"));
	return count;
}

static int vms_alloc(struct vms *v, const struct json *from)
{
	size_t count = json_count(from);

	v->guests = calloc(count + 1, sizeof(*v->guests));
	v->all = calloc(count + 1, sizeof(*v->all));
	v->forwards = calloc(forwards_in(from) + 1, sizeof(*v->forwards));
	return v->guests && v->all && v->forwards ? 0 : -ENOMEM;
}

static void vms_add(struct vms *v, const struct json *from, const char *host,
		struct guest_forward **room)
{
	const char *name = json_text(json_get(from, "vmName"));
	struct vm *vm = &v->all[v->count];
	struct guest *g = &v->guests[v->count];

	if (!name || !vms_name_ok(name) || vms_find(v, name))
		return;
	vm->name = name;
	vm->status = json_text(json_get(from, "status"));
	address_of(json_text(json_get(from, "ip")), host, vm->address,
			sizeof(vm->address));
	g->forwards = *room;
	g->forward_count = forwards_of(json_get(from, "portForwards"), *room);
	*room += g->forward_count;
	guest_of(g, vm, host);
	v->count++;
}

int vms_parse(const struct json *answer, const char *host, struct vms *ret,
		struct err *e)
{
	const struct json *from = json_get(answer, "vms");
	struct vms v = {0};
	struct guest_forward *room;

	/* without any, the list is null or is not there */
	if (from && !json_is_array(from) && !json_is_null(from))
		return err_set(e, -EPROTO,
				"this is no answer of Arrakis: `vms` is no "
				"list");
	if (json_count(from) > VMS_MAX)
		return err_set(e, -EMSGSIZE, "more than %d sandboxes", VMS_MAX);
	if (vms_alloc(&v, from) < 0) {
		vms_done(&v);
		return err_set(e, -ENOMEM, "no memory");
	}
	room = v.forwards;
	for (size_t i = 0; i < json_count(from); i++)
		vms_add(&v, json_at(from, i), host, &room);
	*ret = v;
	return 0;
}

void vms_done(struct vms *v)
{
	free(v->guests);
	free(v->all);
	free(v->forwards);
	*v = (struct vms){0};
}

const struct guest *vms_find(const struct vms *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->all[i].name, name) == 0)
			return &v->guests[i];
	return NULL;
}

const struct guest_forward *vms_forward(const struct guest *g, uint16_t port)
{
	for (size_t i = 0; i < g->forward_count; i++)
		if (g->forwards[i].guest_port == port)
			return &g->forwards[i];
	return NULL;
}

const struct guest_forward *vms_gui(const struct guest *g)
{
	for (size_t i = 0; i < g->forward_count; i++)
		if (strcasecmp(g->forwards[i].description, "gui") == 0)
			return &g->forwards[i];
	return NULL;
}
