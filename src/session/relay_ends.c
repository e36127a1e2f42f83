#include "session/relay_ends.h"

#include <errno.h>
#include <string.h>

#include "relay/hub.h"

enum end_word relay_end_of_client(int r)
{
	switch (r) {
	case -ETIMEDOUT:
		return END_SLOW_READER;
	case -ETIME:
		return END_IDLE;
	case -EPROTO:
	case -EMSGSIZE:
		return END_PROTOCOL_ERROR;
	case -ENOMEM:
		return END_INTERNAL;
	default:
		return END_CLIENT_CLOSED;
	}
}

enum end_word relay_end_of_backend(int r)
{
	switch (r) {
	case 0:
	case -ECONNRESET: /* it went with words of ours unread */
	case -EPIPE:
		return END_GUEST_CLOSED;
	case -ETIMEDOUT:
	case -EHOSTDOWN:
		return END_BACKEND_TIMEOUT;
	case -EPROTO:
	case -EMSGSIZE:
		return END_PROTOCOL_ERROR;
	case -ENOMEM:
		return END_INTERNAL;
	case HUB_SLOW: /* the line goes on without it */
		return END_SLOW_READER;
	default:
		return END_BACKEND_FAILED;
	}
}

const char *relay_detail_of_client(int r)
{
	if (r == -EHOSTDOWN)
		return "The client gave no sign of life for 40 seconds.";
	return NULL;
}

const char *relay_detail_of_backend(int r)
{
	if (r == HUB_SLOW)
		return "It fell behind the others who read this line.";
	return r < 0 ? strerrordesc_np(-r) : NULL;
}
