#include "stream/tls.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "stream/mem.h"
#include "stream/stream.h"
#include "test.h"

enum { ROOM = 256 * 1024, STEPS = 100 * 1000, MIB = 1024 * 1024 };

/* Two contexts that trust each other, made once. */
static struct tls_context *server_context, *client_context;

static void make_contexts(void)
{
	static const char *const names[] = {"gate.example"};
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	struct err e = {0};

	if (server_context)
		return;
	CHECK_INT(tls_server_context_self(&server_context, NULL, names, 1, &e),
			0);
	tls_context_fingerprint(server_context, p.fingerprint);
	CHECK_INT(tls_client_context(&client_context, &p, &e), 0);
}

static void drop_contexts(void)
{
	tls_context_unref(server_context);
	tls_context_unref(client_context);
}

static void tls_on(struct stream **client, struct stream **server)
{
	struct err e = {0};

	make_contexts();
	CHECK_INT(tls_connect_wrap(client, client_context, NULL, &e), 0);
	CHECK_INT(tls_accept_wrap(server, server_context, &e), 0);
}

static void shake_both(struct stream *client, struct stream *server)
{
	int a = -EAGAIN, b = -EAGAIN;
	struct err e = {0};

	for (int i = 0; i < STEPS && (a == -EAGAIN || b == -EAGAIN); i++) {
		a = stream_handshake(client, &e);
		b = stream_handshake(server, &e);
	}
	CHECK_STR(e.text, "");
	CHECK_INT(a, 0);
	CHECK_INT(b, 0);
}

static void open_pair(struct stream **client, struct stream **server,
		size_t room, bool chopped)
{
	CHECK(mem_pair(client, server, room) == 0);
	if (chopped)
		CHECK(chop_wrap(client) == 0 && chop_wrap(server) == 0);
	tls_on(client, server);
	shake_both(*client, *server);
}

static void close_pair(struct stream *client, struct stream *server)
{
	stream_free(client);
	stream_free(server);
}

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* Send `total` bytes in writes of `size`, reading by `size`, then the end. */
static void carry(struct stream *from, struct stream *to, size_t total,
		size_t size)
{
	uint8_t *out = malloc(STREAM_HEAD + size);
	uint8_t *in = malloc(STREAM_HEAD + size);
	size_t sent = 0, filled = 0, got = 0;
	int shut = -EAGAIN;
	ssize_t n = 1;

	CHECK(out && in);
	while (n != 0) {
		if (filled == sent && sent < total) {
			filled = sent + size < total ? sent + size : total;
			for (size_t i = sent; i < filled; i++)
				out[STREAM_HEAD + i - sent] = pattern(i);
		}
		if (sent < filled) {
			n = stream_write(
					from, out + STREAM_HEAD, filled - sent);
			CHECK(n > 0 || n == -EAGAIN);
			if (n > 0) {
				sent += (size_t)n;
				memmove(out + STREAM_HEAD,
						out + STREAM_HEAD + n,
						filled - sent);
			}
		} else if (shut == -EAGAIN) {
			shut = stream_shutdown(from);
			CHECK(shut == 0 || shut == -EAGAIN);
		}
		n = stream_read(to, in + STREAM_HEAD, size);
		CHECK(n >= 0 || n == -EAGAIN);
		for (ssize_t i = 0; i < n; i++)
			if (in[STREAM_HEAD + i] != pattern(got + (size_t)i))
				fail_msg("byte %zu differs", got + (size_t)i);
		got += n > 0 ? (size_t)n : 0;
	}
	CHECK_INT(got, total);
	CHECK_INT(stream_read(to, in + STREAM_HEAD, size), 0);
	free(out);
	free(in);
}

static void a_mebibyte_passes_whatever_the_size_of_a_call(void)
{
	static const size_t sizes[] = {1, 13, 1000, 4096, 16 * 1024,
			16 * 1024 + 1, 65408, 100 * 1000, MIB};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct stream *client, *server;
		size_t total = sizes[i] < 100 ? 50 * 1000 : MIB;

		open_pair(&client, &server, ROOM, false);
		carry(client, server, total, sizes[i]);
		carry(server, client, total, sizes[i]);
		close_pair(client, server);
	}
}

static void nothing_is_lost_however_narrow_or_cut_the_wire_is(void)
{
	struct stream *client, *server;

	open_pair(&client, &server, 700, false);
	carry(client, server, MIB, 65408);
	carry(server, client, MIB, 65408);
	close_pair(client, server);

	open_pair(&client, &server, ROOM, true);
	carry(client, server, 40 * 1000, 3000);
	carry(server, client, 40 * 1000, 3000);
	close_pair(client, server);
}

static void tls_inside_tls_does_not_mix_its_bytes(void)
{
	struct stream *client, *server;

	open_pair(&client, &server, ROOM, false);
	tls_on(&client, &server);
	shake_both(client, server);
	carry(client, server, MIB, 65408);
	carry(server, client, MIB, 65408);
	close_pair(client, server);
}

static void what_the_wire_does_not_take_is_owned_and_flushed(void)
{
	static uint8_t data[STREAM_HEAD + 65408];
	struct stream *client, *server;
	size_t got = 0;
	ssize_t n;

	open_pair(&client, &server, ROOM, false);
	CHECK_INT(stream_read(client, data, 16), -EAGAIN); /* tickets */
	mem_write_limit(client, 1000);
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 65408), 65408);
	mem_write_limit(client, 0);
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 1), -EAGAIN);
	CHECK_INT(stream_flush(client), -EAGAIN);
	CHECK_INT(stream_want(client, STREAM_WRITE), WANT_WRITE);
	CHECK_INT(stream_want(client, STREAM_READ), WANT_READ);
	mem_write_limit(client, SIZE_MAX);
	CHECK_INT(stream_flush(client), 0);
	while ((n = stream_read(server, data + STREAM_HEAD, 65408)) > 0)
		got += (size_t)n;
	CHECK_INT(got, 65408);
	close_pair(client, server);
}

static void what_a_dead_connection_gathered_reaches_nobody_else(void)
{
	static uint8_t data[STREAM_HEAD + 65408];
	struct stream *a, *b, *client, *server;

	open_pair(&a, &b, ROOM, false);
	stream_free(b); /* writes fail from here on */
	CHECK_INT(stream_write(a, data + STREAM_HEAD, 65408), -EPIPE);
	open_pair(&client, &server, ROOM, false);
	carry(client, server, 100 * 1000, 65408);
	CHECK_INT(stream_write(a, data + STREAM_HEAD, 1), -EPIPE);
	close_pair(client, server);
	stream_free(a);
}

static void what_came_can_be_read_after_a_write_failed(void)
{
	uint8_t data[64] = {0};
	struct stream *client, *server;

	open_pair(&client, &server, ROOM, false);
	memcpy(data + STREAM_HEAD, "last words", 10);
	CHECK_INT(stream_write(server, data + STREAM_HEAD, 10), 10);
	stream_free(server);
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 1), -EPIPE);
	CHECK_INT(stream_read(client, data + STREAM_HEAD, 32), 10);
	CHECK_MEM(data + STREAM_HEAD, "last words", 10);
	CHECK_INT(stream_read(client, data + STREAM_HEAD, 32), 0);
	stream_free(client);
}

static void pending_tells_what_the_wire_will_never_announce(void)
{
	static uint8_t data[STREAM_HEAD + 40000];
	struct stream *client, *server;

	open_pair(&client, &server, ROOM, false);
	CHECK(!stream_pending(server));
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 40000), 40000);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 10), 10);
	CHECK(stream_pending(server)); /* the rest of a record, and records */
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 39989), 39989);
	CHECK(stream_pending(server));
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 40000), 1);
	CHECK(!stream_pending(server));
	/* half a record is nothing that a read could move on */
	mem_write_limit(client, 100);
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 1000), 1000);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 1000), -EAGAIN);
	CHECK(!stream_pending(server));
	mem_write_limit(client, SIZE_MAX);
	CHECK_INT(stream_flush(client), 0);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 1000), 1000);
	close_pair(client, server);
}

static void an_end_that_came_with_the_last_bytes_is_pending(void)
{
	uint8_t data[64] = {0};
	struct stream *client, *server;

	open_pair(&client, &server, ROOM, false);
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 5), 5);
	CHECK_INT(stream_shutdown(client), 0);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 8), 5);
	CHECK(stream_pending(server)); /* the goodbye; the wire may stay */
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 8), 0);
	close_pair(client, server);
}

static void each_end_says_goodbye_once_and_hears_the_other_on(void)
{
	uint8_t data[64] = {0};
	struct stream *client, *server;

	open_pair(&client, &server, ROOM, false);
	CHECK_INT(stream_shutdown(client), 0);
	CHECK_INT(stream_shutdown(client), 0);
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 1), -EPIPE);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 8), 0);
	CHECK_INT(stream_write(server, data + STREAM_HEAD, 5), 5);
	CHECK_INT(stream_read(client, data + STREAM_HEAD, 8), 5);
	CHECK_INT(stream_shutdown(server), 0);
	CHECK_INT(stream_read(client, data + STREAM_HEAD, 8), 0);
	close_pair(client, server);
}

static void an_end_without_goodbye_is_an_end_and_we_may_still_write(void)
{
	uint8_t data[64] = {0};
	struct stream *client, *server;

	CHECK(mem_pair(&client, &server, ROOM) == 0);
	tls_on(&client, &server);
	shake_both(client, server);
	CHECK_INT(stream_write(client, data + STREAM_HEAD, 7), 7);
	mem_end(server); /* the connection ended, TLS said nothing */
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 32), 7);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 32), 0);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 32), 0);
	CHECK_INT(stream_write(server, data + STREAM_HEAD, 3), 3);
	CHECK_INT(stream_read(client, data + STREAM_HEAD, 32), 3);
	close_pair(client, server);
}

static void damaged_ciphertext_is_a_broken_protocol_for_good(void)
{
	uint8_t data[64] = {0};
	uint8_t junk[40] = {0x17, 3, 3, 0, 35};
	struct stream *client, *server;

	open_pair(&client, &server, ROOM, false);
	CHECK(mem_feed(server, junk, sizeof(junk)) == 0);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 32), -EPROTO);
	CHECK_INT(stream_read(server, data + STREAM_HEAD, 32), -EPROTO);
	CHECK_INT(stream_write(server, data + STREAM_HEAD, 1), -EPROTO);
	close_pair(client, server);
}

static int accept_text(const char *text, size_t len, bool end, struct err *e)
{
	struct stream *s = mem_new_n(text, len);
	int r = -EAGAIN;

	make_contexts();
	if (!end)
		mem_hold_open(s);
	CHECK_INT(tls_accept_wrap(&s, server_context, e), 0);
	for (int i = 0; i < 10 && r == -EAGAIN; i++)
		r = stream_handshake(s, e);
	stream_free(s);
	return r;
}

static void who_speaks_something_else_is_told_what_went_wrong(void)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	static const char rfb[] = "RFB 003.008\n";
	struct stream *s;
	struct err e = {0};

	CHECK_INT(accept_text(http, sizeof(http) - 1, false, &e), -EPROTO);
	CHECK_HAS(e.text, "plain HTTP was spoken to a TLS port");
	CHECK_INT(accept_text(rfb, sizeof(rfb) - 1, false, &e), -EPROTO);
	CHECK_INT(accept_text("\x16\3\1", 3, false, &e), -EAGAIN);
	CHECK_INT(accept_text("\x16\3\1", 3, true, &e), -ECONNRESET);
	CHECK_HAS(e.text, "closed the connection in the TLS handshake");

	s = mem_new(rfb);
	CHECK_INT(tls_connect_wrap(&s, client_context, NULL, &e), 0);
	CHECK_INT(stream_handshake(s, &e), -EPROTO);
	CHECK_HAS(e.text, "does not speak TLS");
	stream_free(s);
}

static void a_handshake_waits_for_the_wire_that_it_needs(void)
{
	struct stream *s = mem_new("");
	struct err e = {0};

	make_contexts();
	mem_hold_open(s);
	mem_write_limit(s, 10);
	CHECK_INT(tls_connect_wrap(&s, client_context, NULL, &e), 0);
	CHECK_INT(stream_handshake(s, &e), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
	mem_write_limit(s, SIZE_MAX);
	CHECK_INT(stream_handshake(s, &e), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_READ);
	stream_free(s);
}

/* ---- a peer of OpenSSL's own, to do what our layer never does ----------- */

struct raw {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out; /* the wire */
	struct stream *wire, *server;
};

static void raw_move(struct raw *r)
{
	uint8_t data[STREAM_HEAD + 4096];
	ssize_t n;

	while ((n = BIO_read(r->out, data + STREAM_HEAD, 4096)) > 0)
		CHECK_INT(stream_write(r->wire, data + STREAM_HEAD, (size_t)n),
				n);
	while ((n = stream_read(r->wire, data + STREAM_HEAD, 4096)) > 0)
		CHECK_INT(BIO_write(r->in, data + STREAM_HEAD, (int)n), n);
}

static void raw_shake(struct raw *r)
{
	struct err e = {0};
	int done = 0;

	for (int i = 0; i < 20; i++) {
		done = SSL_do_handshake(r->ssl);
		raw_move(r);
		(void)stream_handshake(r->server, &e);
		raw_move(r);
	}
	CHECK_INT(done, 1);
	CHECK_INT(stream_handshake(r->server, &e), 0);
}

static void raw_open(struct raw *r, SSL_CTX *ctx, SSL_SESSION *session)
{
	struct err e = {0};

	make_contexts();
	r->ctx = ctx;
	CHECK(mem_pair(&r->wire, &r->server, ROOM) == 0);
	CHECK_INT(tls_accept_wrap(&r->server, server_context, &e), 0);
	r->ssl = SSL_new(r->ctx);
	r->in = BIO_new(BIO_s_mem());
	r->out = BIO_new(BIO_s_mem());
	CHECK(r->ssl && r->in && r->out);
	(void)BIO_set_mem_eof_return(r->in, -1);
	SSL_set_bio(r->ssl, r->in, r->out);
	SSL_set_connect_state(r->ssl);
	if (session)
		CHECK(SSL_set_session(r->ssl, session) == 1);
	CHECK(SSL_set_alpn_protos(r->ssl, (const uint8_t *)"\2h2\10http/1.1",
			      12) == 0);
	raw_shake(r);
}

static void raw_close(struct raw *r)
{
	/* or OpenSSL takes the session for a broken one */
	SSL_set_shutdown(r->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(r->ssl);
	stream_free(r->wire);
	stream_free(r->server);
}

static void http_1_1_is_chosen_and_the_versions_are_new_ones(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const uint8_t *chosen;
	unsigned int len;
	struct raw r;

	raw_open(&r, ctx, NULL);
	SSL_get0_alpn_selected(r.ssl, &chosen, &len);
	CHECK_INT(len, 8);
	CHECK_MEM(chosen, "http/1.1", 8);
	CHECK_INT(SSL_version(r.ssl), TLS1_3_VERSION);
	CHECK(!SSL_get_current_compression(r.ssl));
	raw_close(&r);
	SSL_CTX_free(ctx);
}

static void a_ticket_resumes_on_another_connection(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION;
			version++) {
		SSL_SESSION *session;
		struct raw r;
		char byte;

		CHECK(SSL_CTX_set_max_proto_version(ctx, version) == 1);
		raw_open(&r, ctx, NULL);
		(void)SSL_read(r.ssl, &byte, 1); /* takes the tickets in */
		session = SSL_get1_session(r.ssl);
		CHECK(session && SSL_SESSION_is_resumable(session));
		raw_close(&r);
		raw_open(&r, ctx, session);
		CHECK(SSL_session_reused(r.ssl));
		raw_close(&r);
		SSL_SESSION_free(session);
	}
	SSL_CTX_free(ctx);
}

static void a_key_update_is_followed_and_answered(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	uint8_t data[64] = {0};
	struct raw r;
	char text[8];

	raw_open(&r, ctx, NULL);
	for (int turn = 0; turn < 3; turn++) {
		CHECK(SSL_key_update(r.ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
		CHECK_INT(SSL_write(r.ssl, "ping", 4), 4);
		raw_move(&r);
		CHECK_INT(stream_read(r.server, data + STREAM_HEAD, 32), 4);
		CHECK_MEM(data + STREAM_HEAD, "ping", 4);
		CHECK_INT(stream_write(r.server, data + STREAM_HEAD, 4), 4);
		CHECK_INT(stream_flush(r.server), 0);
		raw_move(&r);
		CHECK_INT(SSL_read(r.ssl, text, 8), 4);
	}
	raw_close(&r);
	SSL_CTX_free(ctx);
}

static void renegotiation_is_refused_and_the_stream_lives_on(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	uint8_t data[64] = {0};
	struct raw r;

	CHECK(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1);
	raw_open(&r, ctx, NULL);
	CHECK(SSL_renegotiate(r.ssl) == 1);
	(void)SSL_do_handshake(r.ssl);
	raw_move(&r);
	mem_write_limit(r.server, 0); /* our refusal cannot leave yet */
	CHECK_INT(stream_read(r.server, data + STREAM_HEAD, 32), -EAGAIN);
	CHECK_INT(stream_want(r.server, STREAM_READ), WANT_READ | WANT_WRITE);
	mem_write_limit(r.server, SIZE_MAX);
	CHECK_INT(stream_read(r.server, data + STREAM_HEAD, 32), -EAGAIN);
	CHECK_INT(stream_want(r.server, STREAM_READ), WANT_READ);
	CHECK_INT(stream_write(r.server, data + STREAM_HEAD, 4), 4);
	raw_close(&r);
	SSL_CTX_free(ctx);
}

static void an_old_version_is_refused(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct stream *s = mem_new("");
	struct err e = {0};
	uint8_t hello[1024];
	BIO *out = BIO_new(BIO_s_mem()), *in = BIO_new(BIO_s_mem());
	SSL *ssl;
	int len;

	make_contexts();
	SSL_CTX_set_security_level(ctx, 0);
	CHECK(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1);
	CHECK(SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION) == 1);
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, in, out);
	SSL_set_connect_state(ssl);
	(void)SSL_do_handshake(ssl);
	len = BIO_read(out, hello, sizeof(hello));
	CHECK(len > 0 && mem_feed(s, hello, (size_t)len) == 0);
	CHECK_INT(tls_accept_wrap(&s, server_context, &e), 0);
	CHECK_INT(stream_handshake(s, &e), -EPROTO);
	CHECK_HAS(e.text, "unsupported protocol");
	stream_free(s);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	drop_contexts(); /* the last test */
}

TESTS(T(a_mebibyte_passes_whatever_the_size_of_a_call),
		T(nothing_is_lost_however_narrow_or_cut_the_wire_is),
		T(tls_inside_tls_does_not_mix_its_bytes),
		T(what_the_wire_does_not_take_is_owned_and_flushed),
		T(what_a_dead_connection_gathered_reaches_nobody_else),
		T(what_came_can_be_read_after_a_write_failed),
		T(pending_tells_what_the_wire_will_never_announce),
		T(an_end_that_came_with_the_last_bytes_is_pending),
		T(each_end_says_goodbye_once_and_hears_the_other_on),
		T(an_end_without_goodbye_is_an_end_and_we_may_still_write),
		T(damaged_ciphertext_is_a_broken_protocol_for_good),
		T(who_speaks_something_else_is_told_what_went_wrong),
		T(a_handshake_waits_for_the_wire_that_it_needs),
		T(http_1_1_is_chosen_and_the_versions_are_new_ones),
		T(a_ticket_resumes_on_another_connection),
		T(a_key_update_is_followed_and_answered),
		T(renegotiation_is_refused_and_the_stream_lives_on),
		T(an_old_version_is_refused))
