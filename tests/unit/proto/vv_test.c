#include "proto/vv.h"

#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "test.h"

static struct buf b;
static struct err e;

static void a_file_is_a_group_of_lines_with_the_type_first(void)
{
	static const char should[] = "[virt-viewer]\ntype=vnc\nport=5900\n"
				     "title=VM 100 \xc3\xbc\n";

	buf_init(&b, VV_MAX);
	CHECK_INT(vv_begin(&b, "vnc"), 0);
	CHECK_INT(vv_add(&b, "port", "5900", &e), 0);
	CHECK_INT(vv_add(&b, "title", "VM 100 \xc3\xbc", &e), 0);
	CHECK_INT(b.len, sizeof(should) - 1);
	CHECK_MEM(buf_data(&b), should, b.len);
	buf_done(&b);
}

static void nobody_adds_a_line_of_their_own(void)
{
	buf_init(&b, VV_MAX);
	CHECK_INT(vv_add(&b, "title", "x\nhost=evil", &e), -EINVAL);
	CHECK(strstr(e.text, "title") && !strstr(e.text, "evil"));
	CHECK_INT(vv_add(&b, "title", "x\rhost=evil", &e), -EINVAL);
	CHECK_INT(vv_add(&b, "title", "\x7f", &e), -EINVAL);
	CHECK_INT(vv_add(&b, "a=b", "x", &e), -EINVAL);
	CHECK_INT(vv_add(&b, "[x]", "x", &e), -EINVAL);
	CHECK_INT(vv_add(&b, "a\nb", "x", &e), -EINVAL);
	CHECK_INT(vv_add(&b, "", "x", &e), -EINVAL);
	CHECK_INT(b.len, 0);
	CHECK_INT(vv_add(&b, "secure-attention", "Ctrl+Alt+Ins", &e), 0);
	buf_done(&b);
}

static void there_is_an_end_to_it(void)
{
	char long_text[VV_MAX + 1];

	memset(long_text, 'x', VV_MAX);
	long_text[VV_MAX] = '\0';
	buf_init(&b, VV_MAX);
	CHECK_INT(vv_add(&b, "ca", long_text, &e), -EMSGSIZE);
	CHECK_INT(b.len, 0);
	buf_done(&b);
}

TESTS(T(a_file_is_a_group_of_lines_with_the_type_first),
		T(nobody_adds_a_line_of_their_own), T(there_is_an_end_to_it))
