#include "stream/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "stream/layer.h"
#include "stream/tcp.h"

static const struct {
	unsigned speed;
	speed_t code;
} speeds[] = {
		{300, B300},
		{600, B600},
		{1200, B1200},
		{2400, B2400},
		{4800, B4800},
		{9600, B9600},
		{19200, B19200},
		{38400, B38400},
		{57600, B57600},
		{115200, B115200},
		{230400, B230400},
		{460800, B460800},
		{500000, B500000},
		{576000, B576000},
		{921600, B921600},
		{1000000, B1000000},
		{1500000, B1500000},
		{2000000, B2000000},
		{3000000, B3000000},
		{4000000, B4000000},
};

static int speed_find(unsigned speed, speed_t *ret_code)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(*speeds); i++)
		if (speeds[i].speed == speed) {
			*ret_code = speeds[i].code;
			return 0;
		}
	return -EINVAL;
}

/* ---- opening --------------------------------------------------------------
 */

static int open_failed(const char *path, int r, struct err *e)
{
	switch (r) {
	case -ENOENT:
		return err_set(e, r, "there is no serial device %s", path);
	case -EACCES:
	case -EPERM:
		return err_set(e, -EACCES,
				"the serial device %s may not be opened: its "
				"group (often dialout) is not ours, or the "
				"gateway was started before it was configured",
				path);
	case -EBUSY:
		return err_set(e, -EBUSY,
				"another program has the serial device %s open",
				path);
	case -ENOTTY:
	case -EISDIR:
	case -ENODEV:
		return err_set(e, -ENOTTY,
				"%s is no serial device (a Unix socket is "
				"written unix:%s)",
				path, path);
	case -EIO:
		return err_set(e, r,
				"nothing is behind the serial device %s: the "
				"machine has no such port",
				path);
	default:
		return err_set(e, r, "the serial device %s: %s", path,
				strerrordesc_np(-r));
	}
}

/* Raw, 8N1; no wires but the two of data are looked at. */
static int line_prepare(int fd, speed_t speed)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	(void)cfsetispeed(&t, speed);
	(void)cfsetospeed(&t, speed);
	return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

/* The mark keeps out those who ask the kernel, the lock the privileged who
 * ask us: two gateways, two lines of one configuration. */
static int line_claim(int fd)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &all) < 0)
		return errno == EAGAIN ? -EBUSY : -errno;
	return ioctl(fd, TIOCEXCL) < 0 ? -errno : 0;
}

static int line_open(const char *path, speed_t speed)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), r;

	if (fd < 0) /* ENXIO: a socket, or a name without a driver */
		return errno == ENXIO ? -ENOTTY : -errno;
	r = isatty(fd) ? line_claim(fd) : -errno;
	if (r == 0)
		r = line_prepare(fd, speed);
	if (r == 0)
		return fd;
	close(fd);
	return r == -EINVAL ? -ENOTTY : r;
}

/* ---- closing --------------------------------------------------------------
 */

enum { LAST_WORDS_S = 2 }; /* that the program's end waits for them */

/* Lines whose last bytes are under way, each with a thread of its own. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t fewer;
	unsigned count;
} leaving = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void *line_close(void *fd)
{
	(void)close((int)(intptr_t)fd);
	(void)pthread_mutex_lock(&leaving.lock);
	leaving.count--;
	(void)pthread_cond_signal(&leaving.fewer);
	(void)pthread_mutex_unlock(&leaving.lock);
	return NULL;
}

/* Or the program's end would cut them off. */
static void wait_for_last_words(void)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LAST_WORDS_S;
	(void)pthread_mutex_lock(&leaving.lock);
	while (leaving.count > 0 && pthread_cond_timedwait(&leaving.fewer,
						    &leaving.lock, &until) == 0)
		;
	(void)pthread_mutex_unlock(&leaving.lock);
}

static void wait_at_the_end(void)
{
	(void)atexit(wait_for_last_words);
}

/* A signal would cut off what close() waits for. */
static int line_close_apart(int fd)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_t thread;
	sigset_t all, before;
	int r;

	(void)pthread_once(&once, wait_at_the_end);
	(void)sigfillset(&all);
	(void)pthread_mutex_lock(&leaving.lock);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, line_close, (void *)(intptr_t)fd);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0) {
		leaving.count++;
		(void)pthread_detach(thread);
	}
	(void)pthread_mutex_unlock(&leaving.lock);
	return -r;
}

/*
 * The line is somebody else's from now on, also while the last of ours goes
 * out: the kernel holds who closes it until then, up to half a minute where the
 * line is slow. So that is not the loop's to do; the descriptor that the loop
 * closes is then not the last one. The mark would stay with a device that
 * somebody else still holds open.
 */
static void line_leave(int fd)
{
	struct flock all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	int queued = 0, last;

	(void)fcntl(fd, F_OFD_SETLK, &all);
	(void)ioctl(fd, TIOCNXCL);
	if (ioctl(fd, TIOCOUTQ, &queued) < 0 || queued == 0)
		return;
	last = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (last >= 0 && line_close_apart(last) == 0)
		return;
	(void)tcflush(fd, TCOFLUSH); /* better lost than waited for */
	if (last >= 0)
		(void)close(last);
}

/* ---- the layer ------------------------------------------------------------
 */

/* A device that was pulled out says so by EIO. */
static ssize_t tty_read(struct stream *s, uint8_t *data, size_t len)
{
	ssize_t n = stream_read(s->below, data, len);

	return n == -EIO ? 0 : n;
}

static void tty_free(struct stream *s)
{
	line_leave(stream_fd(s->below));
	free(s);
}

static const struct stream_ops tty_ops = {
		.name = "tty",
		.read = tty_read,
		.free = tty_free,
};

int tty_wrap(struct stream **s, const char *path, unsigned speed, struct err *e)
{
	struct stream *layer, *line = NULL;
	speed_t code;
	int fd, r;

	if (speed_find(speed, &code) < 0)
		return err_set(e, -EINVAL, "no serial device has a speed of %u",
				speed);
	fd = line_open(path, code);
	if (fd < 0)
		return open_failed(path, fd, e);
	layer = calloc(1, sizeof(*layer));
	r = fd_wrap(&line, fd);
	if (r < 0 || !layer) {
		stream_free(line);
		free(layer);
		return err_set(e, r < 0 ? r : -ENOMEM, "%s: out of memory",
				path);
	}
	layer_push(&line, layer, &tty_ops);
	*s = line;
	return 0;
}
