#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static int fds[2];
static struct log_options options;

static void begin(void)
{
	CHECK_INT(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	options = (struct log_options){.level = LOG_INFO, .fd = fds[1]};
	log_setup(&options);
}

static void end(void)
{
	(void)close(fds[0]);
	(void)close(fds[1]);
	log_setup(&(struct log_options){.level = LOG_INFO});
}

static const char *written(void)
{
	static char text[65536];
	ssize_t n = read(fds[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void a_line_has_the_session_first_and_then_its_pairs(void)
{
	begin();
	log_info("7f3a", "event=%s guest=%d", "streaming", 104);
	CHECK_STR(written(), "s=7f3a event=streaming guest=104\n");
	log_info(NULL, "event=ready");
	CHECK_STR(written(), "event=ready\n");
	log_warn("7f3a", "event=slow");
	CHECK_STR(written(), "s=7f3a level=warn event=slow\n");
	log_error(NULL, "event=bad");
	CHECK_STR(written(), "level=error event=bad\n");
	end();
}

static void only_what_the_level_allows_is_written(void)
{
	enum log_level level;

	begin();
	log_debug(NULL, "event=x");
	CHECK_STR(written(), "");
	options.level = LOG_ERROR;
	log_setup(&options);
	log_warn(NULL, "event=x");
	CHECK_STR(written(), "");
	CHECK_INT(log_level_from("debug", &level), 0);
	CHECK_INT(level, LOG_DEBUG);
	CHECK_INT(log_level_from("loud", &level), -EINVAL);
	CHECK_INT(level, LOG_DEBUG);
	end();
}

static void only_named_layers_trace(void)
{
	begin();
	CHECK(!log_traces("tls"));
	options.trace = "tls,pump";
	log_setup(&options);
	CHECK(log_traces("tls") && log_traces("pump"));
	CHECK(!log_traces("tl") && !log_traces("ws") && !log_traces(""));
	log_trace("ws", "no");
	log_trace("tls", "records=%d", 3);
	CHECK_STR(written(), "level=trace layer=tls records=3\n");
	options.trace = "all";
	log_setup(&options);
	CHECK(log_traces("ws"));
	end();
}

static void no_control_is_ever_raw(void)
{
	begin();
	log_info("\x1b[", "a=%s\n\x7f b=%s", "\x1b[2J\r",
			"\xc2\x9b\xff\xc3\xbc");
	CHECK_STR(written(), "s=\\x1b[ a=\\x1b[2J\\x0d\\x0a\\x7f "
			     "b=\\xc2\\x9b\\xff\xc3\xbc\n");
	end();
}

static void a_long_line_is_cut_and_says_so(void)
{
	char *big = malloc(10000);
	const char *line;

	begin();
	CHECK(big != NULL);
	memset(big, 1, 9999);
	big[9999] = '\0';
	log_info(NULL, "a=%s", big);
	line = written();
	CHECK(strlen(line) < 6 * 2048 + 512);
	CHECK_HAS(line, "\\x01...\n");
	options.json = true;
	log_setup(&options);
	memset(big, '"', 9999);
	log_info(NULL, "\"%s", big);
	line = written();
	CHECK_STR(line + strlen(line) - 6, "...\"}\n");
	end();
	free(big);
}

static void the_time_comes_first_where_it_is_wanted(void)
{
	int y, m, d, h, min, s, ms, n = 0;

	begin();
	options.time = true;
	log_setup(&options);
	log_info("1", "a=b");
	CHECK_INT(sscanf(written(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ s=1 a=b\n%n",
				  &y, &m, &d, &h, &min, &s, &ms, &n),
			7);
	CHECK_INT(n, 24 + 9);
	options.json = true;
	log_setup(&options);
	log_info("1", "a=b");
	CHECK_HAS(written(),
			"Z\",\"level\":\"info\",\"s\":\"1\",\"a\":\"b\"}\n");
	end();
}

static void as_json_each_pair_is_a_member(void)
{
	begin();
	options.json = true;
	options.trace = "ws";
	log_setup(&options);
	log_info("7f3a", "event=end  who=%s empty= title=%s",
			log_value("a \"b\" c=d\\e").text, log_value("").text);
	CHECK_STR(written(),
			"{\"level\":\"info\",\"s\":\"7f3a\",\"event\":\"end\","
			"\"who\":\"a \\\"b\\\" c=d\\\\e\",\"empty\":\"\","
			"\"title\":\"\"}\n");
	log_warn(NULL, "two words a=b =more");
	CHECK_STR(written(), "{\"level\":\"warn\",\"a\":\"b\","
			     "\"msg\":\"two words =more\"}\n");
	log_trace("ws", "x=%s y=\"open", log_value("\x1b\xff").text);
	CHECK_STR(written(), "{\"level\":\"trace\",\"layer\":\"ws\","
			     "\"x\":\"\\\\x1b\\\\xff\",\"y\":\"open\"}\n");
	log_info(NULL, "a=\x1b\xc2\x9b\xff\n");
	CHECK_STR(written(), "{\"level\":\"info\",\"a\":\"\\u001b\\u009b"
			     "\xef\xbf\xbd\\n\"}\n");
	log_info(NULL, "%s", "");
	CHECK_STR(written(), "{\"level\":\"info\"}\n");
	end();
}

static void a_value_from_outside_cannot_make_a_pair_of_its_own(void)
{
	CHECK_STR(log_value("plain").text, "plain");
	CHECK_STR(log_value("a b").text, "\"a b\"");
	CHECK_STR(log_value("a=b").text, "\"a=b\"");
	CHECK_STR(log_value("a\"b\\").text, "\"a\\\"b\\\\\"");
	CHECK_STR(log_value("\x1b[\xc2\x9b\n").text,
			"\"\\x1b[\\xc2\\x9b\\x0a\"");
	CHECK_STR(log_value("gr\xc3\xbcn").text, "gr\xc3\xbcn");
	CHECK_STR(log_value("\xc3").text, "\"\\xc3\"");
	CHECK_STR(log_value(NULL).text, "\"\"");
	CHECK_STR(log_value_n("a\0b", 3).text, "\"a\\x00b\"");
}

static void a_long_value_is_cut_between_characters(void)
{
	char text[400];
	struct log_value v;

	memset(text, 'a', sizeof(text));
	text[197] = '\0';
	v = log_value(text); /* the longest that fits */
	CHECK_STR(v.text, text);
	text[197] = 'a';
	v = log_value_n(text, 198);
	CHECK_INT(strlen(v.text), 197);
	CHECK_STR(v.text + 193, "a...");
	for (size_t i = 0; i + 2 <= sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	v = log_value_n(text, sizeof(text));
	CHECK_STR(v.text + strlen(v.text) - 5, "\xc3\xbc...");
	memset(text, '\n', sizeof(text));
	v = log_value_n(text, sizeof(text));
	CHECK(strlen(v.text) < LOG_VALUE_MAX);
	CHECK_HAS(v.text, "\\x0a...\"");
}

static void *write_many(void *arg)
{
	for (int i = 0; i < 200; i++)
		log_info((char *)arg, "n=0123456789");
	return NULL;
}

static void lines_of_several_threads_stay_whole(void)
{
	pthread_t a, b;
	const char *line;
	int lines = 0;

	begin();
	CHECK_INT(pthread_create(&a, NULL, write_many, (void *)"a"), 0);
	CHECK_INT(pthread_create(&b, NULL, write_many, (void *)"b"), 0);
	CHECK_INT(pthread_join(a, NULL), 0);
	CHECK_INT(pthread_join(b, NULL), 0);
	for (line = written(); *line; line += 17, lines++) {
		CHECK(!strncmp(line, "s=a n=0123456789\n", 17) ||
				!strncmp(line, "s=b n=0123456789\n", 17));
	}
	CHECK_INT(lines, 400);
	end();
}

static void a_full_pipe_drops_the_line_and_keeps_errno(void)
{
	begin();
	for (int i = 0; i < 5000; i++)
		log_info(NULL, "a=0123456789abcdef");
	errno = ENOTTY;
	log_info(NULL, "a=b");
	CHECK_INT(errno, ENOTTY);
	end();
}

TESTS(T(a_line_has_the_session_first_and_then_its_pairs),
		T(only_what_the_level_allows_is_written),
		T(only_named_layers_trace), T(no_control_is_ever_raw),
		T(a_long_line_is_cut_and_says_so),
		T(the_time_comes_first_where_it_is_wanted),
		T(as_json_each_pair_is_a_member),
		T(a_value_from_outside_cannot_make_a_pair_of_its_own),
		T(a_long_value_is_cut_between_characters),
		T(lines_of_several_threads_stay_whole),
		T(a_full_pipe_drops_the_line_and_keeps_errno))
