#include "http/client.h"

#include <errno.h>

#include "core/loop.h"
#include "stream/tls.h"
#include "test.h"
#include "trip.h"

static int get_sealed(const char *host)
{
	const struct http_call_options o = {
			.method = "GET",
			.url = trip_url("https", host),
	};

	return trip_call(&o);
}

static void server_tls(void)
{
	static const char *const names[] = {"localhost"};

	CHECK_INT(tls_server_context_self(
				  &trip.server.tls, NULL, names, 1, NULL),
			0);
	trip_server_tcp();
}

static void the_certificate_that_is_pinned_is_taken(void)
{
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	const struct http_client_options o = {.tls = &p};

	trip_begin_with(NULL);
	server_tls();
	tls_context_fingerprint(trip.server.tls, p.fingerprint);
	http_client_free(trip.client);
	CHECK_INT(http_client_new(&trip.client, trip.loop, &o, NULL), 0);
	CHECK_INT(get_sealed("127.0.0.1"), 0);
	CHECK_STR(trip.body, "sealed");
	CHECK(trip.reply.certified);
	assert_memory_equal(trip.reply.certificate, p.fingerprint, SHA256_LEN);
	trip_end();
}

static void another_certificate_is_refused_before_anything_is_asked(void)
{
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	const struct http_client_options o = {.tls = &p};

	trip_begin_with(&o);
	server_tls();
	CHECK_INT(get_sealed("127.0.0.1"), -EKEYREJECTED);
	CHECK_HAS(trip.error.text, "SHA256:");
	CHECK_INT(trip.server.asked, 0);
	trip_end();
	trip_begin_with(NULL); /* the system's roots do not know it either */
	server_tls();
	CHECK_INT(get_sealed("localhost"), -EKEYREJECTED);
	CHECK_INT(trip.server.asked, 0);
	trip_end();
}

TESTS(T(the_certificate_that_is_pinned_is_taken),
		T(another_certificate_is_refused_before_anything_is_asked))
