/*
 * The subject of a certificate against a text of Proxmox or SPICE:
 *
 *	OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=node.example
 *
 * Fields in certificate order. Commas inside a value come unescaped, so a
 * comma ends a field only where "NAME=" with a known name follows; "\," and
 * "\\" are understood too. The text is cut first and the fields compared
 * afterwards, one by one: a certificate whose one field holds the whole text
 * is not the one that was meant.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stream/tls_internal.h"

enum { NAME_MAX_LEN = 40 }; /* "OU", "emailAddress", "1.3.6.1.4.1..." */

/* "OU=" at `at`: its NID and where the value begins; else NID_undef. */
static int field_name(const char *at, const char **ret_value)
{
	char name[NAME_MAX_LEN];
	size_t len = strcspn(at, "=,\\");
	int nid;

	if (at[len] != '=' || len == 0 || len >= sizeof(name))
		return NID_undef;
	memcpy(name, at, len);
	name[len] = '\0';
	nid = OBJ_txt2nid(name);
	if (nid != NID_undef)
		*ret_value = at + len + 1;
	return nid;
}

static const char *skip_blanks(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

/* Copy one value, unescaped, to `ret` (as long as the text); answers where
 * the next field begins, or the end of the text. */
static const char *field_value(const char *at, char *ret, size_t *ret_len)
{
	const char *unused;
	size_t len = 0;

	for (; *at; at++) {
		if (*at == ',' && field_name(skip_blanks(at + 1), &unused))
			break;
		if (*at == '\\' && (at[1] == ',' || at[1] == '\\'))
			at++;
		ret[len++] = *at;
	}
	*ret_len = len;
	return *at ? skip_blanks(at + 1) : at;
}

static bool entry_is(const X509_NAME_ENTRY *entry, int nid, const char *value,
		size_t len)
{
	unsigned char *text = NULL;
	int text_len;
	bool same;

	if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != nid)
		return false;
	text_len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	same = text_len >= 0 && (size_t)text_len == len &&
	       memcmp(text, value, len) == 0;
	OPENSSL_free(text);
	return same;
}

bool tls_subject_is(const X509 *leaf, const char *text)
{
	const X509_NAME *subject = X509_get_subject_name(leaf);
	int count = X509_NAME_entry_count(subject), i = 0;
	char *value = malloc(strlen(text) + 1);
	bool same = value && count > 0;

	for (; same && i < count; i++) {
		const char *at = text;
		int nid = field_name(text, &at);
		size_t len;

		same = nid != NID_undef;
		if (!same)
			break;
		text = field_value(at, value, &len);
		same = entry_is(X509_NAME_get_entry(subject, i), nid, value,
				len);
	}
	free(value);
	return same && !*text; /* no field too many */
}
