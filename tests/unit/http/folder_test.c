#include "http/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/loop.h"
#include "peer.h"
#include "test.h"

/* ---- a folder, and what stands beside it ----------------------------------
 */

static char top[64];
static struct folder *folder;

/* Good until the next one is asked for. */
static const char *place(const char *name)
{
	static char path[sizeof(top) + 32];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(place(name), "we");

	CHECK(f != NULL);
	CHECK(fputs(text, f) >= 0);
	CHECK(fclose(f) == 0);
}

static void begin(void)
{
	struct err e;

	(void)snprintf(top, sizeof(top), "/tmp/folder-test-XXXXXX");
	CHECK(mkdtemp(top) != NULL);
	write_file("secret", "SECRET");
	CHECK(mkdir(place("web"), 0700) == 0);
	CHECK(mkdir(place("web/sub"), 0700) == 0);
	write_file("web/a.html", "<p>a</p>");
	write_file("web/sub/index.html", "sub index");
	write_file("web/.hidden", "SECRET");
	write_file("web/with space.txt", "spaced");
	CHECK_INT(folder_open(&folder, place("web"), &e), 0);
}

static void end(void)
{
	char line[128];

	folder_free(folder);
	folder = NULL;
	(void)snprintf(line, sizeof(line), "rm -rf %s", top);
	CHECK_INT(system(line), 0); /* NOLINT: a name of our own */
}

static void act(struct peer *p, const struct http_request *q)
{
	(void)folder_answer(folder, p->conn, q);
}

/* The status of GET `target`, or of what `request` begins with; the whole
 * answer in `ret`, if asked for. */
static unsigned ask(const char *request, char *ret, size_t ret_max)
{
	static const char rest[] = "Host: x\r\nConnection: close\r\n\r\n";
	struct peer p;
	unsigned status;

	peer_new(&p, false);
	p.act = act;
	peer_send(&p, request, strlen(request));
	peer_send(&p, rest, strlen(rest));
	peer_run(&p, 20000);
	CHECK(!p.late);
	status = peer_status(&p);
	CHECK(strstr(peer_text(&p), "SECRET") == NULL);
	if (ret)
		(void)snprintf(ret, ret_max, "%s", peer_text(&p));
	peer_free(&p);
	return status;
}

static unsigned get(const char *target, char *ret, size_t ret_max)
{
	static char line[16384];

	(void)snprintf(line, sizeof(line), "GET %s HTTP/1.1\r\n", target);
	return ask(line, ret, ret_max);
}

/* ---- the tests ------------------------------------------------------------
 */

static void a_file_is_given_with_its_type_and_date(void)
{
	char said[2048];

	begin();
	CHECK_INT(get("/a.html", said, sizeof(said)), 200);
	CHECK_HAS(said, "Content-Type: text/html; charset=utf-8\r\n");
	CHECK_HAS(said, "Content-Length: 8\r\n");
	CHECK_HAS(said, "Last-Modified: ");
	CHECK_HAS(said, "<p>a</p>");
	CHECK_INT(get("/with%20space.txt", said, sizeof(said)), 200);
	CHECK_HAS(said, "spaced");
	CHECK_INT(ask("HEAD /a.html HTTP/1.1\r\n", said, sizeof(said)), 200);
	CHECK(strstr(said, "<p>") == NULL);
	CHECK_INT(ask("POST /a.html HTTP/1.1\r\nContent-Length: 0\r\n", said,
				  sizeof(said)),
			405);
	CHECK_HAS(said, "Allow: GET, HEAD\r\n");
	end();
}

static void what_is_known_is_not_given_again(void)
{
	char said[2048], request[512], tag[128];
	const char *at;

	begin();
	CHECK_INT(get("/a.html", said, sizeof(said)), 200);
	at = strstr(said, "ETag: ");
	CHECK(at && sscanf(at, "ETag: %127[^\r]", tag) == 1);
	(void)snprintf(request, sizeof(request),
			"GET /a.html HTTP/1.1\r\nIf-None-Match: %s\r\n", tag);
	CHECK_INT(ask(request, said, sizeof(said)), 304);
	CHECK(strstr(said, "<p>") == NULL);
	write_file("web/a.html", "<p>longer</p>");
	CHECK_INT(ask(request, said, sizeof(said)), 200);
	CHECK_HAS(said, "<p>longer</p>");
	end();
}

static void no_way_leads_out_of_the_folder(void)
{
	static const char *const targets[] = {"/../secret", "/%2e%2e/secret",
			"/..%2fsecret", "/%2e%2e%2fsecret", "/sub/../../secret",
			"/sub/%2e%2e/%2e%2e/secret", "//../secret",
			"/./../secret", "/..;/secret", "/..\\secret",
			"/%5c..%5csecret", "/%252e%252e/secret", "/.hidden",
			"/sub/../.hidden", "/%2ehidden", "/./.hidden", "/sub/.",
			"/a.html%00.txt", "/%00", "/a.html%0a",
			"/%c0%ae%c0%ae/secret", "/%ff", "/a.html/",
			"/a.html/../a.html", "/sub//index.html",
			"/proc/self/root/etc/passwd"};

	begin();
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		unsigned status = get(targets[i], NULL, 0);

		if (status != 400 && status != 404)
			fail_msg("%s: %u", targets[i], status);
	}
	end();
}

static void links_that_lead_out_are_not_followed(void)
{
	char secret[512];

	begin();
	CHECK(symlink("../secret", place("web/up")) == 0);
	(void)snprintf(secret, sizeof(secret), "%s", place("secret"));
	CHECK(symlink(secret, place("web/absolute")) == 0);
	CHECK(symlink("/proc/self/root", place("web/magic")) == 0);
	CHECK(symlink("..", place("web/parent")) == 0);
	CHECK(symlink("round", place("web/round")) == 0);
	CHECK(symlink("sub/index.html", place("web/inside")) == 0);
	CHECK(symlink("../a.html", place("web/sub/inside")) == 0);
	CHECK_INT(get("/up", NULL, 0), 404);
	CHECK_INT(get("/absolute", NULL, 0), 404);
	CHECK_INT(get("/magic/etc/passwd", NULL, 0), 404);
	CHECK_INT(get("/parent/secret", NULL, 0), 404);
	CHECK_INT(get("/round", NULL, 0), 404);
	CHECK_INT(get("/inside", NULL, 0), 200);
	CHECK_INT(get("/sub/inside", NULL, 0), 200);
	CHECK(folder_has(folder, "inside"));
	CHECK(!folder_has(folder, "up"));
	end();
}

static void what_is_no_plain_file_is_none(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	begin();
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s",
			place("web/socket"));
	CHECK(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(mkfifo(place("web/fifo"), 0600) == 0);
	CHECK_INT(get("/fifo", NULL, 0), 404); /* and nobody waits for it */
	CHECK_INT(get("/socket", NULL, 0), 404);
	CHECK(!folder_has(folder, "fifo"));
	CHECK(!folder_has(folder, "sub"));
	(void)close(fd);
	end();
}

static void a_folder_answers_with_its_index(void)
{
	char said[2048];

	begin();
	CHECK_INT(get("/sub/", said, sizeof(said)), 200);
	CHECK_HAS(said, "sub index");
	CHECK_INT(get("/sub?a=b", said, sizeof(said)), 302);
	CHECK_HAS(said, "Location: /sub/?a=b\r\n");
	CHECK_INT(get("/", said, sizeof(said)), 404);
	write_file("web/vnc.html", "viewer");
	CHECK_INT(get("/?host=h", said, sizeof(said)), 302);
	CHECK_HAS(said, "Location: /vnc.html?host=h\r\n");
	write_file("web/index.html", "top");
	CHECK_INT(get("/", said, sizeof(said)), 200);
	/* never another host's address: "//sub" would be one */
	CHECK_INT(get("//sub", said, sizeof(said)), 400);
	CHECK_INT(get("/%2fsub", said, sizeof(said)), 400);
	end();
}

static void long_names_are_nobodys(void)
{
	static char target[8192];

	begin();
	target[0] = '/';
	memset(target + 1, 'x', 300); /* one name longer than any file's */
	CHECK_INT(get(target, NULL, 0), 404);
	for (size_t i = 1; i < sizeof(target) - 1; i++)
		target[i] = i % 2 ? 'x' : '/';
	for (size_t len = 5000; len < 8100; len += 700) {
		unsigned status;

		target[len] = '\0';
		status = get(target, NULL, 0);
		CHECK(status == 404 || status == 414 || status == 431);
		target[len] = len % 2 ? 'x' : '/';
	}
	end();
}

static void a_large_file_comes_whole_however_late_it_is_read(void)
{
	enum { SIZE = 100 * 1000 };
	static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\n"
				      "Connection: close\r\n\r\n";
	struct peer p;
	const char *body;
	FILE *f;

	begin();
	f = fopen(place("web/big"), "we");
	CHECK(f != NULL);
	for (int i = 0; i < SIZE; i++)
		(void)fputc(i % 251, f);
	CHECK(fclose(f) == 0);
	peer_new(&p, true);
	p.act = act;
	peer_send(&p, request, strlen(request));
	peer_run(&p, 60000);
	CHECK(!p.late);
	CHECK_INT(peer_status(&p), 200);
	body = strstr(peer_text(&p), "\r\n\r\n") + 4;
	CHECK_INT(p.heard.len - (size_t)(body - peer_text(&p)), SIZE);
	for (int i = 0; i < SIZE; i++)
		if ((uint8_t)body[i] != i % 251)
			fail_msg("byte %d", i);
	peer_free(&p);
	end();
}

static void a_folder_that_is_none_is_told(void)
{
	struct folder *f = NULL;
	struct err e = {0};

	begin();
	CHECK_INT(folder_open(&f, place("none"), &e), -ENOENT);
	CHECK_HAS(e.text, "none");
	CHECK_INT(folder_open(&f, place("web/a.html"), &e), -ENOTDIR);
	CHECK(f == NULL);
	folder_free(NULL);
	end();
}

TESTS(T(a_file_is_given_with_its_type_and_date),
		T(what_is_known_is_not_given_again),
		T(no_way_leads_out_of_the_folder),
		T(links_that_lead_out_are_not_followed),
		T(what_is_no_plain_file_is_none),
		T(a_folder_answers_with_its_index), T(long_names_are_nobodys),
		T(a_large_file_comes_whole_however_late_it_is_read),
		T(a_folder_that_is_none_is_told))
