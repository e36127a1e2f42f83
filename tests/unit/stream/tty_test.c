/* A pseudo terminal stands in for a serial port. */
#include "stream/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "stream/stream.h"
#include "test.h"

static int far; /* the other end of the line */
static char line[64];

static void plug_in(void)
{
	far = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	CHECK(far >= 0 && grantpt(far) == 0 && unlockpt(far) == 0);
	CHECK_INT(ptsname_r(far, line, sizeof(line)), 0);
}

static struct stream *opened(void)
{
	struct stream *s = NULL;
	struct err e;

	CHECK_INT(tty_wrap(&s, line, 115200, &e), 0);
	CHECK_INT(stream_handshake(s, &e), 0);
	CHECK(stream_fd(s) >= 0);
	return s;
}

static void every_byte_value_goes_both_ways(void)
{
	uint8_t scratch[STREAM_HEAD + 256], *data = scratch + STREAM_HEAD;
	struct stream *s;

	plug_in();
	s = opened();
	for (int i = 0; i < 256; i++)
		data[i] = (uint8_t)i;
	CHECK_INT(stream_write(s, data, 256), 256);
	memset(data, 0, 256);
	CHECK_INT(read(far, data, 256), 256);
	for (int i = 0; i < 256; i++)
		CHECK_INT(data[i], i);
	CHECK_INT(write(far, data, 256), 256);
	memset(data, 0, 256);
	CHECK_INT(stream_read(s, data, 256), 256);
	for (int i = 0; i < 256; i++)
		CHECK_INT(data[i], i);
	CHECK_INT(stream_read(s, data, 256), -EAGAIN); /* and no echo */
	CHECK_INT(read(far, data, 256), -1);
	stream_free(s);
	close(far);
}

static void it_has_its_speed_and_is_raw(void)
{
	struct termios t;
	struct stream *s = NULL;

	plug_in();
	CHECK_INT(tty_wrap(&s, line, 9600, NULL), 0);
	CHECK_INT(tcgetattr(stream_fd(s), &t), 0);
	CHECK_INT(cfgetospeed(&t), B9600);
	CHECK_INT(t.c_lflag & (ICANON | ECHO | ISIG), 0);
	CHECK_INT(t.c_oflag & OPOST, 0);
	CHECK(t.c_cflag & CLOCAL);
	CHECK_INT(t.c_cflag & CRTSCTS, 0);
	stream_free(s);
	close(far);
}

static void only_one_has_the_line(void)
{
	struct stream *s, *other = NULL;
	struct err e;

	plug_in();
	s = opened();
	CHECK_INT(tty_wrap(&other, line, 9600, &e), -EBUSY);
	CHECK_HAS(e.text, "another program");
	CHECK_HAS(e.text, line);
	CHECK(!other);
	stream_free(s);
	stream_free(opened());
	close(far);
}

static void a_device_that_is_pulled_out_is_the_end(void)
{
	uint8_t scratch[STREAM_HEAD + 8];
	struct stream *s;

	plug_in();
	s = opened();
	CHECK_INT(stream_read(s, scratch + STREAM_HEAD, 8), -EAGAIN);
	close(far);
	CHECK_INT(stream_read(s, scratch + STREAM_HEAD, 8), 0);
	CHECK_INT(stream_read(s, scratch + STREAM_HEAD, 8), 0);
	stream_free(s);
}

static void it_never_becomes_our_controlling_terminal(void)
{
	pid_t child;
	int status;

	plug_in();
	child = fork();
	if (child == 0) {
		struct stream *s = NULL;
		int own;

		(void)setsid();
		if (tty_wrap(&s, line, 9600, NULL) < 0)
			_exit(1);
		own = open("/dev/tty", O_RDWR | O_CLOEXEC);
		_exit(own < 0 && errno == ENXIO ? 0 : 2);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
	close(far);
}

/* ---- a slow line ----------------------------------------------------------
 * What the kernel does where bytes are queued, which a pseudo terminal's are
 * not: they are counted, and closing waits until they are out.
 */

static int queued;
static sem_t out;
static pthread_t loops;
static _Atomic int closed_apart;

int ioctl(int fd, unsigned long op, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, op);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (op != TIOCOUTQ || queued == 0)
		return (int)syscall(SYS_ioctl, fd, op, arg);
	*(int *)arg = queued;
	return 0;
}

int close(int fd)
{
	if (queued > 0 && !pthread_equal(pthread_self(), loops)) {
		(void)sem_wait(&out);
		closed_apart++;
	}
	return (int)syscall(SYS_close, fd);
}

static void a_slow_line_is_left_without_waiting(void)
{
	struct stream *s;

	loops = pthread_self();
	CHECK_INT(sem_init(&out, 0, 0), 0);
	plug_in();
	s = opened();
	queued = 4000;
	stream_free(s); /* its bytes are not out */
	CHECK_INT(closed_apart, 0);
	stream_free(opened()); /* and the line is free already */
	CHECK_INT(sem_post(&out), 0);
	CHECK_INT(sem_post(&out), 0);
	while (closed_apart < 2)
		(void)sched_yield();
	queued = 0;
	close(far);
}

static void refused(const char *path, unsigned speed, int r, const char *words)
{
	struct stream *s = NULL;
	struct err e;

	CHECK_INT(tty_wrap(&s, path, speed, &e), r);
	CHECK_HAS(e.text, words);
	CHECK(!s);
}

static void each_failure_has_its_sentence(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/tty_test.%d",
			(int)getpid());
	CHECK(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	refused("/dev/ttyNONE", 9600, -ENOENT, "there is no serial device");
	refused("/dev/null", 9600, -ENOTTY, "/dev/null is no serial device");
	refused("/etc", 9600, -ENOTTY, "no serial device");
	refused("/etc/passwd", 9600, -ENOTTY, "no serial device");
	refused(a.sun_path, 9600, -ENOTTY, "is written unix:/tmp");
	refused("/dev/ttyS0", 9601, -EINVAL, "a speed of 9601");
	CHECK(unlink(a.sun_path) == 0);
	close(fd);
}

TESTS(T(every_byte_value_goes_both_ways), T(it_has_its_speed_and_is_raw),
		T(only_one_has_the_line),
		T(a_device_that_is_pulled_out_is_the_end),
		T(it_never_becomes_our_controlling_terminal),
		T(a_slow_line_is_left_without_waiting),
		T(each_failure_has_its_sentence))
