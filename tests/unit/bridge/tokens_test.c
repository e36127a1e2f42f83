#include "bridge/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failing_memory.h"
#include "proto/address.h"
#include "test.h"

static char folder[64];

static void begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/tokens-test-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
}

static void end(void)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "rm -rf %s", folder);
	CHECK_INT(system(line), 0); /* NOLINT: a name of our own */
}

static const char *place(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(place(name), "we");

	CHECK(f != NULL);
	CHECK(fwrite(data, 1, len, f) == len);
	CHECK(fclose(f) == 0);
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

/* "host:port", "unix:/path", or the error. */
static const char *find(struct tokens *t, const char *token)
{
	static char said[512];
	struct address a = {0};
	struct err e = {0};
	int r = tokens_find(t, token, &a, &e);

	if (r < 0)
		(void)snprintf(said, sizeof(said), "%s",
				r == -ENOENT ? "nobody" : e.text);
	else if (a.path)
		(void)snprintf(said, sizeof(said), "unix:%s", a.path);
	else
		(void)snprintf(said, sizeof(said), "%s:%u", a.host, a.port);
	address_done(&a);
	return said;
}

static struct tokens *open_tokens(const char *name, bool again)
{
	struct tokens *t = NULL;
	struct err e = {0};

	CHECK_INT(tokens_open(&t, place(name), again, &e), 0);
	return t;
}

static int open_fails(const char *name, struct err *e)
{
	struct tokens *t = NULL;
	int r = tokens_open(&t, place(name), false, e);

	CHECK(t == NULL);
	return r;
}

static void a_line_is_a_name_and_where_it_leads(void)
{
	struct tokens *t;

	begin();
	write_text("t", "# of mine\n"
			"\n"
			"one: 127.0.0.1:5901\n"
			"two:\tbox.lan:5902   \n"
			"  three: [::1]:5903\n"
			"a:b: 127.0.0.1:5904\n"
			"four: unix:/run/vm 4.sock\n"
			"five: unix_socket:/run/vm5.sock\n"
			"one: 127.0.0.1:9\n"
			"last: 127.0.0.1:5909");
	t = open_tokens("t", false);
	CHECK_STR(find(t, "one"), "127.0.0.1:5901"); /* the first counts */
	CHECK_STR(find(t, "two"), "box.lan:5902");
	CHECK_STR(find(t, "three"), "::1:5903");
	CHECK_STR(find(t, "a:b"), "127.0.0.1:5904");
	CHECK_STR(find(t, "four"), "unix:/run/vm 4.sock");
	CHECK_STR(find(t, "five"), "unix:/run/vm5.sock");
	CHECK_STR(find(t, "last"), "127.0.0.1:5909");
	CHECK_STR(find(t, "# of mine"), "nobody");
	tokens_free(t);
	end();
}

static void lines_may_end_as_windows_ends_them(void)
{
	struct tokens *t;

	begin();
	write_text("t", "one: 127.0.0.1:5901\r\n\r\ntwo: 127.0.0.1:5902\r\n");
	t = open_tokens("t", false);
	CHECK_STR(find(t, "one"), "127.0.0.1:5901");
	CHECK_STR(find(t, "two"), "127.0.0.1:5902");
	CHECK_STR(find(t, "\r"), "nobody");
	CHECK_STR(find(t, ""), "nobody");
	tokens_free(t);
	end();
}

static void a_cut_line_is_nobodys_token(void)
{
	static const char whole[] = "one: 127.0.0.1:5901";
	struct tokens *t;

	begin();
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		const char *said;

		write_file("t", whole, len);
		t = open_tokens("t", false);
		said = find(t, "one");
		/* a cut number may still be one; nothing else is an address */
		if (len <= strlen("one: 127.0.0.1:"))
			CHECK(strncmp(said, "127.0.0.1:", 10) != 0);
		CHECK_STR(find(t, "on"), "nobody");
		CHECK_STR(find(t, ""), "nobody");
		tokens_free(t);
	}
	end();
}

static void what_is_no_line_of_ours_is_nobodys_token(void)
{
	static const char text[] = "nul\0: 127.0.0.1:1\n"
				   "nul: 127.0.0.1\0:1\n"
				   ": 127.0.0.1:1\n"
				   "colon:127.0.0.1:1\n"
				   "port: 127.0.0.1:65536\n"
				   "minus: 127.0.0.1:-1\n"
				   "none: \n"
				   "../up: 127.0.0.1:7\n";
	struct tokens *t;

	begin();
	write_file("t", text, sizeof(text) - 1);
	t = open_tokens("t", false);
	CHECK_STR(find(t, "nul"), "nobody");
	CHECK_STR(find(t, ""), "nobody");
	CHECK_STR(find(t, "colon"), "nobody");
	CHECK_HAS(find(t, "port"), "65536");
	CHECK_HAS(find(t, "minus"), "-1");
	CHECK_STR(find(t, "none"), "nobody");
	/* a name is compared, and is no path */
	CHECK_STR(find(t, "../up"), "127.0.0.1:7");
	CHECK_STR(find(t, "../t"), "nobody");
	CHECK_STR(find(t, "/etc/passwd"), "nobody");
	tokens_free(t);
	end();
}

static void a_line_too_long_is_skipped_and_the_next_is_not(void)
{
	static char text[8192];
	static char name[4096];
	struct tokens *t;

	begin();
	memset(name, 'x', sizeof(name) - 1);
	(void)snprintf(text, sizeof(text), "%s: 127.0.0.1:1\none: 127.0.0.1:2",
			name);
	write_text("t", text);
	t = open_tokens("t", false);
	CHECK_STR(find(t, name), "nobody");
	CHECK_STR(find(t, "one"), "127.0.0.1:2");
	name[100] = '\0';
	CHECK_STR(find(t, name), "nobody");
	tokens_free(t);
	end();
}

static void a_file_past_the_ceiling_is_an_error(void)
{
	static char text[TOKENS_MAX + 64 * 1024];
	struct tokens *t = NULL;
	struct err e = {0};

	begin();
	memset(text, 'x', sizeof(text));
	write_file("t", text, sizeof(text));
	CHECK_INT(open_fails("t", &e), -EMSGSIZE);
	CHECK_HAS(e.text, "more than 1 MiB");
	/* and so are many that are too much together */
	CHECK(mkdir(place("d"), 0700) == 0);
	for (int i = 0; i < 5; i++) {
		char file[16];

		(void)snprintf(file, sizeof(file), "d/%d", i);
		write_file(file, text, TOKENS_MAX / 4);
	}
	CHECK_INT(open_fails("d", &e), -EMSGSIZE);
	CHECK(unlink(place("d/4")) == 0 && unlink(place("d/3")) == 0);
	CHECK_INT(tokens_open(&t, place("d"), false, &e), 0);
	tokens_free(t);
	end();
}

static void of_a_folder_only_plain_files_that_show_count(void)
{
	struct tokens *t;

	begin();
	CHECK(mkdir(place("d"), 0700) == 0);
	CHECK(mkdir(place("d/sub"), 0700) == 0);
	write_text("d/a", "one: 127.0.0.1:1");
	write_text("d/b", "two: 127.0.0.1:2");
	write_text("d/.hidden", "three: 127.0.0.1:3\n");
	write_text("d/sub/c", "four: 127.0.0.1:4\n");
	CHECK(mkfifo(place("d/fifo"), 0600) == 0); /* nobody waits for it */
	t = open_tokens("d", true);
	CHECK_STR(find(t, "one"), "127.0.0.1:1");
	CHECK_STR(find(t, "two"), "127.0.0.1:2");
	CHECK_STR(find(t, "three"), "nobody");
	CHECK_STR(find(t, "four"), "nobody");
	write_text("d/e", "five: 127.0.0.1:5");
	CHECK_STR(find(t, "five"), "127.0.0.1:5");
	CHECK(unlink(place("d/a")) == 0);
	CHECK_STR(find(t, "one"), "nobody");
	tokens_free(t);
	end();
}

static void a_folder_of_too_many_files_is_an_error(void)
{
	struct err e = {0};
	char file[32];

	begin();
	CHECK(mkdir(place("d"), 0700) == 0);
	for (int i = 0; i <= TOKENS_FILES_MAX; i++) {
		(void)snprintf(file, sizeof(file), "d/%d", i);
		write_text(file, "");
	}
	CHECK_INT(open_fails("d", &e), -E2BIG);
	CHECK_HAS(e.text, "more than 1024 files");
	end();
}

static void what_cannot_be_read_is_an_error(void)
{
	struct tokens *t;
	struct err e = {0};
	int r;

	begin();
	CHECK_INT(open_fails("none", &e), -ENOENT);
	CHECK_HAS(e.text, "none");
	CHECK(symlink(place("loop"), place("loop")) == 0);
	CHECK_INT(open_fails("loop", &e), -ELOOP);
	write_text("t", "one: 127.0.0.1:1\n");
	t = open_tokens("t", true);
	CHECK_STR(find(t, "one"), "127.0.0.1:1");
	CHECK(unlink(place("t")) == 0);
	{
		struct address a = {0};

		r = tokens_find(t, "one", &a, &e);
		CHECK(r < 0);
		address_done(&a);
	}
	write_text("t", "one: 127.0.0.1:2\n"); /* it is back */
	CHECK_STR(find(t, "one"), "127.0.0.1:2");
	tokens_free(t);
	end();
}

static void a_change_counts_only_where_it_was_asked_for(void)
{
	struct tokens *always, *once;

	begin();
	write_text("t", "one: 127.0.0.1:1\n");
	always = open_tokens("t", true);
	once = open_tokens("t", false);
	write_text("t", "one: 127.0.0.1:2\n");
	CHECK_STR(find(always, "one"), "127.0.0.1:2");
	CHECK_STR(find(once, "one"), "127.0.0.1:1");
	tokens_free(always);
	tokens_free(once);
	tokens_free(NULL);
	end();
}

static void without_memory_it_says_so(void)
{
	struct tokens *t;
	struct address a;
	struct err e;
	size_t n;
	int r = -1;

	begin();
	write_text("t", "one: unix:/run/one\n");
	for (n = 1; r < 0; n++) {
		t = NULL;
		a = (struct address){0};
		memory.armed = true;
		memory_fail_at(n);
		r = tokens_open(&t, place("t"), true, &e);
		if (r == 0)
			r = tokens_find(t, "one", &a, &e);
		memory.armed = false;
		address_done(&a);
		tokens_free(t);
		CHECK(n < 100);
	}
	CHECK(n > 3);
	end();
}

TESTS(T(a_line_is_a_name_and_where_it_leads),
		T(lines_may_end_as_windows_ends_them),
		T(a_cut_line_is_nobodys_token),
		T(what_is_no_line_of_ours_is_nobodys_token),
		T(a_line_too_long_is_skipped_and_the_next_is_not),
		T(a_file_past_the_ceiling_is_an_error),
		T(of_a_folder_only_plain_files_that_show_count),
		T(a_folder_of_too_many_files_is_an_error),
		T(what_cannot_be_read_is_an_error),
		T(a_change_counts_only_where_it_was_asked_for),
		T(without_memory_it_says_so))
