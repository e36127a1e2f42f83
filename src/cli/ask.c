#include "cli/ask.h"

#include <errno.h>
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

/* By single bytes: what is typed ahead stays for the next question. The last
 * line of a file may lack its end. */
static bool read_line(char *ret, size_t ret_max)
{
	size_t len = 0;
	ssize_t n;
	char c;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1) {
		if (c == '\n') {
			ret[len] = '\0';
			return true;
		}
		if (len + 1 == ret_max)
			break;
		ret[len++] = c;
	}
	ret[n == 0 ? len : 0] = '\0';
	return n == 0 && len > 0;
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

/* ---- secrets --------------------------------------------------------------
 */

/* Signals that end us; first the terminal shows again what is typed. */
static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { ENDS = sizeof(ends) / sizeof(*ends) };

static volatile sig_atomic_t ended_by;

static void on_end(int signum)
{
	ended_by = signum; /* and read() answers EINTR */
}

/* Nothing is shown from before the question on: who answers it at once is not
 * seen, and loses nothing. */
static bool read_hidden(const char *question, char *line, size_t line_max)
{
	const struct sigaction a = {.sa_handler = on_end};
	struct sigaction before[ENDS];
	struct termios shown, quiet;
	bool good;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return false;
	quiet = shown;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	ended_by = 0;
	for (size_t i = 0; i < ENDS; i++)
		(void)sigaction(ends[i], &a, &before[i]);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	put_clean(stderr, question);
	(void)fputs(" (it is not shown): ", stderr);
	(void)fflush(stderr);
	good = !ended_by && read_line(line, line_max);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &shown);
	(void)fputc('\n', stderr);
	for (size_t i = 0; i < ENDS; i++)
		(void)sigaction(ends[i], &before[i], NULL);
	if (ended_by)
		(void)raise(ended_by);
	return good && !ended_by;
}

bool ask_secret(const char *question, struct secret *ret)
{
	char line[SECRET_LINE_MAX];
	bool good = isatty(STDIN_FILENO)
				    ? read_hidden(question, line, sizeof(line))
				    : read_line(line, sizeof(line));

	good = good && secret_set(ret, line, strlen(line)) == 0;
	secret_wipe(line, sizeof(line));
	return good;
}
