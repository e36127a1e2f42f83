#include "stream/tls.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/mem.h"
#include "stream/stream.h"
#include "stream/tls_internal.h"
#include "test.h"

#define PVE "OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=node.example"

enum { DAY_S = 86400 };

/* ---- certificates of this test ------------------------------------------ */

struct made {
	X509 *cert;
	EVP_PKEY *key;
};

struct field {
	const char *name, *value;
};

struct order {
	const struct field *subject; /* up to a NULL name */
	const char *san;             /* "DNS:a,IP:127.0.0.1" */
	bool ca;
	long from_day, to_day;
};

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	CHECK(ext && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static struct made make_cert(const struct order *o, const struct made *issuer)
{
	struct made m = {X509_new(), EVP_EC_gen("P-256")};
	X509_NAME *name = X509_get_subject_name(m.cert);

	for (const struct field *f = o->subject; f->name; f++)
		CHECK(X509_NAME_add_entry_by_txt(name, f->name, MBSTRING_UTF8,
				      (const uint8_t *)f->value, -1, -1,
				      0) == 1);
	CHECK(X509_set_version(m.cert, X509_VERSION_3) == 1);
	CHECK(ASN1_INTEGER_set(X509_get_serialNumber(m.cert), rand()) == 1);
	X509_set_issuer_name(m.cert,
			issuer ? X509_get_subject_name(issuer->cert) : name);
	X509_gmtime_adj(X509_getm_notBefore(m.cert), o->from_day * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(m.cert), o->to_day * DAY_S);
	X509_set_pubkey(m.cert, m.key);
	extend(m.cert, NID_basic_constraints,
			o->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (o->san)
		extend(m.cert, NID_subject_alt_name, o->san);
	CHECK(X509_sign(m.cert, issuer ? issuer->key : m.key, EVP_sha256()) >
			0);
	return m;
}

static void drop_cert(struct made *m)
{
	X509_free(m->cert);
	EVP_PKEY_free(m->key);
}

static char *pem_text(X509 *cert)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data, *text;
	long len;

	CHECK(PEM_write_bio_X509(out, cert) == 1);
	len = BIO_get_mem_data(out, &data);
	text = strndup(data, (size_t)len);
	BIO_free(out);
	return text;
}

static struct tls_context *server_of(const struct made *m)
{
	char dir[] = "/tmp/tls_verify_test.XXXXXX";
	char cert[64], key[64];
	struct tls_context *c = NULL;
	struct err e = {0};
	FILE *f;

	CHECK(mkdtemp(dir));
	(void)snprintf(cert, sizeof(cert), "%s/c.pem", dir);
	(void)snprintf(key, sizeof(key), "%s/k.pem", dir);
	f = fopen(cert, "w");
	CHECK(f && PEM_write_X509(f, m->cert) == 1 && fclose(f) == 0);
	f = fopen(key, "w");
	CHECK(f && PEM_write_PrivateKey(f, m->key, NULL, NULL, 0, NULL, NULL) ==
					1);
	CHECK(fclose(f) == 0);
	CHECK_INT(tls_server_context(&c, cert, key, &e), 0);
	(void)unlink(cert);
	(void)unlink(key);
	(void)rmdir(dir);
	return c;
}

static const struct field ca_name[] = {{"CN", "Test CA"}, {NULL, NULL}};
static const struct field web_name[] = {{"CN", "web.example"}, {NULL, NULL}};
static const struct field pve_name[] = {{"OU", "PVE Cluster Node"},
		{"O", "Proxmox Virtual Environment"}, {"CN", "node.example"},
		{NULL, NULL}};

static struct made make_ca(void)
{
	return make_cert(&(struct order){.subject = ca_name,
					 .ca = true,
					 .from_day = -2,
					 .to_day = 30},
			NULL);
}

static struct made make_leaf(const struct made *ca, const struct field *name,
		const char *san)
{
	return make_cert(&(struct order){.subject = name,
					 .san = san,
					 .from_day = -1,
					 .to_day = 30},
			ca);
}

/* ---- one handshake ------------------------------------------------------ */

/*
 * The client's verdict on the server. What the client sent up to there is
 * looked at: its hello and an alert, no application data.
 */
static int judge(const struct tls_policy *p, const struct made *leaf,
		const char *host, struct err *e)
{
	struct tls_context *server = server_of(leaf), *client = NULL;
	struct stream *a, *b;
	int r = -EAGAIN, other = -EAGAIN;
	uint8_t byte;

	*e = (struct err){0};
	CHECK_INT(tls_client_context(&client, p, e), 0);
	CHECK(mem_pair(&a, &b, 256 * 1024) == 0);
	CHECK_INT(tls_connect_wrap(&a, client, host, e), 0);
	CHECK_INT(tls_accept_wrap(&b, server, NULL), 0);
	tls_context_unref(client); /* the layers keep what they need */
	tls_context_unref(server);
	for (int i = 0; i < 20 && (r == -EAGAIN || other == -EAGAIN); i++) {
		if (r == -EAGAIN)
			r = stream_handshake(a, e);
		other = stream_handshake(b, NULL);
	}
	if (r < 0) {
		CHECK_INT(stream_write(a, &byte, 1), -ENOTCONN);
		CHECK_INT(stream_handshake(a, NULL), r); /* for good */
		CHECK(other < 0);
	}
	stream_free(a);
	stream_free(b);
	return r;
}

static struct tls_policy by_ca(const struct made *ca)
{
	return (struct tls_policy){
			.verify = TLS_CA, .ca_text = pem_text(ca->cert)};
}

static void a_certificate_of_the_named_ca_is_taken_for_its_names_only(void)
{
	struct made ca = make_ca();
	struct made leaf = make_leaf(&ca, web_name,
			"DNS:web.example,DNS:*.lab.example,IP:192.0.2.7,IP:::"
			"1");
	struct tls_policy p = by_ca(&ca);
	struct err e;

	CHECK_INT(judge(&p, &leaf, "web.example", &e), 0);
	CHECK_INT(judge(&p, &leaf, "WEB.example.", &e), 0);
	CHECK_INT(judge(&p, &leaf, "a.lab.example", &e), 0);
	CHECK_INT(judge(&p, &leaf, "192.0.2.7", &e), 0);
	CHECK_INT(judge(&p, &leaf, "::1", &e), 0);
	CHECK_INT(judge(&p, &leaf, "other.example", &e), -EKEYREJECTED);
	CHECK_HAS(e.text, "host name mismatch");
	CHECK_HAS(e.text, "is for web.example, *.lab.example, 192.0.2.7");
	CHECK_HAS(e.text, "not for other.example");
	CHECK_HAS(e.text, "tls_fingerprint = \"SHA256:");
	CHECK_INT(judge(&p, &leaf, "192.0.2.8", &e), -EKEYREJECTED);
	CHECK_HAS(e.text, "not for 192.0.2.8");
	CHECK_INT(judge(&p, &leaf, "a.b.lab.example", &e), -EKEYREJECTED);
	tls_policy_done(&p);
	drop_cert(&leaf);
	drop_cert(&ca);
}

static void another_ca_is_refused_with_a_way_out(void)
{
	struct made ca = make_ca(), wrong = make_ca();
	struct made leaf = make_leaf(&ca, web_name, "DNS:web.example");
	struct tls_policy p = by_ca(&wrong);
	struct tls_policy roots = {.verify = TLS_ROOTS};
	struct err e;

	CHECK_INT(judge(&p, &leaf, "web.example", &e), -EKEYREJECTED);
	CHECK_INT(judge(&roots, &leaf, "web.example", &e), -EKEYREJECTED);
	CHECK_HAS(e.text, "unknown CA");
	CHECK_HAS(e.text, "'Test CA'");
	CHECK_HAS(e.text, "ca_file");
	CHECK_INT(tls_verdict(&e), 0); /* the layer has told it */
	tls_policy_done(&p);
	drop_cert(&leaf);
	drop_cert(&wrong);
	drop_cert(&ca);
}

static void an_expired_certificate_is_refused_with_its_day(void)
{
	struct made ca = make_ca();
	struct order old = {.subject = web_name,
			.san = "DNS:web.example",
			.from_day = -3,
			.to_day = -1};
	struct order early = {.subject = web_name,
			.san = "DNS:web.example",
			.from_day = 2,
			.to_day = 9};
	struct made leaf = make_cert(&old, &ca), next = make_cert(&early, &ca);
	struct tls_policy p = by_ca(&ca);
	struct err e;

	CHECK_INT(judge(&p, &leaf, "web.example", &e), -EKEYREJECTED);
	CHECK_HAS(e.text, "certificate expired: 'web.example' was valid until "
			  "20");
	CHECK_HAS(e.text, "renew it");
	CHECK_INT(judge(&p, &next, "web.example", &e), -EKEYREJECTED);
	CHECK_HAS(e.text, "not valid before 20");
	tls_policy_done(&p);
	drop_cert(&next);
	drop_cert(&leaf);
	drop_cert(&ca);
}

static void a_pin_takes_this_certificate_and_looks_at_nothing_else(void)
{
	struct order old = {.subject = web_name, .from_day = -3, .to_day = -1};
	struct made leaf = make_cert(&old, NULL), other = make_cert(&old, NULL);
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	uint8_t digest[EVP_MAX_MD_SIZE];
	char seen[TLS_FINGERPRINT_TEXT_MAX], pinned[TLS_FINGERPRINT_TEXT_MAX];
	struct err e;

	CHECK(X509_digest(leaf.cert, EVP_sha256(), digest, NULL) == 1);
	memcpy(p.fingerprint, digest, SHA256_LEN);
	CHECK_INT(judge(&p, &leaf, "any.example", &e), 0);
	CHECK_INT(judge(&p, &leaf, NULL, &e), 0);
	CHECK_INT(judge(&p, &other, "any.example", &e), -EKEYREJECTED);
	tls_fingerprint_text(p.fingerprint, pinned);
	CHECK(X509_digest(other.cert, EVP_sha256(), digest, NULL) == 1);
	tls_fingerprint_text(digest, seen);
	CHECK_HAS(e.text, "fingerprint differs");
	CHECK_HAS(e.text, seen);
	CHECK_HAS(e.text, pinned);
	p.fingerprint[31] ^= 1;
	CHECK_INT(judge(&p, &leaf, "any.example", &e), -EKEYREJECTED);
	drop_cert(&other);
	drop_cert(&leaf);
}

static void off_takes_anything_and_has_to_be_said(void)
{
	struct order old = {.subject = web_name, .from_day = -3, .to_day = -1};
	struct made leaf = make_cert(&old, NULL);
	struct tls_policy p = {.verify = TLS_OFF}, unsaid = {0};
	struct err e;

	CHECK_INT(judge(&p, &leaf, NULL, &e), 0);
	CHECK_INT(judge(&unsaid, &leaf, "web.example", &e), -EKEYREJECTED);
	drop_cert(&leaf);
}

static void a_spice_policy_checks_ca_and_subject_but_no_host(void)
{
	struct made ca = make_ca(), wrong = make_ca();
	struct made leaf = make_leaf(&ca, pve_name, NULL);
	struct made web = make_leaf(&ca, web_name, NULL);
	struct tls_policy p = {.verify = TLS_CA_SUBJECT,
			.ca_text = pem_text(ca.cert),
			.subject = strdup(PVE)};
	struct err e;

	CHECK_INT(judge(&p, &leaf, "pvespiceproxy:1:2:3", &e), 0);
	CHECK_INT(judge(&p, &leaf, NULL, &e), 0);
	CHECK_INT(judge(&p, &web, NULL, &e), -EKEYREJECTED);
	CHECK_HAS(e.text, "subject differs");
	CHECK_HAS(e.text, "'web.example'");
	free(p.ca_text);
	p.ca_text = pem_text(wrong.cert);
	CHECK_INT(judge(&p, &leaf, NULL, &e), -EKEYREJECTED);
	CHECK_HAS(e.text, "unknown CA");
	tls_policy_done(&p);
	drop_cert(&web);
	drop_cert(&leaf);
	drop_cert(&wrong);
	drop_cert(&ca);
}

static bool subject_is(const struct field *name, const char *text)
{
	struct made m = make_cert(
			&(struct order){.subject = name, .to_day = 1}, NULL);
	bool same = tls_subject_is(m.cert, text);

	drop_cert(&m);
	return same;
}

static void a_subject_is_compared_field_by_field(void)
{
	static const struct field comma[] = {
			{"O", "Lab, Ltd, West"}, {"CN", "a\\b,"}, {NULL, NULL}};
	static const struct field whole[] = {
			{"OU", "PVE Cluster Node,O=Proxmox Virtual "
			       "Environment,CN=node.example"},
			{NULL, NULL}};
	static const struct field none[] = {{NULL, NULL}};

	CHECK(subject_is(pve_name, PVE));
	CHECK(subject_is(pve_name, "OU=PVE Cluster Node, O=Proxmox Virtual "
				   "Environment, CN=node.example"));
	CHECK(!subject_is(pve_name, PVE ",CN=more"));
	CHECK(!subject_is(pve_name, PVE ","));
	CHECK(!subject_is(pve_name, "CN=node.example"));
	CHECK(!subject_is(pve_name, "CN=node.example,O=Proxmox Virtual "
				    "Environment,OU=PVE Cluster Node"));
	CHECK(!subject_is(pve_name, "OU=PVE Cluster Node,O=Proxmox Virtual "
				    "Environment,CN=NODE.example"));
	CHECK(!subject_is(pve_name, ""));
	CHECK(!subject_is(pve_name, "what=ever"));
	CHECK(!subject_is(whole, PVE));
	CHECK(!subject_is(none, ""));
	CHECK(subject_is(comma, "O=Lab, Ltd, West,CN=a\\b,"));
	CHECK(subject_is(comma, "O=Lab\\, Ltd\\, West,CN=a\\\\b\\,"));
	CHECK(!subject_is(comma, "O=Lab,CN=a\\b,"));
}

static void a_policy_that_lacks_what_it_needs_is_refused(void)
{
	struct tls_policy p = {.verify = TLS_CA};
	struct tls_context *c = NULL;
	struct stream *s = mem_new(""), *before = s;
	struct err e = {0};
	char none[] = "no certificate here", missing[] = "/nonexistent/ca.pem";

	CHECK_INT(tls_client_context(&c, &p, &e), -EINVAL);
	p.ca_text = none;
	CHECK_INT(tls_client_context(&c, &p, &e), -EINVAL);
	p.ca_text = NULL;
	p.ca_file = missing;
	CHECK_INT(tls_client_context(&c, &p, &e), -EINVAL);
	CHECK_HAS(e.text, missing);
	p.verify = TLS_ROOTS;
	CHECK_INT(tls_client_context(&c, &p, &e), 0);
	CHECK_INT(tls_connect_wrap(&s, c, NULL, &e), -EINVAL);
	CHECK_INT(tls_connect_wrap(&s, c, "", &e), -EINVAL);
	CHECK(s == before);
	tls_context_unref(c);
	stream_free(s);
}

/* ---- libcurl's way ------------------------------------------------------ */

static void a_foreign_ssl_ctx_verifies_alike_and_keeps_the_policy(void)
{
	static const char *const names[] = {"gate.example"};
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct tls_context *server = NULL;
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	struct stream *a, *b;
	struct err e = {0};
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	uint8_t data[STREAM_HEAD + 4096];
	ssize_t n;
	SSL *ssl;

	CHECK_INT(tls_policy_apply(ctx, &p, &e), 0);
	memset(&p, 0xff, sizeof(p)); /* the context has its own */
	CHECK_INT(tls_server_context_self(&server, NULL, names, 1, &e), 0);
	CHECK(mem_pair(&a, &b, 256 * 1024) == 0);
	CHECK_INT(tls_accept_wrap(&b, server, &e), 0);
	ssl = SSL_new(ctx);
	(void)BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(ssl, in, out);
	SSL_set_connect_state(ssl);
	(void)SSL_do_handshake(ssl);
	n = BIO_read(out, data + STREAM_HEAD, 4096);
	CHECK_INT(stream_write(a, data + STREAM_HEAD, (size_t)n), n);
	CHECK_INT(stream_handshake(b, &e), -EAGAIN);
	n = stream_read(a, data + STREAM_HEAD, 4096);
	CHECK_INT(BIO_write(in, data + STREAM_HEAD, (int)n), n);
	CHECK(SSL_do_handshake(ssl) < 0);
	CHECK_INT(tls_verdict(&e), -EKEYREJECTED);
	CHECK_HAS(e.text, "fingerprint differs");
	CHECK_INT(tls_verdict(&e), 0);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	stream_free(a);
	stream_free(b);
	tls_context_unref(server);
}

/* ---- fingerprints as text ----------------------------------------------- */

static void a_fingerprint_reads_in_each_of_its_spellings(void)
{
	uint8_t want[SHA256_LEN], got[SHA256_LEN];
	char text[TLS_FINGERPRINT_TEXT_MAX], bare[80] = "";

	for (int i = 0; i < SHA256_LEN; i++) {
		want[i] = (uint8_t)(i * 37);
		(void)sprintf(bare + 2 * i, "%02x", want[i]);
	}
	tls_fingerprint_text(want, text);
	CHECK_INT(strlen(text), TLS_FINGERPRINT_TEXT_MAX - 1);
	CHECK_INT(tls_fingerprint_parse(text, got), 0);
	CHECK_MEM(got, want, SHA256_LEN);
	CHECK_INT(tls_fingerprint_parse(text + 7, got), 0);
	CHECK_INT(tls_fingerprint_parse(bare, got), 0);
	CHECK_MEM(got, want, SHA256_LEN);
	CHECK_INT(tls_fingerprint_parse("", got), -EINVAL);
	CHECK_INT(tls_fingerprint_parse("sha256:", got), -EINVAL);
	(void)strcat(bare, "0");
	CHECK_INT(tls_fingerprint_parse(bare, got), -EINVAL);
	bare[63] = '\0';
	CHECK_INT(tls_fingerprint_parse(bare, got), -EINVAL);
	bare[10] = 'g';
	CHECK_INT(tls_fingerprint_parse(bare, got), -EINVAL);
}

/* ---- certificates of our own making ------------------------------------- */

static mode_t mode_of(const char *dir, const char *name)
{
	char path[128];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CHECK(stat(path, &st) == 0);
	return st.st_mode & 0777;
}

static void remove_in(const char *dir, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CHECK(unlink(path) == 0);
}

static void our_own_certificate_is_made_once_and_kept_closed(void)
{
	static const char *const names[] = {"gate.example", "192.0.2.7", "::1"};
	char top[] = "/tmp/tls_verify_test.XXXXXX", dir[64], key[80];
	struct tls_context *c[3] = {NULL};
	uint8_t print[3][SHA256_LEN];
	struct err e = {0};

	CHECK(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/tls", top);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(tls_server_context_self(&c[i], dir, names, 3, &e), 0);
		tls_context_fingerprint(c[i], print[i]);
		tls_context_unref(c[i]);
		if (i == 1)
			remove_in(dir, "cert.pem");
	}
	CHECK_MEM(print[0], print[1], SHA256_LEN);
	CHECK(memcmp(print[1], print[2], SHA256_LEN) != 0);
	CHECK_INT(mode_of(top, "tls"), 0700);
	CHECK_INT(mode_of(dir, "key.pem"), 0600);
	remove_in(dir, "key.pem");
	(void)snprintf(key, sizeof(key), "%s/key.pem", dir);
	CHECK(symlink("cert.pem", key) == 0); /* no key in there */
	CHECK_INT(tls_server_context_self(&c[0], dir, names, 3, &e), -EINVAL);
	CHECK_HAS(e.text, "remove both");
	remove_in(dir, "key.pem");
	remove_in(dir, "cert.pem");
	CHECK(rmdir(dir) == 0 && rmdir(top) == 0);
	CHECK(tls_server_context_self(&c[0], dir, names, 3, &e) < 0);
	CHECK_HAS(e.text, dir);
}

static void our_own_certificate_is_good_for_its_names(void)
{
	static const char *const names[] = {"gate.example", "192.0.2.7", "::1"};
	struct made m = {NULL, NULL};
	struct tls_policy p;
	struct err e = {0};

	CHECK_INT(tls_cert_self(NULL, names, 3, &m.cert, &m.key, &e), 0);
	p = by_ca(&m);
	CHECK_INT(judge(&p, &m, "gate.example", &e), 0);
	CHECK_INT(judge(&p, &m, "192.0.2.7", &e), 0);
	CHECK_INT(judge(&p, &m, "::1", &e), 0);
	CHECK_INT(judge(&p, &m, "::2", &e), -EKEYREJECTED);
	tls_policy_done(&p);
	drop_cert(&m);
	CHECK_INT(tls_cert_self(NULL, NULL, 0, &m.cert, &m.key, &e), 0);
	drop_cert(&m);
}

static void certificate_files_that_do_not_fit_say_so(void)
{
	struct tls_context *c = NULL;
	struct err e = {0};

	CHECK_INT(tls_server_context(&c, "/nonexistent/c.pem", "k", &e),
			-EINVAL);
	CHECK_HAS(e.text, "/nonexistent/c.pem");
	CHECK_HAS(e.text, "No such file");
	CHECK_INT(tls_server_context(&c, SOURCE_ROOT "/meson.build", "k", &e),
			-EINVAL);
	CHECK(!c);
}

TESTS(T(a_certificate_of_the_named_ca_is_taken_for_its_names_only),
		T(another_ca_is_refused_with_a_way_out),
		T(an_expired_certificate_is_refused_with_its_day),
		T(a_pin_takes_this_certificate_and_looks_at_nothing_else),
		T(off_takes_anything_and_has_to_be_said),
		T(a_spice_policy_checks_ca_and_subject_but_no_host),
		T(a_subject_is_compared_field_by_field),
		T(a_policy_that_lacks_what_it_needs_is_refused),
		T(a_foreign_ssl_ctx_verifies_alike_and_keeps_the_policy),
		T(a_fingerprint_reads_in_each_of_its_spellings),
		T(our_own_certificate_is_made_once_and_kept_closed),
		T(our_own_certificate_is_good_for_its_names),
		T(certificate_files_that_do_not_fit_say_so))
