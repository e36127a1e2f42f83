#include <stdio.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/buf.h"
#include "core/crypto.h"
#include "core/loop.h"
#include "http/assets.h"
#include "http/client.h"
#include "http/parser.h"
#include "proto/json.h"

struct version_values {
	bool licenses;
};

static const struct option_rule options[] = {
		{"licenses", 0, OPTION_FLAG,
				offsetof(struct version_values, licenses), NULL,
				"the licences of what is built in", NULL},
		{0},
};

static int version(struct app *a, const void *values, int argc, char **argv);

const struct command version_command = {
		.name = "version",
		.summary = "Say the version, and those of the libraries",
		.options = options,
		.values_size = sizeof(struct version_values),
		.run = version,
};

#ifdef __clang__
#define COMPILER "" /* its own text says who it is */
#else
#define COMPILER "gcc "
#endif

static const char compiler[] = COMPILER __VERSION__;

/* Its C code is inside of the program; the others are libraries beside it. */
static const char llhttp_license[] =
		"llhttp\n\nThis software is licensed under the MIT License.\n\n"
		"Copyright Fedor Indutny, 2018.\n\n"
		"Permission is hereby granted, free of charge, to any person "
		"obtaining a copy of this\n"
		"software and associated documentation files (the "
		"\"Software\"), to deal in the Software\n"
		"without restriction, including without limitation the rights "
		"to use, copy, modify,\n"
		"merge, publish, distribute, sublicense, and/or sell copies of "
		"the Software, and to\n"
		"permit persons to whom the Software is furnished to do so, "
		"subject to the following\n"
		"conditions:\n\n"
		"The above copyright notice and this permission notice shall "
		"be included in all copies\n"
		"or substantial portions of the Software.\n\n"
		"THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY "
		"KIND, EXPRESS OR IMPLIED,\n"
		"INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF "
		"MERCHANTABILITY, FITNESS FOR A PARTICULAR\n"
		"PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR "
		"COPYRIGHT HOLDERS BE\n"
		"LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN "
		"AN ACTION OF CONTRACT,\n"
		"TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH "
		"THE SOFTWARE OR THE USE\n"
		"OR OTHER DEALINGS IN THE SOFTWARE.\n";

static void put_licenses(void)
{
	const struct asset *page = asset_find("/licenses.txt");

	(void)puts("Glassbridge is under the Apache License 2.0.\n\n"
		   "It uses libuv (MIT), OpenSSL (Apache 2.0), libcurl (the "
		   "curl licence) and\njansson (MIT) as the system has them. "
		   "Inside of the program are:\n\n"
		   "----");
	(void)puts(llhttp_license);
	if (!page) {
		(void)puts("This program was built without its page.");
		return;
	}
	(void)puts("----\nThe page:\n");
	(void)fwrite(page->raw, 1, page->raw_len, stdout);
}

static void put_text(void)
{
	(void)printf("glassbridge %s\n", GLASSBRIDGE_VERSION);
	(void)printf("compiler    %s\n", compiler);
	(void)printf("libuv       %s\n", loop_library());
	(void)printf("openssl     %s\n", crypto_library());
	(void)printf("libcurl     %s\n", http_client_version());
	(void)printf("jansson     %s\n", json_library());
	(void)printf("llhttp      %s\n", http_parser_library);
	(void)printf("page        %s\n", assets_built ? "built in" : "missing");
}

static int put_version_json(void)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "version", GLASSBRIDGE_VERSION);
	json_out_put_text(&o, "compiler", compiler);
	json_out_put_object(&o, "libraries");
	json_out_put_text(&o, "libuv", loop_library());
	json_out_put_text(&o, "openssl", crypto_library());
	json_out_put_text(&o, "libcurl", http_client_version());
	json_out_put_text(&o, "jansson", json_library());
	json_out_put_text(&o, "llhttp", http_parser_library);
	json_out_object_end(&o);
	json_out_put_bool(&o, "page", assets_built);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static int version(struct app *a, const void *values, int argc, char **argv)
{
	const struct version_values *v = values;

	if (v->licenses)
		put_licenses();
	else if (app_json(a))
		return put_version_json();
	else
		put_text();
	return EXIT_OK;
}
