#include "core/err.h"

#include <errno.h>
#include <string.h>

#include "test.h"

static void an_error_is_a_code_and_a_sentence(void)
{
	struct err e = {0};

	CHECK_INT(err_set(&e, -EINVAL, "port '%s' is no number", "x"), -EINVAL);
	CHECK_INT(e.code, -EINVAL);
	CHECK_STR(e.text, "port 'x' is no number");
	CHECK_INT(err_prefix(&e, "line %d", 3), -EINVAL);
	CHECK_STR(e.text, "line 3: port 'x' is no number");
}

static void nobody_may_be_listening(void)
{
	CHECK_INT(err_set(NULL, -EIO, "%s", "x"), -EIO);
	CHECK_INT(err_prefix(NULL, "x"), 0);
}

static void controls_and_length_are_tamed(void)
{
	char big[1000];
	struct err e = {0};

	(void)err_set(&e, -EIO, "a\x1b[2J\nb\x7f%c", '\t');
	CHECK_STR(e.text, "a?[2J?b??");
	(void)err_set(&e, -EIO, "%s", "\xc2\x9b\xff\xc3\xbc\xc3");
	CHECK_STR(e.text, "???\xc3\xbc?");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)err_set(&e, -EIO, "%s", big);
	CHECK_INT(strlen(e.text), ERR_TEXT_MAX - 1);
	CHECK_INT(err_prefix(&e, "%s", "where"), -EIO);
	CHECK_INT(strlen(e.text), ERR_TEXT_MAX - 1);
	CHECK(strncmp(e.text, "where: xxx", 10) == 0);
}

TESTS(T(an_error_is_a_code_and_a_sentence), T(nobody_may_be_listening),
		T(controls_and_length_are_tamed))
