/*
 * proxxy's payload: which console, with which credential, sealed with a key
 * that a panel and the gateway share, in the query of a URL.
 *
 *	<32 hex digits of IV>:<hex of AES-256-CBC, PKCS#7, of JSON>
 *
 *	{"vmid": 100, "type": "qemu", "host": "pve1.lan:8006", "node": "pve1",
 *	 "ticket": "PVEAPIToken=...", "vncticket": "...", "port": "5900"}
 *
 * Keys that are not known are ignored. There is no MAC: who holds a payload can
 * change bits of it, and who could learn how it was refused could read it. So
 * for all that does not open (no hex, another key, wrong padding, no JSON, or
 * JSON that is not empty and names no key of the above) there is one answer,
 * -EBADMSG. What has the outer form costs the same work
 * each time: it is decrypted whole, the padding is judged in constant time and
 * blanked, and all of the text is parsed as JSON, be the padding right or not.
 */
#ifndef PROTO_PAYLOAD_H
#define PROTO_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/crypto.h"
#include "core/secret.h"
#include "proto/address.h"

enum {
	PAYLOAD_TEXT_MAX = 6 * 1024, /* as it stands in the URL, decoded */
	PAYLOAD_TICKET_MAX = 2048,   /* of both tickets */
	PAYLOAD_ISSUES_MAX = 8,
	PAYLOAD_PASSWORD_LEN = 8, /* more, VNC does not look at */
};

struct payload {
	int64_t vmid;
	bool lxc;            /* else qemu */
	struct address host; /* port 0: none was written */
	char *node;
	struct secret ticket, vncticket;
	struct secret password; /* no data: the client logs in by itself */
	uint16_t port;
	uint8_t iv[AES_BLOCK_LEN];
	/* of the sealed text without the IV: who changes the IV alone, changes
	 * the first 16 characters and nothing else */
	uint8_t digest[SHA256_LEN];
};

/* What is wrong with a payload that opened: "port" and its sentence. */
struct payload_issues {
	size_t count;
	struct {
		const char *key, *why;
	} items[PAYLOAD_ISSUES_MAX];
};

/* What was done, for tests: bytes that were decrypted, bytes of padding that
 * were judged, bytes that were handed to the JSON parser. */
struct payload_work {
	size_t decrypted, judged, parsed;
};

/*
 * 0; -EBADMSG: it does not open, or is nothing of ours (the one answer);
 * -EINVAL: it has not the right form, *ret_issues says why; -ENOMEM. *ret is
 * filled on success only. ret_work may be NULL.
 */
int payload_open(const uint8_t key[AES256_KEY_LEN], const char *text,
		size_t len, struct payload *ret,
		struct payload_issues *ret_issues,
		struct payload_work *ret_work);
void payload_done(struct payload *p); /* takes an empty one; wipes */

/* "64 hex digits": 0, or -EINVAL. */
int payload_key(const char *hex, size_t len, uint8_t ret[AES256_KEY_LEN]);

/* The request target of its WebSocket, behind a path prefix ("" or
 * "/prefix"); owned by the caller, who wipes it. NULL without memory. */
char *payload_target(const struct payload *p, const char *prefix);

/* "Authorization: ...", the ticket as it wants to be shown. 0 or -ENOMEM. */
int payload_credential(const struct payload *p, struct secret *ret_line);

#endif
