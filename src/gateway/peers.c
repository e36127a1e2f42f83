#include "gateway/peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/loop.h"

enum {
	BUCKETS = 4096, /* a power of two */
	MAPPED_BITS = 96,
	FORGET_MS = 10000, /* without connections; the bucket is full by then */
};

/* Every address as IPv6; IPv4 mapped. */
struct network {
	uint8_t bytes[16];
	unsigned bits;
};

struct peer {
	struct peer *next; /* of its bucket */
	uint8_t bytes[16];
	unsigned connections;
	double tokens;
	uint64_t at_ms; /* when they were counted */
};

struct peers {
	pthread_mutex_t lock;
	struct loop *control;
	struct tick tick;
	struct peer *bucket[BUCKETS];
	size_t count;
	struct network *trusted;
	size_t trusted_count;
};

/* ---- addresses ------------------------------------------------------------
 */

static bool bytes_of(const char *text, uint8_t ret[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET6, text, ret) == 1)
		return true;
	memcpy(ret, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, ret + sizeof(mapped)) == 1;
}

static bool network_has(const struct network *n, const uint8_t bytes[16])
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;

	if (memcmp(n->bytes, bytes, whole) != 0)
		return false;
	return rest == 0 || (n->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

/* "10.0.0.0/8" "192.0.2.7" "2001:db8::/32" */
static int network_parse(const char *text, struct network *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits, most;
	char host[PEER_TEXT_MAX], *end;

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!bytes_of(host, ret->bytes))
		return -EINVAL;
	most = strchr(host, ':') ? 128 : 32;
	bits = most;
	if (slash) {
		if (slash[1] < '0' || slash[1] > '9')
			return -EINVAL;
		bits = strtoul(slash + 1, &end, 10);
		if (*end || bits > most)
			return -EINVAL;
	}
	ret->bits = (unsigned)(bits + (most == 32 ? MAPPED_BITS : 0));
	return 0;
}

/* ---- whom we trust --------------------------------------------------------
 */

static int networks_parse(const struct config_texts *t, struct network *ret,
		struct err *e)
{
	for (size_t i = 0; i < t->count; i++)
		if (network_parse(t->items[i], &ret[i]) < 0)
			return err_set(e, -EINVAL,
					"trusted_proxies: '%s' is no address "
					"and no network (10.0.0.0/8)",
					t->items[i]);
	return 0;
}

int peers_trust(struct peers *p, const struct config_texts *t, struct err *e)
{
	struct network *new = calloc(t->count + 1, sizeof(*new)), *old;
	int r = new ? networks_parse(t, new, e)
		    : err_set(e, -ENOMEM, "no memory");

	if (r < 0) {
		free(new);
		return r;
	}
	pthread_mutex_lock(&p->lock);
	old = p->trusted;
	p->trusted = new;
	p->trusted_count = t->count;
	pthread_mutex_unlock(&p->lock);
	free(old);
	return 0;
}

int peers_can_trust(const struct config_texts *t, struct err *e)
{
	struct network *all = calloc(t->count + 1, sizeof(*all));
	int r = all ? networks_parse(t, all, e)
		    : err_set(e, -ENOMEM, "no memory");

	free(all);
	return r;
}

/* Does it speak for others? With the lock. */
static bool peers_trusted(const struct peers *p, const uint8_t bytes[16])
{
	static const uint8_t v6[16] = {[15] = 1};
	static const uint8_t v4[16] = {
			[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};

	if (memcmp(bytes, v4, 16) == 0 || memcmp(bytes, v6, 16) == 0)
		return true;
	for (size_t i = 0; i < p->trusted_count; i++)
		if (network_has(&p->trusted[i], bytes))
			return true;
	return false;
}

/* The last of "a, b, c" before `end`: its place, with *ret as text. */
static const char *last_of(const char *list, const char *end, char *ret)
{
	const char *at = end;
	size_t len;

	while (at > list && at[-1] != ',')
		at--;
	*ret = '\0';
	len = (size_t)(end - at);
	for (; len > 0 && (*at == ' ' || *at == '\t'); at++)
		len--;
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	if (len < PEER_TEXT_MAX) {
		memcpy(ret, at, len);
		ret[len] = '\0';
	}
	while (at > list && *at != ',')
		at--;
	return at;
}

void peers_client(struct peers *p, const char *from, const char *forwarded,
		char ret[PEER_TEXT_MAX])
{
	const char *end = forwarded ? forwarded + strlen(forwarded) : NULL;
	uint8_t bytes[16];
	char said[PEER_TEXT_MAX];

	(void)snprintf(ret, PEER_TEXT_MAX, "%s", from);
	pthread_mutex_lock(&p->lock);
	while (end && end > forwarded && bytes_of(ret, bytes) &&
			peers_trusted(p, bytes)) {
		end = last_of(forwarded, end, said);
		if (!bytes_of(said, bytes))
			break;
		memcpy(ret, said, sizeof(said));
	}
	pthread_mutex_unlock(&p->lock);
}

/* ---- the table, with the lock ---------------------------------------------
 */

/* NULL where it is not counted. */
static const uint8_t *peer_key(
		const struct peers *p, const char *from, uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (!bytes_of(from, bytes) || peers_trusted(p, bytes))
		return NULL;
	if (memcmp(bytes, mapped, sizeof(mapped)) != 0)
		memset(bytes + 8, 0, 8);
	return bytes;
}

static struct peer **peer_slot(struct peers *p, const uint8_t key[16])
{
	uint64_t h = 1469598103934665603u; /* FNV-1a */
	struct peer **at;

	for (int i = 0; i < 16; i++)
		h = (h ^ key[i]) * 1099511628211u;
	at = &p->bucket[(h ^ (h >> 32)) & (BUCKETS - 1)];
	while (*at && memcmp((*at)->bytes, key, 16) != 0)
		at = &(*at)->next;
	return at;
}

/* Its entry, made where there was none; NULL: the table is full. */
static struct peer *peer_of(struct peers *p, const uint8_t key[16])
{
	struct peer **at = peer_slot(p, key);

	if (*at || p->count >= PEERS_MAX)
		return *at;
	*at = calloc(1, sizeof(**at));
	if (!*at)
		return NULL;
	memcpy((*at)->bytes, key, 16);
	(*at)->tokens = PEER_BURST;
	p->count++;
	return *at;
}

static void peers_sweep(struct tick *t, uint64_t now)
{
	struct peers *p = (struct peers *)((char *)t -
					   offsetof(struct peers, tick));

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; p->count > 0 && i < BUCKETS; i++) {
		struct peer **at = &p->bucket[i];

		while (*at) {
			struct peer *it = *at;

			if (it->connections > 0 ||
					now < it->at_ms + FORGET_MS) {
				at = &it->next;
				continue;
			}
			*at = it->next;
			free(it);
			p->count--;
		}
	}
	pthread_mutex_unlock(&p->lock);
}

/* ---- connections and requests ---------------------------------------------
 */

enum peer_verdict peers_arrive(struct peers *p, const char *from)
{
	enum peer_verdict v = PEER_IN;
	const uint8_t *key;
	uint8_t bytes[16];
	struct peer *it;

	pthread_mutex_lock(&p->lock);
	key = peer_key(p, from, bytes);
	it = key ? peer_of(p, key) : NULL;
	if (it && it->connections < PEER_CONNECTIONS_MAX)
		it->connections++;
	else if (it && it->connections <
					PEER_CONNECTIONS_MAX +
							PEER_CONNECTIONS_TOLD) {
		it->connections++;
		v = PEER_OVER;
	} else if (key) {
		v = PEER_OUT;
	}
	pthread_mutex_unlock(&p->lock);
	return v;
}

void peers_leave(struct peers *p, const char *from)
{
	const uint8_t *key;
	uint8_t bytes[16];
	struct peer *it;

	pthread_mutex_lock(&p->lock);
	key = peer_key(p, from, bytes);
	it = key ? *peer_slot(p, key) : NULL;
	if (it && it->connections > 0) /* trust may have changed meanwhile */
		it->connections--;
	pthread_mutex_unlock(&p->lock);
}

static bool peer_pays(struct peer *it, uint64_t now_ms)
{
	if (now_ms > it->at_ms) {
		it->tokens += (double)(now_ms - it->at_ms) * PEER_RATE / 1000;
		it->at_ms = now_ms;
	}
	if (it->tokens > PEER_BURST)
		it->tokens = PEER_BURST;
	if (it->tokens < 1)
		return false;
	it->tokens -= 1;
	return true;
}

bool peers_may_ask(struct peers *p, const char *client, uint64_t now_ms)
{
	const uint8_t *key;
	uint8_t bytes[16];
	struct peer *it;
	bool may;

	pthread_mutex_lock(&p->lock);
	key = peer_key(p, client, bytes);
	it = key ? peer_of(p, key) : NULL;
	may = !key || (it && peer_pays(it, now_ms));
	pthread_mutex_unlock(&p->lock);
	return may;
}

/* ---- life -----------------------------------------------------------------
 */

int peers_new(struct peers **ret_peers, struct loop *control)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	p->control = control;
	p->tick.fn = peers_sweep;
	tick_add(control, &p->tick);
	*ret_peers = p;
	return 0;
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	tick_remove(p->control, &p->tick);
	for (size_t i = 0; i < BUCKETS; i++) {
		while (p->bucket[i]) {
			struct peer *next = p->bucket[i]->next;

			free(p->bucket[i]);
			p->bucket[i] = next;
		}
	}
	free(p->trusted);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
