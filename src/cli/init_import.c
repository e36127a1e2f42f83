/* A file of proxxx, taken over: its keys are ours (C4, R67). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/init.h"
#include "cli/say.h"
#include "proto/url.h"

enum { IMPORT_MAX = 1024 * 1024 };

/* The whole of a file; freed and wiped by the caller. */
static int read_file(const char *path, char **ret, size_t *ret_len)
{
	char *data = malloc(IMPORT_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = -1;

	if (!data || fd < 0) {
		n = data ? -errno : -ENOMEM;
	} else {
		while (len < IMPORT_MAX &&
				(n = read(fd, data + len, IMPORT_MAX - len)) >
						0)
			len += (size_t)n;
		n = n < 0 ? -errno : len == IMPORT_MAX ? -EFBIG : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	if (n < 0) {
		free(data);
		return say_fail(EXIT_CONFIG, "cannot read %s: %s", path,
				strerrordesc_np((int)-n));
	}
	*ret = data;
	*ret_len = len;
	return 0;
}

static void put_taken(const struct config *c)
{
	char url[URL_MAX];

	for (size_t i = 0; i < c->profile_count; i++) {
		const struct config_profile *p = &c->profiles[i];

		url[0] = '\0';
		if (p->url.count > 0)
			(void)url_format(&p->url.items[0], url, sizeof(url));
		(void)fputs("taken: profile ", stdout);
		put_clean(stdout, p->name);
		(void)printf(" (%s %s)\n", p->kind, url);
	}
	if (c->ssh.guest_count > 0)
		(void)printf("taken: addresses of %zu guests for ssh\n",
				c->ssh.guest_count);
	for (size_t i = 0; i < c->skipped.count; i++) {
		(void)fputs("of no use here: ", stdout);
		put_clean(stdout, c->skipped.items[i]);
		(void)putchar('\n');
	}
	for (size_t i = 0; i < c->warnings.count; i++)
		say("warning: %s", c->warnings.items[i]);
}

static int try_draft(struct init *i)
{
	const struct config_options o = {.path = i->draft};
	struct config *c;
	struct err e;
	int code;

	if (config_load(&c, &o, &e) < 0)
		return say_err(EXIT_CONFIG, &e);
	put_taken(c);
	config_free(c);
	code = init_keep(i);
	if (code == 0)
		(void)printf("written: %s\nnext: glassbridge doctor\n",
				i->path);
	return code;
}

int init_import(struct init *i, const char *file)
{
	char *data = NULL;
	size_t len = 0;
	int code = read_file(file, &data, &len);

	if (code != 0)
		return code;
	code = init_place(i);
	if (code == 0)
		code = init_draft_of(i, data, len);
	secret_wipe(data, len);
	free(data);
	return code ? code : try_draft(i);
}
