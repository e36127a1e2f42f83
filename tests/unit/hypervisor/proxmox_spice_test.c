#include "hypervisor/proxmox/spice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/json.h"
#include "test.h"

/* As the API writes one: its line ends are two characters. */
/* clang-format off */
#define CA \
	"-----BEGIN CERTIFICATE-----\\\\n" \
	"MIIBczCCARmgAwIBAgIUSAyHWA4zLYH+mNeNWcU4G1YasVkwCgYIKoZIzj0EAwIw\\\\n" \
	"DjEMMAoGA1UEAwwDbGFiMCAXDTI2MTEyMTA3NTMzMloYDzIxMjYxMDI4MDc1MzMy\\\\n" \
	"WjAOMQwwCgYDVQQDDANsYWIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAThtkkP\\\\n" \
	"lf6FUd2qYD8gnlaUCt/0QcLOtsCLhlJ9Gg9Bcxv2qu7EsZIaRZPDAgYx7PZwTroZ\\\\n" \
	"a5/3ZCeaeZcXmvXio1MwUTAdBgNVHQ4EFgQUuHDcroVuS3ZJhB2oqRiZsQov+pAw\\\\n" \
	"HwYDVR0jBBgwFoAUuHDcroVuS3ZJhB2oqRiZsQov+pAwDwYDVR0TAQH/BAUwAwEB\\\\n" \
	"/zAKBggqhkjOPQQDAgNIADBFAiBEpqsHLt55cspgKRJTT0JoIMPaxx1OKagFcyhM\\\\n" \
	"KPn93gIhALPPLkSCBUF/XW0tpUqD3bDWPF02FBJhSJpoAOrJCroO\\\\n" \
	"-----END CERTIFICATE-----\\\\n"
/* clang-format on */

static struct pve_spices all;
static struct err e;

static int keep(const char *id, const char *host, const char *password,
		uint64_t asked_ms)
{
	struct pve_spice_answer a = {.proxy_host = "192.0.2.7",
			.proxy_port = 3128,
			.asked_ms = asked_ms};
	struct json *data;
	char text[4096];
	int r;

	(void)snprintf(text, sizeof(text),
			"{\"host\":\"%s\",\"password\":\"%s\","
			"\"tls-port\":61000,\"ca\":\"" CA "\","
			"\"host-subject\":\"OU=x,O=y,CN=pve1\"}",
			host, password);
	CHECK_INT(json_parse(text, strlen(text), &data, NULL), 0);
	a.data = data;
	r = pve_spices_keep(&all, id, &a, &e);
	json_free(data);
	return r;
}

static void the_last_answer_for_a_guest_serves_for_a_while(void)
{
	const struct pve_spice *s;

	CHECK_INT(keep("qemu/100", "pvespiceproxy:1::a", "old", 1000), 0);
	CHECK_INT(keep("qemu/100", "pvespiceproxy:2::b", "new", 2000), 0);
	s = pve_spices_find(&all, "qemu/100", 0, 2000);
	CHECK(s);
	CHECK_STR(s->password.data, "new");

	CHECK_STR(s->proxy_host, "192.0.2.7");
	CHECK_INT(s->port, 61000);
	CHECK(!s->next);
	CHECK(!pve_spices_find(&all, "qemu/101", 0, 2000));
	CHECK(!pve_spices_find(&all, "qemu/100", 2001, 2001));
	CHECK(pve_spices_find(&all, "qemu/100", 0, 1999 + PVE_SPICE_MS));
	CHECK(!pve_spices_find(&all, "qemu/100", 0, 2000 + PVE_SPICE_MS));
	pve_spices_done(&all);
}

static void another_guests_late_answer_takes_no_young_one_away(void)
{
	CHECK_INT(keep("qemu/100", "pvespiceproxy:1::a", "a", 5000), 0);
	/* asked for before it, answered after it */
	CHECK_INT(keep("qemu/101", "pvespiceproxy:2::b", "b", 4000), 0);
	CHECK(pve_spices_find(&all, "qemu/100", 0, 6000));
	CHECK(pve_spices_find(&all, "qemu/101", 0, 6000));
	/* what serves no longer goes */
	CHECK_INT(keep("qemu/102", "pvespiceproxy:3::c", "c",
				  4000 + PVE_SPICE_MS),
			0);
	CHECK(!pve_spices_find(&all, "qemu/101", 0, 4000 + PVE_SPICE_MS));
	CHECK(pve_spices_find(&all, "qemu/100", 0, 4000 + PVE_SPICE_MS));
	pve_spices_done(&all);
}

static void an_answer_of_no_use_is_not_kept(void)
{
	char password[100];

	memset(password, 'p', sizeof(password));
	password[sizeof(password) - 1] = '\0';
	CHECK_INT(keep("qemu/100", "", "p", 0), -EPROTO);
	CHECK_INT(keep("qemu/100", "a b", "p", 0), -EPROTO);
	CHECK_INT(keep("qemu/100", "a\\r\\nHost: b", "p", 0), -EPROTO);
	CHECK_INT(keep("qemu/100", "pvespiceproxy:1::a", password, 0), -EPROTO);
	CHECK(!all.first);
}

TESTS(T(the_last_answer_for_a_guest_serves_for_a_while),
		T(another_guests_late_answer_takes_no_young_one_away),
		T(an_answer_of_no_use_is_not_kept))
