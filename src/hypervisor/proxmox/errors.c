#include "hypervisor/proxmox/errors.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/json.h"

enum { WORDS_MAX = 256 };

struct fault {
	unsigned from, to; /* statuses */
	const char *words; /* that the reason holds; NULL: any */
	int code;
	enum pve_again again;
	/* $host $who $reason $path $privilege $kind $errors are filled in */
	const char *says;
};

/* The first that fits. */
/* clang-format off */
static const struct fault faults[] = {
	{401, 401, "No ticket", -EACCES, PVE_AGAIN_NO,
		"$host saw no credential of ours: a fault of this program or "
		"of a proxy on the way that drops headers"},
	{401, 401, "invalid csrf token", -EACCES, PVE_AGAIN_LOGIN,
		"$host refused the session of $who (csrf token), also after a "
		"fresh login; are all its hosts of one cluster?"},
	{401, 401, "invalid PVEVNC ticket", -EACCES, PVE_AGAIN_TICKET,
		"$host refused the console's ticket; open the console again"},
	{401, 401, "invalid ticket", -EACCES, PVE_AGAIN_TICKET,
		"$host refused the SPICE ticket; open the console again"},
	{401, 401, "authentication failure", -EACCES, PVE_AGAIN_NO,
		"$host refused the login of $who: wrong user, realm or "
		"password, or a disabled user; check `user` and `password`"},
	{401, 401, NULL, -EACCES, PVE_AGAIN_LOGIN,
		"$host refused $who: its token or session is wrong or has "
		"expired; check `token_id` and `token_secret`"},
	{403, 403, "not available with API token", -EACCES, PVE_AGAIN_NO,
		"$host does not do this for API tokens; use `user` and "
		"`password` in the profile for it"},
	{403, 403, "Permission check failed (/", -EACCES, PVE_AGAIN_NO,
		"$who lacks $privilege on $path; an administrator grants it: "
		"pveum acl modify $path --$kind '$who' --roles ROLE"},
	{403, 403, NULL, -EACCES, PVE_AGAIN_NO,
		"$host does not permit this to $who: $reason"},
	{400, 400, NULL, -EREMOTEIO, PVE_AGAIN_NO,
		"$host does not understand the call: $reason$errors; its "
		"version and this program do not fit"},
	{500, 500, "Configuration file 'nodes/", -ENOENT, PVE_AGAIN_LIST,
		"there is no such guest on that node (any more); list the "
		"guests again"},
	{500, 500, "no such cluster node", -ENOENT, PVE_AGAIN_LIST,
		"the cluster has no such node: $reason"},
	{500, 500, "guest agent is not running", -ENOTCONN, PVE_AGAIN_NO,
		"the guest's agent does not run; install qemu-guest-agent in "
		"it"},
	{500, 500, "already running", -EALREADY, PVE_AGAIN_NO,
		"the guest runs already"},
	{500, 500, "not running", -ENOTCONN, PVE_AGAIN_NO,
		"the guest is not running; start it first"},
	{500, 500, "no spice port", -ENOTSUP, PVE_AGAIN_NO,
		"the guest has no SPICE display (its `vga` is neither qxl nor "
		"virtio); open its VNC console"},
	{500, 500, "No QEMU guest agent configured", -ENOTSUP, PVE_AGAIN_NO,
		"the guest's agent is not enabled; set its option `agent`"},
	{500, 500, "does not look like a valid user name", -ENOTSUP,
		PVE_AGAIN_NO,
		"$host does not do this for API tokens; use `user` and "
		"`password` in the profile for it"},
	{500, 500, "Timeout while waiting for port", -EREMOTEIO, PVE_AGAIN_NO,
		"$host could not start the console within 5 s; the task log "
		"of the node says why ($reason)"},
	{500, 500, NULL, -EREMOTEIO, PVE_AGAIN_NO,
		"$host failed at it: $reason"},
	{501, 501, NULL, -ENOTSUP, PVE_AGAIN_NO,
		"$host does not know this call ($reason): its version is too "
		"old for it"},
	{595, 595, NULL, -EHOSTUNREACH, PVE_AGAIN_HOST,
		"$host does not reach the guest's node ($reason); is the node "
		"up, and pvedaemon on it?"},
	{596, 599, NULL, -EHOSTUNREACH, PVE_AGAIN_HOST,
		"$host got no proper answer of the guest's node ($reason): a "
		"certificate or timeout problem inside the cluster; try "
		"`pvecm updatecerts` on it"},
	{300, 399, NULL, -EREMOTEIO, PVE_AGAIN_NO,
		"$host redirects, and redirects are not followed; give the "
		"URL of the API itself (https, port 8006)"},
	{0, 999, NULL, -EREMOTEIO, PVE_AGAIN_NO,
		"$host answered with status $status: $reason"},
};
/* clang-format on */

/* The name of a parameter and what is wrong with it, of a 400. */
static void put_errors(const struct json *answer, char *ret, size_t ret_max)
{
	const struct json *errors = json_get(answer, "errors");
	const char *name, *why;
	void *at = NULL;
	const struct json *v = json_next(errors, &at, &name);

	ret[0] = '\0';
	why = json_text(v);
	if (why)
		(void)snprintf(ret, ret_max, " (%s: %s)", name, why);
}

/* "Permission check failed (/vms/100, VM.Console)" */
static void take_brackets(const char *reason, char path[WORDS_MAX],
		char privilege[WORDS_MAX])
{
	const char *open = strchr(reason, '(');
	const char *comma = open ? strchr(open, ',') : NULL;
	const char *close = comma ? strrchr(comma, ')') : NULL;

	(void)snprintf(path, WORDS_MAX, "/");
	(void)snprintf(privilege, WORDS_MAX, "a privilege");
	if (!comma)
		return;
	if (!close)
		close = comma + strlen(comma);
	comma++;
	(void)snprintf(path, WORDS_MAX, "%.*s", (int)(comma - 1 - open - 1),
			open + 1);
	comma += strspn(comma, " ");
	(void)snprintf(privilege, WORDS_MAX, "%.*s", (int)(close - comma),
			comma);
}

/* The reason phrase; where it says nothing, the body's message. */
static void take_reason(const struct pve_refusal *f, char ret[WORDS_MAX])
{
	const char *message = json_text(json_get(f->answer, "message"));
	const char *text = *f->reason || !message ? f->reason : message;
	int len = (int)strcspn(text, "\n");

	(void)snprintf(ret, WORDS_MAX, "%.*s", len, text);
	if (!*ret)
		(void)snprintf(ret, WORDS_MAX, "status %u", f->status);
}

struct word {
	const char *name, *value;
};

static void expand(const char *says, const struct word *words, size_t count,
		char *ret, size_t ret_max)
{
	size_t len = 0;

	while (*says && len + 1 < ret_max) {
		const struct word *w = NULL;

		for (size_t i = 0; *says == '$' && i < count && !w; i++)
			if (strncmp(says + 1, words[i].name,
					    strlen(words[i].name)) == 0)
				w = &words[i];
		if (!w) {
			ret[len++] = *says++;
			continue;
		}
		says += 1 + strlen(w->name);
		len += (size_t)snprintf(
				ret + len, ret_max - len, "%s", w->value);
		if (len >= ret_max)
			len = ret_max - 1;
	}
	ret[len] = '\0';
}

static const struct fault *find(unsigned status, const char *reason)
{
	const struct fault *f = faults;

	while (status < f->from || status > f->to ||
			(f->words && !strcasestr(reason, f->words)))
		f++;
	return f;
}

int pve_refused(const struct pve_refusal *f, enum pve_again *ret_again,
		struct err *e)
{
	char reason[WORDS_MAX], path[WORDS_MAX], privilege[WORDS_MAX];
	char errors[WORDS_MAX], status[16], text[ERR_TEXT_MAX];
	const struct fault *found;

	take_reason(f, reason);
	take_brackets(reason, path, privilege);
	put_errors(f->answer, errors, sizeof(errors));
	(void)snprintf(status, sizeof(status), "%u", f->status);
	found = find(f->status > 999 ? 999 : f->status, reason);
	{
		const struct word words[] = {
				{"host", f->host},
				{"who", f->who},
				{"reason", reason},
				{"path", path},
				{"privilege", privilege},
				{"kind", strchr(f->who, '!') ? "tokens"
							     : "users"},
				{"errors", errors},
				{"status", status},
		};

		expand(found->says, words, sizeof(words) / sizeof(*words), text,
				sizeof(text));
	}
	if (ret_again)
		*ret_again = found->again;
	return err_set(e, found->code, "%s", text);
}
