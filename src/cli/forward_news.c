/* What is told of listeners: a line each, for people or programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/forward_internal.h"
#include "cli/output.h"
#include "cli/say.h"
#include "core/buf.h"
#include "proto/json.h"

static const char *const state_words[] = {
		[FOLLOW_READY] = "ready",
		[FOLLOW_CLOSED] = "closed",
		[FOLLOW_BUSY] = "busy",
};

static void put_news_json(const struct follow_news *n)
{
	const char *last = n->text ? strrchr(n->text, ':') : NULL;
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "guest", n->guest);
	json_out_put_text(&o, "name", n->name);
	json_out_put_text(&o, "what", n->what);
	json_out_put_text(&o, "state", state_words[n->state]);
	json_out_put_text(&o, "address", n->text);
	json_out_put_uint(&o, "port",
			last ? strtoul(last + 1, NULL, 10) : n->port);
	json_out_put_uint(&o, "guest_port", n->guest_port);
	if (n->why)
		json_out_put_text(&o, "detail", n->why);
	json_out_object_end(&o);
	(void)output_end(&o, &b);
}

/* A word of a line: what a stranger says up to its first blank. */
static void put_word(const char *text)
{
	char word[FORWARD_TEXT_MAX];

	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " "),
			text);
	put_clean(stdout, *word ? word : "-");
	(void)putchar(' ');
}

void forward_put_news(void *arg, const struct follow_news *n)
{
	const struct forwarding *f = arg;

	if (n->why)
		say("%s: %s; it is tried again", n->guest, n->why);
	if (app_json(f->app)) {
		put_news_json(n);
	} else if (n->state != FOLLOW_BUSY) {
		put_word(n->name);
		put_word(n->what);
		(void)printf("%s %s\n", n->text, state_words[n->state]);
	}
	(void)fflush(stdout);
}
