#include "cli/ask.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/say.h"
#include "core/secret.h"

enum { SECRET_LINE_MAX = 1024 };

bool ask_can(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* By single bytes: what is typed ahead stays for the next question. */
static bool read_line(char *ret, size_t ret_max)
{
	size_t len = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n') {
			ret[len] = '\0';
			return true;
		}
		if (len + 1 == ret_max)
			break;
		ret[len++] = c;
	}
	ret[0] = '\0';
	return false;
}

bool ask_line(const char *question, const char *usual, char *ret,
		size_t ret_max)
{
	put_clean(stderr, question);
	if (usual) {
		(void)fputs(" [", stderr);
		put_clean(stderr, usual);
		(void)fputs("]", stderr);
	}
	(void)fputs(": ", stderr);
	(void)fflush(stderr);
	if (!read_line(ret, ret_max))
		return false;
	if (!*ret && usual)
		(void)snprintf(ret, ret_max, "%s", usual);
	return true;
}

bool ask_secret(const char *question, struct secret *ret)
{
	char line[SECRET_LINE_MAX];
	struct termios before, quiet;
	sigset_t all, old;
	bool good;

	(void)fprintf(stderr, "%s (it is not shown): ", question);
	(void)fflush(stderr);
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	/* an interrupt comes when the terminal shows again what is typed */
	(void)sigemptyset(&all);
	(void)sigaddset(&all, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &all, &old);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	good = read_line(line, sizeof(line)) &&
	       secret_set(ret, line, strlen(line)) == 0;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	(void)fputc('\n', stderr);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	secret_wipe(line, sizeof(line));
	return good;
}
