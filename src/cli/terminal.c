#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/err.h"
#include "stream/stream.h"

/* The alternate screen, empty. */
static const char begin[] = "\033[?1049h\033[2J\033[H";
/* Whatever sequence was begun is cancelled. No mouse, no bracketed paste, no
 * focus reports, no keypad, the usual charset; lines scroll, wrap and overwrite
 * as usual, from the corner that is one (both screens share that); cursor and
 * colours as they were; back to the first screen. */
static const char end[] = "\030\033[?1000l\033[?1002l\033[?1003l\033[?1004l"
			  "\033[?1005l\033[?1006l\033[?1015l\033[?2004l"
			  "\033[?1l\033>\033(B\017"
			  "\033[r\033[?6l\033[4l\033[20l\033[?5l\033[?7h"
			  "\033[0m\033[?25h\033[?1049l";

int terminal_open(struct terminal *t, bool beside)
{
	*t = (struct terminal){.fd = -1};
	if (!isatty(STDIN_FILENO) || !(beside || isatty(STDOUT_FILENO)))
		return -ENOTTY;
	t->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0)
		return -ENOTTY;
	return tcgetattr(t->fd, &t->before) < 0 ? -errno : 0;
}

/* A terminal that is stopped (Ctrl+S) must not hold us up. */
static void terminal_put(const struct terminal *t, const char *text)
{
	size_t len = strlen(text);

	for (int tries = 0; len > 0 && tries < 100; tries++) {
		ssize_t n = write(t->fd, text, len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (n < 0)
			(void)usleep(1000);
		else
			len -= (size_t)n, text += n;
	}
}

void terminal_note(const struct terminal *t, const char *fmt, ...)
{
	char text[2 * ERR_TEXT_MAX];
	struct err line; /* which knows how to clean what it is told */
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(&line, 0, fmt, ap);
	va_end(ap);
	(void)snprintf(text, sizeof(text), "\030\033[0m\r\n[%s]\r\n",
			line.text);
	terminal_put(t, text);
}

int terminal_lend(struct terminal *t)
{
	struct termios raw = t->before;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(t->fd, TCSAFLUSH, &raw) < 0)
		return -errno;
	t->lent = true;
	terminal_put(t, begin);
	return 0;
}

void terminal_give_back(struct terminal *t)
{
	if (!t->lent)
		return;
	t->lent = false;
	terminal_put(t, end);
	(void)tcflush(t->fd, TCIFLUSH);
	(void)tcsetattr(t->fd, TCSANOW, &t->before);
}

void terminal_close(struct terminal *t)
{
	terminal_give_back(t);
	if (t->fd >= 0)
		(void)close(t->fd);
	t->fd = -1;
}

void terminal_size(const struct terminal *t, struct note *ret_resize)
{
	struct winsize w = {0};

	(void)ioctl(t->fd, TIOCGWINSZ, &w);
	*ret_resize = (struct note){.kind = NOTE_RESIZE};
	ret_resize->resize.cols = w.ws_col ? w.ws_col : 80;
	ret_resize->resize.rows = w.ws_row ? w.ws_row : 24;
}
