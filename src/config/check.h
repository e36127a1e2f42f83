/*
 * What a text may be: NULL, or what is wrong with it. They may rewrite the
 * text in place into the form that is kept; it never grows.
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

const char *check_name(char *text);        /* of a profile, guest, token */
const char *check_host(char *text);        /* a name or an address */
const char *check_address(char *text);     /* of IP, no port; in usual form */
const char *check_user(char *text);        /* of ssh */
const char *check_fingerprint(char *text); /* SHA-256, "SHA256:AB:CD.." */
const char *check_hash(char *text);        /* "sha256:<64 hex>" */
const char *check_origin(char *text);      /* "https://panel.example" */
const char *check_network(char *text);     /* "10.0.0.0/8", "::1" */
const char *check_spice_proxy(char *text); /* "pve1.lan:3128", ":13128" */

#endif
