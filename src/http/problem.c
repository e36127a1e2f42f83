#include "http/problem.h"

#include <assert.h>
#include <string.h>

#include "core/buf.h"
#include "http/headers.h"

int http_problem(struct buf *out, unsigned status, const char *code,
		const char *detail)
{
	assert(!strpbrk(code, "\"\\") && !strpbrk(detail, "\"\\"));
	return buf_addf(out,
			"{\"type\":\"docs/troubleshooting.md#%s\","
			"\"title\":\"%s\",\"status\":%u,"
			"\"code\":\"%s\",\"detail\":\"%s\"}\n",
			code, http_status_text(status), status, code, detail);
}
