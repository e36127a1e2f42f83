#include "gateway/grants.h"

#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "proto/json.h"

int grant_write(const struct grant *g, int64_t until, struct buf *to)
{
	struct json_out o;

	json_out_init(&o, to);
	json_out_object_begin(&o);
	json_out_put_text(&o, "id", g->id);
	json_out_put_text(&o, "guest", g->guest);
	json_out_put_uint(&o, "kind", g->kind);
	json_out_put_uint(&o, "rights", g->rights);
	json_out_put_uint(&o, "deny", g->deny);
	json_out_put_bool(&o, "candid", g->candid);
	json_out_put_text(&o, "user", g->user);
	json_out_put_text(&o, "person", g->person);
	json_out_put_text(&o, "resume", g->resume);
	json_out_put_text(&o, "resumed_from", g->resumed_from);
	json_out_put_bool(&o, "take_over", g->take_over);
	json_out_put_int(&o, "until", until);
	json_out_object_end(&o);
	return json_out_done(&o);
}

static bool copy_text(const struct json *v, const char *key, char *ret,
		size_t ret_max)
{
	const char *text = json_text(json_get(v, key));

	if (!text || strlen(text) >= ret_max)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

int grant_read(const void *data, size_t len, struct grant *ret_grant,
		int64_t *ret_until)
{
	int64_t kind = 0, rights = 0, deny = 0;
	struct json *v = NULL;
	int r = json_parse(data, len, &v, NULL);

	if (r < 0)
		return r;
	if (!copy_text(v, "id", ret_grant->id, sizeof(ret_grant->id)) ||
			!copy_text(v, "guest", ret_grant->guest,
					sizeof(ret_grant->guest)) ||
			!copy_text(v, "user", ret_grant->user,
					sizeof(ret_grant->user)) ||
			!copy_text(v, "person", ret_grant->person,
					sizeof(ret_grant->person)) ||
			!copy_text(v, "resume", ret_grant->resume,
					sizeof(ret_grant->resume)) ||
			!copy_text(v, "resumed_from", ret_grant->resumed_from,
					sizeof(ret_grant->resumed_from)) ||
			json_int(json_get(v, "kind"), &kind) < 0 ||
			json_int(json_get(v, "rights"), &rights) < 0 ||
			json_int(json_get(v, "deny"), &deny) < 0 ||
			json_int(json_get(v, "until"), ret_until) < 0 ||
			json_bool(json_get(v, "candid"), &ret_grant->candid) <
					0 ||
			json_bool(json_get(v, "take_over"),
					&ret_grant->take_over) < 0 ||
			kind < 0 || kind >= CONSOLE_KINDS)
		r = -EINVAL;
	json_free(v);
	if (r < 0)
		return r;
	ret_grant->kind = (enum console_kind)kind;
	ret_grant->rights = (unsigned)rights;
	ret_grant->deny = (unsigned)deny;
	return 0;
}

void grant_hash(const char *key, char ret[RESUME_HASH_LEN + 1])
{
	uint8_t hash[SHA256_LEN];

	if (crypto_sha256(key, strlen(key), hash) < 0)
		crypto_random(hash, sizeof(hash)); /* found by nobody */
	crypto_hex(hash, sizeof(hash), ret);
}
