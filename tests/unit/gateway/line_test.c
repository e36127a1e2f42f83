#include "gateway/line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

static void a_message_arrives_whole_and_in_order(void)
{
	struct line_message m;
	int ends[2], fd;

	CHECK(line_new(ends) == 0);
	CHECK_INT(line_receive(ends[1], &m, &fd), -EAGAIN);
	CHECK(line_send(ends[0], LINE_DRAIN, 10000, -1) == 0);
	CHECK(line_send(ends[0], LINE_RELOADED, -EINVAL, -1) == 0);
	CHECK_INT(line_receive(ends[1], &m, &fd), 1);
	CHECK(m.kind == LINE_DRAIN && m.value == 10000 && fd == -1);
	CHECK_INT(line_receive(ends[1], &m, &fd), 1);
	CHECK(m.kind == LINE_RELOADED && m.value == -EINVAL);
	close(ends[0]);
	CHECK_INT(line_receive(ends[1], &m, &fd), 0);
	CHECK_INT(line_send(ends[1], LINE_READY, 0, -1), -EPIPE);
	close(ends[1]);
}

static void a_descriptor_comes_along_and_ends_with_an_exec(void)
{
	struct line_message m;
	int ends[2], ways[2], fd = -1;
	char c = 0;

	CHECK(line_new(ends) == 0);
	CHECK(pipe(ways) == 0);
	CHECK(line_send(ends[0], LINE_ASK, 0, ways[1]) == 0);
	CHECK_INT(line_receive(ends[1], &m, &fd), 1);
	CHECK(m.kind == LINE_ASK && fd >= 0);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(write(fd, "x", 1) == 1 && read(ways[0], &c, 1) == 1);
	CHECK_INT(c, 'x');
	close(fd);
	close(ways[0]);
	close(ways[1]);
	close(ends[0]);
	close(ends[1]);
}

static void a_message_of_another_size_is_none(void)
{
	struct line_message m;
	char long_one[8 + LINE_TEXT_MAX] = {0};
	int ends[2], fd;

	CHECK(line_new(ends) == 0);
	CHECK(send(ends[0], long_one, 3, 0) == 3);
	CHECK(send(ends[0], long_one, sizeof(long_one), 0) == sizeof(long_one));
	CHECK_INT(line_receive(ends[1], &m, &fd), -EPROTO);
	CHECK_INT(line_receive(ends[1], &m, &fd), -EPROTO);
	close(ends[0]);
	close(ends[1]);
}

/* The number that the next descriptor gets. */
static int next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void of_many_descriptors_none_stays_open(void)
{
	struct line_message m = {.kind = LINE_PORT};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec io = {&m, sizeof(m) - 1};
	struct msghdr h = {.msg_iov = &io,
			.msg_iovlen = 1,
			.msg_control = &control};
	int ends[2], fds[8] = {0}, fd, before;

	CHECK(line_new(ends) == 0);
	before = next_fd();
	for (size_t count = 2; count <= 8; count++) {
		memset(&control, 0, sizeof(control));
		h.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
		CHECK(sendmsg(ends[0], &h, 0) > 0);
		CHECK_INT(line_receive(ends[1], &m, &fd), -EPROTO);
		CHECK_INT(next_fd(), before);
	}
	close(ends[0]);
	close(ends[1]);
}

static void a_text_comes_along_as_far_as_there_is_room(void)
{
	struct line_message m;
	char text[2 * LINE_TEXT_MAX];
	int ends[2], fd;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(line_new(ends) == 0);
	CHECK(line_tell(ends[0], LINE_PORT, 1, "0 ::1 boxes/a:5901", -1) == 0);
	CHECK(line_tell(ends[0], LINE_PORT, 1, text, -1) == 0);
	CHECK(line_send(ends[0], LINE_READY, 0, -1) == 0);
	CHECK_INT(line_receive(ends[1], &m, &fd), 1);
	CHECK_STR(m.text, "0 ::1 boxes/a:5901");
	CHECK_INT(line_receive(ends[1], &m, &fd), 1);
	CHECK_INT(strlen(m.text), LINE_TEXT_MAX - 1);
	CHECK_INT(line_receive(ends[1], &m, &fd), 1);
	CHECK(m.kind == LINE_READY && m.text[0] == '\0');
	close(ends[0]);
	close(ends[1]);
}

TESTS(T(a_message_arrives_whole_and_in_order),
		T(a_text_comes_along_as_far_as_there_is_room),
		T(a_descriptor_comes_along_and_ends_with_an_exec),
		T(of_many_descriptors_none_stays_open),
		T(a_message_of_another_size_is_none))
