#include "hypervisor/proxmox/nodes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/proxmox/internal.h"
#include "proto/json.h"

enum {
	NODES_MAX = 64, /* whose certificates are remembered */
	NODE_MAX = 64,
};

struct known_host {
	char node[NODE_MAX]; /* "": it has not said */
	uint8_t certificate[SHA256_LEN];
	bool certified, asked;
};

struct known_node {
	char name[NODE_MAX];
	uint8_t certificate[SHA256_LEN];
};

struct pve_nodes {
	unsigned refs;
	struct known_host hosts[PVE_HOSTS_MAX];
	struct known_node nodes[NODES_MAX];
	size_t node_count;
};

struct pve_nodes *pve_nodes_new(void)
{
	struct pve_nodes *n = calloc(1, sizeof(*n));

	if (n)
		n->refs = 1;
	return n;
}

struct pve_nodes *pve_nodes_ref(struct pve_nodes *n)
{
	n->refs++;
	return n;
}

void pve_nodes_unref(struct pve_nodes *n)
{
	if (n && --n->refs == 0)
		free(n);
}

/* ---- what is told without being asked -------------------------------------
 */

void pve_nodes_tell(struct pve_api *a, const struct json *data)
{
	struct pve_nodes *n = a->nodes;

	n->node_count = 0;
	for (size_t i = 0; i < json_count(data) && n->node_count < NODES_MAX;
			i++) {
		const struct json *from = json_at(data, i);
		const char *name = json_text(json_get(from, "node"));
		const char *text = json_text(json_get(from, "ssl_fingerprint"));
		struct known_node *to = &n->nodes[n->node_count];

		if (!name || strlen(name) >= NODE_MAX || !text ||
				tls_fingerprint_parse(text, to->certificate) <
						0)
			continue;
		memcpy(to->name, name, strlen(name) + 1);
		n->node_count++;
	}
}

void pve_host_showed(struct pve_api *a, size_t host,
		const uint8_t certificate[SHA256_LEN])
{
	struct known_host *h = &a->nodes->hosts[host];

	memcpy(h->certificate, certificate, SHA256_LEN);
	h->certified = true;
}

/* ---- which one is it ------------------------------------------------------
 */

static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, SHA256_LEN) == 0;
}

/* One certificate for all nodes tells none of them. */
static const struct known_node *node_with(
		const struct pve_nodes *n, const uint8_t *certificate)
{
	const struct known_node *found = NULL;

	for (size_t i = 0; i < n->node_count; i++) {
		if (!same(n->nodes[i].certificate, certificate))
			continue;
		if (found)
			return NULL;
		found = &n->nodes[i];
	}
	return found;
}

/* What it said itself, else whose certificate it has; NULL: not known. */
static const char *node_of(const struct pve_api *a, size_t host)
{
	const struct known_host *h = &a->nodes->hosts[host];
	const struct known_node *by = NULL;

	if (!*h->node && h->certified)
		by = node_with(a->nodes, h->certificate);
	return *h->node ? h->node : by ? by->name : NULL;
}

static bool is_named_so(const struct pve_api *a, size_t host, const char *node)
{
	const char *name = a->hosts[host].url.host;
	size_t len = strcspn(name, ".");

	return len == strlen(node) && strncasecmp(name, node, len) == 0;
}

size_t pve_host_of(const struct pve_api *a, const char *node)
{
	size_t named = a->host_count;

	for (size_t i = 0; i < a->host_count; i++) {
		const char *known = node_of(a, i);

		if (known && strcmp(known, node) == 0)
			return i;
		if (!known && named == a->host_count && is_named_so(a, i, node))
			named = i;
	}
	return named;
}

/* ---- asking ---------------------------------------------------------------
 */

/* Somebody who waits. */
struct pve_learner {
	struct pve_learner *next;
	char node[NODE_MAX];
	void (*fn)(void *arg);
	void *arg;
};

static void on_status(void *arg, int r, struct pve_answer *answer,
		const struct err *e);

/* One that has not been asked, and answers as far as is known; host_count:
 * there is none. */
static size_t host_to_ask(const struct pve_api *a, const char *node)
{
	size_t i = pve_host_of(a, node) < a->host_count ? a->host_count : 0;

	while (i < a->host_count &&
			(a->nodes->hosts[i].asked || node_of(a, i) ||
					pve_host_rests(a, i)))
		i++;
	return i;
}

/* Is something asked now that may tell? */
static bool learns(struct pve_api *a, const char *node)
{
	size_t host = host_to_ask(a, node);
	const struct pve_ask ask = {.method = "GET",
			.path = "/cluster/status",
			.host = 1 + host};

	if (a->host_count < 2 || pve_host_of(a, node) < a->host_count)
		return false;
	if (a->learning.host > 0)
		return true;
	if (host == a->host_count || pve_call(a, &ask, on_status, a) < 0)
		return false;
	a->learning.host = 1 + host;
	a->nodes->hosts[host].asked = true;
	return true;
}

void pve_learn_early(struct pve_api *a, const char *node)
{
	(void)learns(a, node);
}

/* One who has nothing more to wait for. */
static struct pve_learner *take_learner(struct pve_api *a, bool late)
{
	struct pve_learner **at = &a->learning.first, *w;

	while (*at && !late && learns(a, (*at)->node))
		at = &(*at)->next;
	w = *at;
	if (w)
		*at = w->next;
	return w;
}

/* While one waits, it is owed an answer, and all that is here lives. */
static void learners_go_on(struct pve_api *a, bool late)
{
	struct pve_learner *w, told;
	bool more = true;

	while (more && (w = take_learner(a, late))) {
		more = a->learning.first != NULL;
		told = *w;
		free(w);
		told.fn(told.arg);
	}
}

/* The host itself, and those that the profile names by their address. */
static void take_status(struct pve_api *a, size_t host, const struct json *from)
{
	const char *name = json_text(json_get(from, "name"));
	const char *type = json_text(json_get(from, "type"));
	const char *ip = json_text(json_get(from, "ip"));

	if (!name || strlen(name) >= NODE_MAX || !type ||
			strcmp(type, "node") != 0)
		return;
	for (size_t i = 0; i < a->host_count; i++) {
		struct known_host *h = &a->nodes->hosts[i];
		bool is_it = i == host ? json_yes(json_get(from, "local"))
				       : ip && !*h->node &&
							     strcmp(a->hosts[i].url.host,
									     ip) ==
									     0;

		if (is_it)
			memcpy(h->node, name, strlen(name) + 1);
	}
}

/* Who may not see it is told so, and does not ask again; the certificate has
 * come all the same. */
static void on_status(void *arg, int r, struct pve_answer *answer,
		const struct err *e)
{
	struct pve_api *a = arg;
	size_t host = a->learning.host - 1;

	a->learning.host = 0;
	if (!answer->place.url && pve_host_rests(a, host))
		a->nodes->hosts[host].asked = false; /* it was not heard */
	for (size_t i = 0; r == 0 && i < json_count(answer->data); i++)
		take_status(a, host, json_at(answer->data, i));
	learners_go_on(a, false);
}

/* A slow host costs a console this much, and no more. */
static void on_impatience(void *arg)
{
	learners_go_on(arg, true);
}

static int set_patience(struct pve_api *a)
{
	struct pve_learning *l = &a->learning;
	int r = l->patience ? 0
			    : timer_new(&l->patience, a->loop, on_impatience,
					      a);

	if (r == 0 && !l->first)
		timer_set(l->patience, PVE_LEARN_MS);
	return r;
}

bool pve_learn(struct pve_api *a, const char *node, void (*fn)(void *arg),
		void *arg)
{
	struct pve_learner *w = learns(a, node) ? calloc(1, sizeof(*w)) : NULL;

	if (!w || set_patience(a) < 0) {
		free(w);
		return false;
	}
	(void)snprintf(w->node, sizeof(w->node), "%s", node);
	w->fn = fn;
	w->arg = arg;
	w->next = a->learning.first;
	a->learning.first = w;
	return true;
}

void pve_learning_done(struct pve_learning *l)
{
	while (l->first) {
		struct pve_learner *next = l->first->next;

		free(l->first);
		l->first = next;
	}
	timer_free(l->patience);
}
