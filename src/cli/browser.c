#include "cli/browser.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/plain_env.h"
#include "config/paths.h"

#ifdef __APPLE__
#define OPENER "open"
#else
#define OPENER "xdg-open"
#endif

enum { FILE_LIVES_S = 30 };

static bool has_desktop(void)
{
#ifdef __APPLE__
	return true;
#else
	const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	return (x && *x) || (wayland && *wayland);
#endif
}

/* Beside the control socket: a folder that is the user's alone. */
static int make_file(char *ret, size_t ret_max)
{
	char socket[PATHS_MAX], *slash;
	int n;

	if (paths_control_socket(socket, sizeof(socket), 1, NULL) < 0)
		return -1;
	slash = strrchr(socket, '/');
	if (!slash)
		return -1;
	n = snprintf(ret, ret_max, "%.*s/open-XXXXXX.html",
			(int)(slash - socket), socket);
	return n > 0 && (size_t)n < ret_max ? mkostemps(ret, 5, O_CLOEXEC) : -1;
}

/* Our URLs are percent-encoded: nothing in them ends an attribute. */
static bool write_file(int fd, const char *url)
{
	FILE *to;

	if (strpbrk(url, "\"'<>\\ \n"))
		return false;
	to = fdopen(fd, "w");
	if (!to)
		return false;
	(void)fprintf(to,
			"<!doctype html><meta charset=\"utf-8\">"
			"<meta name=\"referrer\" content=\"no-referrer\">"
			"<title>Glassbridge</title>"
			"<meta http-equiv=\"refresh\" content=\"0;url=%s\">"
			"<p><a href=\"%s\">Open the console</a>\n",
			url, url);
	return fclose(to) == 0;
}

static void run_opener(const char *path, char **env)
{
	pid_t pid = fork();

	if (pid == 0) {
		environ = env;
		(void)execlp(OPENER, OPENER, path, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

/* A process of its own, which outlives us and then takes the file away. */
static void become_opener(const char *path, char **env)
{
	static const int ours[] = {SIGTERM, SIGHUP, SIGINT, SIGPIPE};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (setsid() < 0 || fork() != 0)
		_exit(0);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	/* a private gateway's listener would live as long as the browser */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		(void)signal(ours[i], SIG_DFL);
	run_opener(path, env);
	(void)sleep(FILE_LIVES_S);
	(void)unlink(path);
	_exit(0);
}

bool browser_open(const char *url)
{
	char path[PATHS_MAX + 32], **env;
	pid_t pid;
	int fd;

	if (!has_desktop())
		return false;
	fd = make_file(path, sizeof(path));
	if (fd < 0)
		return false;
	if (!write_file(fd, url)) {
		(void)unlink(path);
		return false;
	}
	(void)fflush(NULL);
	env = plain_env();
	pid = env ? fork() : -1;
	if (pid == 0)
		become_opener(path, env);
	free(env);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	else
		(void)unlink(path);
	return pid > 0;
}
