#include "auth/principal.h"

#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "proto/json.h"

int principal_write(const struct principal *p, int64_t until, struct buf *to)
{
	struct json_out o;

	json_out_init(&o, to);
	json_out_object_begin(&o);
	json_out_put_uint(&o, "via", p->via);
	json_out_put_text(&o, "name", p->name);
	json_out_put_text(&o, "guest", p->guest);
	json_out_put_uint(&o, "rights", p->rights);
	json_out_put_uint(&o, "deny", p->deny);
	json_out_put_text(&o, "proof", p->proof);
	json_out_put_text(&o, "profile", p->profile);
	json_out_put_text(&o, "person", p->person);
	json_out_put_int(&o, "until", until);
	json_out_object_end(&o);
	return json_out_done(&o);
}

static int text_member(const struct json *v, const char *key, char *ret,
		size_t ret_max)
{
	const char *text = json_text(json_get(v, key));

	if (!text || strlen(text) >= ret_max)
		return -EINVAL;
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

int principal_read(const void *data, size_t len, struct principal *ret_who,
		int64_t *ret_until)
{
	int64_t via, rights, deny;
	struct json *v = NULL;
	int r = json_parse(data, len, &v, NULL);

	if (r < 0)
		return r;
	if (json_int(json_get(v, "via"), &via) < 0 ||
			json_int(json_get(v, "rights"), &rights) < 0 ||
			json_int(json_get(v, "deny"), &deny) < 0 ||
			json_int(json_get(v, "until"), ret_until) < 0 ||
			via < AUTH_LINK || via > AUTH_PROXMOX ||
			text_member(v, "name", ret_who->name,
					sizeof(ret_who->name)) < 0 ||
			text_member(v, "proof", ret_who->proof,
					sizeof(ret_who->proof)) < 0 ||
			text_member(v, "profile", ret_who->profile,
					sizeof(ret_who->profile)) < 0 ||
			text_member(v, "person", ret_who->person,
					sizeof(ret_who->person)) < 0 ||
			text_member(v, "guest", ret_who->guest,
					sizeof(ret_who->guest)) < 0)
		r = -EINVAL;
	json_free(v);
	if (r < 0)
		return r;
	ret_who->via = (enum auth_via)via;
	ret_who->rights = (unsigned)rights;
	ret_who->deny = (unsigned)deny;
	return 0;
}
