#include "http/assets.h"

#include <stdio.h>
#include <string.h>

#include "http/server.h"
#include "peer.h"
#include "test.h"

static const char zipped[] = "\x1f\x8b zipped";

/* Not in the table: what the page is made of is not this test's business. */
static const struct asset chunk = {"/assets/app-1a2b.js",
		"text/javascript; charset=utf-8", "e7a9", "let a = 1;", 10,
		zipped, sizeof(zipped) - 1};

static const struct asset *served;

static void serve(struct peer *p, const struct http_request *q)
{
	asset_answer(p->conn, q, served,
			"Content-Security-Policy: default-src 'self'\r\n");
}

static const char *get(struct peer *p, const struct asset *a, const char *more)
{
	char text[512];
	int len = snprintf(text, sizeof(text),
			"GET / HTTP/1.1\r\nHost: a\r\n%sConnection: "
			"close\r\n\r\n",
			more);

	peer_new(p, false);
	p->act = serve;
	served = a;
	peer_send(p, text, (size_t)len);
	peer_run(p, 2000);
	return peer_text(p);
}

static void a_hashed_file_is_kept_for_ever(void)
{
	struct peer p;
	const char *text = get(&p, &chunk, "");

	CHECK_HAS(text, "HTTP/1.1 200 OK\r\n");
	CHECK_HAS(text, "Content-Type: text/javascript; charset=utf-8\r\n");
	CHECK_HAS(text, "ETag: \"e7a9\"\r\n");
	CHECK_HAS(text, "Cache-Control: public, max-age=31536000, immutable");
	CHECK_HAS(text, "Vary: Accept-Encoding\r\n");
	CHECK_HAS(text, "Content-Security-Policy: default-src 'self'\r\n");
	CHECK_HAS(text, "\r\n\r\nlet a = 1;");
	CHECK(!strstr(text, "no-store") && !strstr(text, "default-src 'none'"));
	peer_free(&p);
}

static void it_comes_compressed_to_who_takes_that(void)
{
	struct peer p;
	const char *text = get(&p, &chunk, "Accept-Encoding: br, gzip\r\n");

	CHECK_HAS(text, "Content-Encoding: gzip\r\n");
	CHECK_HAS(text, "ETag: \"e7a9-gz\"\r\n");
	CHECK_HAS(text, "Content-Length: 9\r\n");
	CHECK_HAS(text, zipped);
	peer_free(&p);
}

static void who_has_it_is_told_so(void)
{
	struct peer p;
	const char *text = get(&p, &chunk, "If-None-Match: \"e7a9-gz\"\r\n");

	CHECK_HAS(text, "HTTP/1.1 304 Not Modified\r\n");
	CHECK_HAS(text, "ETag: ");
	CHECK(!strstr(text, "Content-Length"));
	CHECK(strstr(text, "\r\n\r\n")[4] == '\0');
	peer_free(&p);
}

static void the_table_has_a_document(void)
{
	const struct asset *a = asset_find("/index.html");
	struct peer p;

	CHECK(a != NULL);
	CHECK_STR(a->path, "/index.html");
	CHECK(asset_find("/") == NULL && asset_find("/index.htm") == NULL);
	for (size_t i = 1; i < asset_count; i++)
		CHECK(strcmp(asset_table[i - 1].path, asset_table[i].path) < 0);
	CHECK_HAS(get(&p, a, ""), "Cache-Control: no-cache\r\n");
	CHECK_HAS(peer_text(&p), "Content-Type: text/html; charset=utf-8\r\n");
	peer_free(&p);
}

static void accept_encoding_is_read_as_it_is_meant(void)
{
	CHECK(accepts_gzip("gzip"));
	CHECK(accepts_gzip("br , GZIP;q=0.5"));
	CHECK(accepts_gzip("*"));
	CHECK(accepts_gzip("gzip;q=0.001"));
	CHECK(!accepts_gzip(NULL));
	CHECK(!accepts_gzip(""));
	CHECK(!accepts_gzip("br"));
	CHECK(!accepts_gzip("gzip;q=0"));
	CHECK(!accepts_gzip("gzip; q=0.000, br;q=1"));
	CHECK(!accepts_gzip("xgzip, gzipx"));
}

static void tags_are_compared_whole(void)
{
	CHECK(etag_matches("\"abc\"", "abc"));
	CHECK(etag_matches("\"x\", W/\"abc\"", "abc"));
	CHECK(etag_matches("\"abc-gz\"", "abc"));
	CHECK(etag_matches("*", "abc"));
	CHECK(!etag_matches(NULL, "abc"));
	CHECK(!etag_matches("abc", "abc"));
	CHECK(!etag_matches("\"abcd\"", "abc"));
	CHECK(!etag_matches("\"ab\"", "abc"));
	CHECK(!etag_matches("\"ab", "abc"));
}

TESTS(T(a_hashed_file_is_kept_for_ever),
		T(it_comes_compressed_to_who_takes_that),
		T(who_has_it_is_told_so), T(the_table_has_a_document),
		T(accept_encoding_is_read_as_it_is_meant),
		T(tags_are_compared_whole))
