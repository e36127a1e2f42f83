/* What rules close, and what they cannot (N16). */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"
#include "config/config.h"

static const struct {
	unsigned bit;
	const char *word, *closed;
} ways[] = {
		{CONFIG_DENY_CLIPBOARD, "clipboard",
				"cut text is dropped both ways"},
		{CONFIG_DENY_FILES, "files",
				"SPICE's folders (webdav) and ports are "
				"refused"},
		{CONFIG_DENY_USB, "usb", "SPICE's USB channels are refused"},
		{CONFIG_DENY_AUDIO, "audio",
				"SPICE's playback and record channels are "
				"refused"},
};

/* What stands outside of the gateway's reach. */
static const char *const open_ways[] = {
		"what is on the screen can be read, photographed and filmed "
		"by whoever sees it",
		"keys are typed: without view-only, text goes in by typing",
		"who may read this configuration opens consoles by `vnc`, "
		"`serial` and `ssh` directly, past every rule: give them a "
		"link or a token instead",
		"a native viewer that is given the hypervisor's own .vv talks "
		"to the hypervisor, and not to the gateway",
		"the guest's own network is not the gateway's to close",
};

static void put_rule(struct doctor *d, const struct config_rule *rule)
{
	char about[256], guests[192] = "";

	for (size_t i = 0; i < rule->guests.count; i++) {
		size_t len = strlen(guests);

		(void)snprintf(guests + len, sizeof(guests) - len, "%s%s",
				len ? " " : "", rule->guests.items[i]);
	}
	(void)snprintf(about, sizeof(about), "%s on %s", rule->who, guests);
	if (!(rule->may & CONFIG_MAY_CONTROL))
		checks_good(&d->checks, about, "input",
				"closed: keys, pointer and resizing are "
				"dropped");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (rule->deny & ways[i].bit)
			checks_good(&d->checks, about, ways[i].word,
					"closed: %s", ways[i].closed);
		else
			checks_note(&d->checks, about, ways[i].word, NULL,
					"open: its `deny` does not name it");
	}
}

void doctor_sealed(struct doctor *d)
{
	const struct config *c = d->config;

	for (size_t i = 0; i < c->rule_count; i++)
		put_rule(d, &c->rules[i]);
	if (c->rule_count == 0)
		checks_note(&d->checks, "rules", "deny", NULL,
				"there are none, so nothing is closed");
	for (size_t i = 0; i < sizeof(open_ways) / sizeof(*open_ways); i++)
		checks_note(&d->checks, "beyond rules", "open", NULL, "%s",
				open_ways[i]);
}
