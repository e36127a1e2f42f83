/* What the kernel may carry past the layers, each way by itself. */
#include <sys/socket.h>
#include <unistd.h>

#include "stream/mute.h"
#include "stream/rfb.h"
#include "stream/rfb_filter.h"
#include "stream/spice_filter.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "test.h"

/* A stream, and the other end of its wire. */
static struct stream *wire(int *ret_far)
{
	struct stream *s = NULL;
	int fd[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	CHECK(fd_wrap(&s, fd[0]) == 0);
	*ret_far = fd[1];
	return s;
}

static void passes(const struct stream *s, bool reads, bool writes)
{
	CHECK_INT(stream_bare_fd(s, STREAM_READ), reads ? stream_fd(s) : -1);
	CHECK_INT(stream_bare_fd(s, STREAM_WRITE), writes ? stream_fd(s) : -1);
}

/* Else what is forbidden would pass unseen. */
static void what_a_filter_looks_at_is_never_the_kernels(void)
{
	for (int layer = 0; layer < 3; layer++) {
		int far;
		struct stream *s = wire(&far);

		passes(s, true, true);
		CHECK((layer == 0                  ? mute_wrap(&s, NULL)
				      : layer == 1 ? rfb_filter_wrap(&s,
								     RFB_DROP_INPUT,
								     NULL)
						   : spice_filter_wrap(&s, true,
								     NULL)) ==
				0);
		passes(s, false, true);
		stream_free(s);
		close(far);
	}
}

static void say(int far, const char *text, size_t len)
{
	CHECK_INT(write(far, text, len), (ssize_t)len);
}

static struct stream *logged_in(int *ret_far)
{
	struct stream *s = wire(ret_far);
	const struct secret none = {0};

	say(*ret_far, "RFB 003.008\n\1\1\0\0\0\0", 18);
	CHECK(rfb_login_wrap(&s, &none, NULL) == 0);
	passes(s, false, false);
	CHECK_INT(stream_handshake(s, NULL), 0);
	return s;
}

/* The viewer's messages are looked at: something may be put between them. */
static void what_a_guest_says_is_the_kernels(void)
{
	uint8_t data[STREAM_HEAD + 8] = {[STREAM_HEAD] = 0x7f};
	int far;
	struct stream *s = logged_in(&far);

	passes(s, true, false);
	CHECK_INT(stream_write(s, data + STREAM_HEAD, 1), 1);
	passes(s, true, true); /* of an unknown type: it is lost */
	stream_free(s);
	close(far);
}

TESTS(T(what_a_filter_looks_at_is_never_the_kernels),
		T(what_a_guest_says_is_the_kernels))
