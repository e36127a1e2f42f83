#include "config/check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "proto/address.h"
#include "proto/spice_proxy.h"
#include "proto/url.h"

const char *check_name(char *text)
{
	static const char wrong[] =
			"only letters, digits and . _ - may stand in it";

	if (!*text)
		return "it must not be empty";
	if (strlen(text) > 63)
		return "it has more than 63 characters";
	if (*text == '-' || *text == '.')
		return "it must begin with a letter or a digit";
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80 ||
				!(isalnum((unsigned char)*text) ||
						strchr("._-", *text)))
			return wrong;
	return NULL;
}

const char *check_host(char *text)
{
	return address_host_ok(text, strlen(text))
			       ? NULL
			       : "not a host name or an address";
}

const char *check_address(char *text)
{
	char usual[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (inet_pton(AF_INET, text, &a) == 1)
		return NULL;
	if (inet_pton(AF_INET6, text, &a) == 1) {
		/* addresses are compared as texts: one has one */
		(void)inet_ntop(AF_INET6, &a, usual, sizeof(usual));
		if (strlen(usual) <= strlen(text))
			memcpy(text, usual, strlen(usual) + 1);
		return NULL;
	}
	return "not an IP address (as 127.0.0.1 or ::1; the port is a key of "
	       "its own)";
}

const char *check_user(char *text)
{
	if (*text == '-')
		return "a user must not begin with '-'";
	for (; *text; text++)
		if (isspace((unsigned char)*text) || *text == '@')
			return "no blank and no '@' may stand in a user";
	return NULL;
}

const char *check_fingerprint(char *text)
{
	static const char wrong[] =
			"not a SHA-256 fingerprint (SHA256: and 64 hexadecimal "
			"digits, with or without colons)";
	char hex[2 * SHA256_LEN + 1];
	uint8_t bytes[SHA256_LEN];
	size_t len = 0;

	if (strncasecmp(text, "sha256:", 7) == 0)
		text += 7;
	for (; *text; text++) {
		if (*text == ':' && len % 2 == 0 && len > 0)
			continue;
		if (len == sizeof(hex) - 1)
			return wrong;
		hex[len++] = *text;
	}
	hex[len] = '\0';
	return crypto_unhex(hex, bytes, sizeof(bytes)) < 0 ? wrong : NULL;
}

const char *check_hash(char *text)
{
	uint8_t bytes[SHA256_LEN];

	if (strncmp(text, "sha256:", 7) != 0 ||
			crypto_unhex(text + 7, bytes, sizeof(bytes)) < 0)
		return "not of the form sha256:<64 hexadecimal digits> "
		       "(glassbridge token new NAME prints it)";
	return NULL;
}

const char *check_origin(char *text)
{
	const char *wrong = NULL;
	struct url u;
	int n;

	if (url_parse(text, &u, NULL) < 0 ||
			(strcmp(u.scheme, "https") != 0 &&
					strcmp(u.scheme, "http") != 0))
		return "not an origin (as https://panel.example)";
	if (*u.path)
		wrong = "an origin has no path";
	n = url_origin(&u, text, strlen(text) + 1); /* as browsers say it */
	if (n < 0)
		wrong = "not an origin (as https://panel.example)";
	url_done(&u);
	return wrong;
}

const char *check_network(char *text)
{
	static const char wrong[] =
			"not an address or a network (as 10.0.0.0/8)";
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint16_t bits = 0;
	struct in6_addr a;
	bool six;

	if (len >= sizeof(host))
		return wrong;
	memcpy(host, text, len);
	host[len] = '\0';
	six = strchr(host, ':');
	if (inet_pton(six ? AF_INET6 : AF_INET, host, &a) != 1)
		return wrong;
	/* 0 to 128 reads as a port does */
	if (slash && (!address_port(slash + 1, strlen(slash + 1), true,
				      &bits) ||
				     bits > (six ? 128 : 32)))
		return wrong;
	return NULL;
}

const char *check_spice_proxy(char *text)
{
	struct address a;

	if (spice_proxy_parse(text, &a, NULL) < 0)
		return "not where a SPICE proxy is: HOST, HOST:PORT, :PORT or "
		       "http://HOST:PORT";
	address_done(&a);
	return NULL;
}
