#include "hypervisor/proxmox/viewer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/json.h"

static int add(struct pve_viewer *v, const char *name, const char *value,
		struct err *e)
{
	if (v->count == VIEWER_KEYS_MAX)
		return err_set(e, -EPROTO,
				"the SPICE answer has more than %d keys",
				VIEWER_KEYS_MAX);
	if (strlen(name) > VIEWER_NAME_MAX || strlen(value) > VIEWER_VALUE_MAX)
		return err_set(e, -EPROTO,
				"the SPICE answer has a key or a value that is "
				"too long");
	v->keys[v->count++] = (struct viewer_key){name, value};
	return 0;
}

/* What is neither text nor number cannot stand in a file. */
static int add_value(struct pve_viewer *v, const char *name,
		const struct json *value, struct err *e)
{
	const char *text = json_text(value);
	int64_t number;
	bool yes;
	char *to;

	if (text)
		return add(v, name, text, e);
	if (json_bool(value, &yes) == 0)
		return add(v, name, yes ? "1" : "0", e);
	if (json_int(value, &number) < 0)
		return 0;
	to = v->numbers[v->count < VIEWER_KEYS_MAX ? v->count : 0];
	(void)snprintf(to, PVE_NUMBER_MAX, "%" PRId64, number);
	return add(v, name, to, e);
}

static int add_missing(struct pve_viewer *v, const struct json *data,
		const char *name, const char *value, struct err *e)
{
	return json_get(data, name) ? 0 : add(v, name, value, e);
}

int pve_viewer_of(const struct json *data, const char *proxy_host,
		uint16_t proxy_port, struct pve_viewer *ret, struct err *e)
{
	const struct json *value;
	const char *name;
	void *at = NULL;
	int r;

	ret->count = 0;
	if (!json_text(json_get(data, "host")) ||
			!json_text(json_get(data, "password")))
		return err_set(e, -EPROTO,
				"the SPICE answer has no host or no password");
	r = spice_proxy_format(proxy_host, proxy_port, ret->proxy);
	if (r < 0)
		return err_set(e, -EPROTO,
				"the SPICE proxy's name is too "
				"long");
	r = add(ret, "proxy", ret->proxy, e);
	if (r == 0)
		r = add_missing(ret, data, "type", "spice", e);
	if (r == 0)
		r = add_missing(ret, data, "delete-this-file", "1", e);
	while (r == 0 && (value = json_next(data, &at, &name)))
		if (strcmp(name, "proxy") != 0)
			r = add_value(ret, name, value, e);
	return r;
}
