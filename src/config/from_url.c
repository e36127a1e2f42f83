/* A profile for a first try: "arrakis+http://127.0.0.1:7000". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"

enum { NAME_LEN = 32, SAME_MAX = 100 };

/* "arrakis", or "arrakis-2" where there is one. */
static int free_name(const struct config *c, const char *kind, char *ret)
{
	(void)snprintf(ret, NAME_LEN, "%s", kind);
	for (int i = 2; config_profile(c, ret) && i < SAME_MAX; i++)
		(void)snprintf(ret, NAME_LEN, "%s-%d", kind, i);
	return config_profile(c, ret) ? -EEXIST : 0;
}

static const struct key *url_key(void)
{
	const struct key *k = profile_keys;

	while (strcmp(k->name, "url") != 0)
		k++;
	return k;
}

static int set_kind(struct config_profile *p, const char *kind)
{
	char *copy = strdup(kind);

	if (!copy)
		return -ENOMEM;
	free(p->kind);
	p->kind = copy;
	return 0;
}

int profile_from_url(struct reader *r, const char *text, const char **ret_name)
{
	static const char arrakis[] = "arrakis+";
	bool is_arrakis = strncasecmp(text, arrakis, strlen(arrakis)) == 0;
	const char *kind = is_arrakis ? "arrakis" : "proxmox";
	char name[NAME_LEN];
	struct config_profile *p;
	struct err wrong = {0};
	int code;

	if (free_name(r->c, kind, name) < 0)
		return err_set(r->e, -EEXIST, "too many profiles of kind %s",
				kind);
	p = profile_new(r->c, name);
	if (!p || set_kind(p, kind) < 0)
		return err_set(r->e, -ENOMEM, "out of memory");
	code = value_add(r, url_key(), p,
			text + (is_arrakis ? strlen(arrakis) : 0), &wrong);
	if (code < 0)
		return err_set(r->e, code, "the profile '%.200s': %s", text,
				wrong.text);
	*ret_name = p->name;
	return 0;
}
