/*
 * The tiny guest's one program beside busybox: a shell on a terminal of its
 * own, seen and used from two places at once, the VGA console and the serial
 * line. So what somebody types on the screen's keyboard is found on the
 * serial line, and the other way round.
 *
 *	mirror DEVICE DEVICE PROGRAM [ARGUMENT...]
 *
 * Ends when the program does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum {
	PLACES = 2,
	ROWS = 25,
	COLS = 80,
	PATIENCE_MS = 200,
};

static int open_raw(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || tcgetattr(fd, &t) < 0) {
		perror(path);
		exit(1);
	}
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL; /* a serial line with nobody there is no hangup */
	(void)tcsetattr(fd, TCSANOW, &t);
	return fd;
}

/* A place that takes nothing (a stuck serial line) must not stop the other. */
static void show(int fd, const char *data, size_t len)
{
	while (len > 0) {
		struct pollfd room = {fd, POLLOUT, 0};
		ssize_t n;

		if (poll(&room, 1, PATIENCE_MS) <= 0)
			return;
		n = write(fd, data, len);
		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* 1: bytes were carried, 0: nothing for now, -1: the terminal is gone */
static int carry(int from, const int *to, int count)
{
	char data[1024];
	ssize_t n = read(from, data, sizeof(data));

	if (n <= 0)
		return n < 0 && errno == EIO ? -1 : 0;
	for (int i = 0; i < count; i++)
		show(to[i], data, (size_t)n);
	return 1;
}

int main(int argc, char **argv)
{
	struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
	struct pollfd polled[PLACES + 1];
	int place[PLACES], shell;

	if (argc < PLACES + 2)
		return 2;
	for (int i = 0; i < PLACES; i++)
		place[i] = open_raw(argv[1 + i]);
	switch (forkpty(&shell, NULL, NULL, &size)) {
	case -1:
		perror("forkpty");
		return 1;
	case 0:
		(void)execv(argv[PLACES + 1], argv + PLACES + 1);
		_exit(127);
	}
	for (;;) {
		for (int i = 0; i < PLACES; i++)
			polled[i] = (struct pollfd){place[i], POLLIN, 0};
		polled[PLACES] = (struct pollfd){shell, POLLIN, 0};
		if (poll(polled, PLACES + 1, -1) < 0)
			return 1;
		for (int i = 0; i < PLACES; i++) {
			if (polled[i].revents & POLLIN)
				(void)carry(place[i], &shell, 1);
		}
		if (polled[PLACES].revents && carry(shell, place, PLACES) < 0)
			return 0;
	}
}
