#include "hypervisor/proxmox/errors.h"

#include <errno.h>
#include <string.h>

#include "proto/json.h"
#include "test.h"

static struct err e;
static enum pve_again again;

static int refused(unsigned status, const char *reason, const char *body,
		const char *who)
{
	struct json *answer = NULL;
	struct pve_refusal f = {.status = status,
			.reason = reason,
			.host = "pve1:8006",
			.who = who};
	int r;

	if (body)
		CHECK_INT(json_parse(body, strlen(body), &answer, NULL), 0);
	f.answer = answer;
	r = pve_refused(&f, &again, &e);
	json_free(answer);
	CHECK_INT(e.code, r);
	return r;
}

static void every_status_line_has_its_meaning_and_a_way_out(void)
{
	/* clang-format off */
	static const struct {
		unsigned status;
		const char *reason;
		int code;
		enum pve_again again;
		const char *says;
	} cases[] = {
		{401, "No ticket", -EACCES, PVE_AGAIN_NO, "no credential"},
		{401, "Authentication failed!", -EACCES, PVE_AGAIN_LOGIN,
			"check `token_id`"},
		{401, "authentication failure", -EACCES, PVE_AGAIN_NO,
			"wrong user, realm or password"},
		{401, "Permission denied - invalid csrf token", -EACCES,
			PVE_AGAIN_LOGIN, "session"},
		{401, "permission denied - invalid PVEVNC ticket", -EACCES,
			PVE_AGAIN_TICKET, "open the console again"},
		{401, "invalid ticket", -EACCES, PVE_AGAIN_TICKET, "SPICE"},
		{401, "", -EACCES, PVE_AGAIN_LOGIN, "expired"},
		{403, "Permission check failed (/vms/100, VM.Console)",
			-EACCES, PVE_AGAIN_NO,
			"ops@pve!gate lacks VM.Console on /vms/100"},
		{403, "Permission check failed (URI '/access/ticket' not "
			"available with API token, need proper ticket.",
			-EACCES, PVE_AGAIN_NO, "`user` and `password`"},
		{403, "Permission check failed", -EACCES, PVE_AGAIN_NO,
			"does not permit"},
		{400, "Parameter verification failed.", -EREMOTEIO,
			PVE_AGAIN_NO, "version"},
		{500, "Configuration file 'nodes/pve1/qemu-server/999.conf' "
			"does not exist", -ENOENT, PVE_AGAIN_LIST, "no such"},
		{500, "VM 102 already running", -EALREADY, PVE_AGAIN_NO,
			"already"},
		{500, "VM 102 not running", -ENOTCONN, PVE_AGAIN_NO, "start"},
		{500, "CT 201 not running", -ENOTCONN, PVE_AGAIN_NO, "start"},
		{500, "VM 101 is not running", -ENOTCONN, PVE_AGAIN_NO,
			"start"},
		{500, "QEMU guest agent is not running", -ENOTCONN,
			PVE_AGAIN_NO, "qemu-guest-agent"},
		{500, "No QEMU guest agent configured", -ENOTSUP, PVE_AGAIN_NO,
			"`agent`"},
		{500, "no spice port", -ENOTSUP, PVE_AGAIN_NO, "VNC"},
		{500, "no such cluster node 'pve9'", -ENOENT, PVE_AGAIN_LIST,
			"pve9"},
		{500, "value 'ops@pve!gate' does not look like a valid user "
			"name", -ENOTSUP, PVE_AGAIN_NO, "API tokens"},
		{500, "Timeout while waiting for port '5900' to get ready!",
			-EREMOTEIO, PVE_AGAIN_NO, "task log"},
		{500, "got timeout", -EREMOTEIO, PVE_AGAIN_NO, "got timeout"},
		{501, "Method 'GET /x' not implemented", -ENOTSUP,
			PVE_AGAIN_NO, "too old"},
		{595, "Connection refused", -EHOSTUNREACH, PVE_AGAIN_HOST,
			"does not reach the guest's node"},
		{596, "tls_process_server_certificate: certificate verify "
			"failed", -EHOSTUNREACH, PVE_AGAIN_HOST, "updatecerts"},
		{599, "Too many redirections", -EHOSTUNREACH, PVE_AGAIN_HOST,
			"inside the cluster"},
		{301, "Moved Permanently", -EREMOTEIO, PVE_AGAIN_NO, "https"},
		{418, "teapot", -EREMOTEIO, PVE_AGAIN_NO, "418: teapot"},
		{999, "", -EREMOTEIO, PVE_AGAIN_NO, "999"},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(refused(cases[i].status, cases[i].reason, NULL,
					  "ops@pve!gate"),
				cases[i].code);
		CHECK_INT(again, cases[i].again);
		CHECK_HAS(e.text, cases[i].says);
		CHECK(strchr(e.text, '$') == NULL);
	}
}

static void the_grant_that_is_missing_is_written_out(void)
{
	(void)refused(403, "Permission check failed (/vms/100, VM.Console)",
			NULL, "ops@pve!gate");
	CHECK_HAS(e.text, "pveum acl modify /vms/100 --tokens 'ops@pve!gate'");
	(void)refused(403, "Permission check failed (/nodes/a, Sys.Console)",
			NULL, "ops@pve");
	CHECK_HAS(e.text, "pveum acl modify /nodes/a --users 'ops@pve'");
}

static void the_body_says_what_the_reason_does_not(void)
{
	(void)refused(400, "Parameter verification failed.",
			"{\"data\":null,\"errors\":{\"port\":\"not a "
			"number\"}}",
			"ops@pve");
	CHECK_HAS(e.text, "(port: not a number)");
	(void)refused(500, "", "{\"data\":null,\"message\":\"disk full\\nno\"}",
			"ops@pve");
	CHECK_HAS(e.text, "failed at it: disk full");
	CHECK_INT(refused(500, "", "{\"message\":\"no spice port\\n\"}", "a@b"),
			-ENOTSUP);
}

static void odd_reasons_are_survived(void)
{
	char many[2000];

	memset(many, '(', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	CHECK_INT(refused(403, many, "[]", "x"), -EACCES);
	CHECK_INT(refused(403, "Permission check failed (/, ", NULL, "x"),
			-EACCES);
	CHECK_INT(refused(403, "Permission check failed (/)", NULL, "x"),
			-EACCES);
	CHECK_INT(refused(403, "Permission check failed (/vms/1,)", NULL, "$x"),
			-EACCES);
	CHECK_INT(refused(70000, many, "{\"errors\":[1]}", "x"), -EREMOTEIO);
}

TESTS(T(every_status_line_has_its_meaning_and_a_way_out),
		T(the_grant_that_is_missing_is_written_out),
		T(the_body_says_what_the_reason_does_not),
		T(odd_reasons_are_survived))
