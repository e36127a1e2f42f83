#include "session/ends.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

/* clang-format off */
static const struct end_info ends[END_WORDS] = {
	[END_CLIENT_CLOSED] = {"client_closed", 200, 1000, 0,
		"The console was closed.",
		"Open it again from the list of guests."},
	[END_GUEST_CLOSED] = {"guest_closed", 200, 1000, 1,
		"The guest closed the connection.",
		"It may have shut down or restarted; try again in a moment."},
	[END_GUEST_NOT_RUNNING] = {"guest_not_running", 409, 4409, 1,
		"The guest is not running.",
		"Start it, then open the console again."},
	[END_NO_SUCH_GUEST] = {"no_such_guest", 404, 4404, 5,
		"There is no such guest.",
		"`glassbridge ls` lists the guests that can be opened."},
	[END_NO_SUCH_CONSOLE] = {"no_such_console", 404, 4404, 5,
		"The guest has no console of this kind.",
		"Choose another kind; the guest's entry says what it lacks."},
	[END_BAD_REQUEST] = {"bad_request", 400, 4400, 2,
		"The request was not understood.",
		"Compare it with docs/api.md."},
	[END_NOT_SIGNED_IN] = {"not_signed_in", 401, 4401, 4,
		"You are not signed in.",
		"Sign in, or open a one-time link."},
	[END_NOT_PERMITTED] = {"not_permitted", 403, 4403, 4,
		"Your sign-in does not permit this.",
		"Ask for a rule that covers this guest."},
	[END_LOGIN_FAILED] = {"login_failed", 401, 4401, 4,
		"The sign-in was refused.",
		"Check what you typed; a link works once."},
	[END_LINK_USED] = {"link_used", 403, 4403, 4,
		"This code or link was used before, or was never given out.",
		"Ask for a new one; each works once."},
	[END_LINK_EXPIRED] = {"link_expired", 403, 4403, 4,
		"This code or link is too old.",
		"Ask for a new one and use it soon."},
	[END_BUSY] = {"busy", 409, 4409, 7,
		"Somebody else uses this console.",
		"Wait, or take it over."},
	[END_HYPERVISOR_UNREACHABLE] = {"hypervisor_unreachable", 502, 4502, 1,
		"The hypervisor cannot be reached.",
		"Check its address and the network between."},
	[END_HYPERVISOR_REFUSED] = {"hypervisor_refused", 502, 4502, 4,
		"The hypervisor refused the gateway.",
		"Check the gateway's credential and its rights there."},
	[END_HYPERVISOR_UNTRUSTED] = {"hypervisor_untrusted", 502, 4502, 6,
		"The certificate is not the one that is trusted.",
		"If it was renewed, store its new fingerprint."},
	[END_BACKEND_TIMEOUT] = {"backend_timeout", 504, 4504, 7,
		"The guest's console did not answer in time.",
		"It may be starting; try again in a moment."},
	[END_BACKEND_REFUSED] = {"backend_refused", 502, 4502, 4,
		"The guest's console refused the login.",
		"Check the console password in the configuration."},
	[END_BACKEND_FAILED] = {"backend_failed", 502, 1011, 1,
		"The connection to the guest's console failed.",
		"Check that the console listens at its address."},
	[END_PROTOCOL_ERROR] = {"protocol_error", 400, 1002, 1,
		"The other side broke the protocol.",
		"Check that the address is a console of this kind."},
	[END_SLOW_READER] = {"slow_reader", 408, 1013, 1,
		"The viewer stopped reading for too long.",
		"Reconnect; on a slow line choose a lower quality."},
	[END_IDLE] = {"idle", 408, 1000, 1,
		"There was no input for the time that is allowed.",
		"Open the console again."},
	[END_LIMIT] = {"limit", 429, 4429, 7,
		"A limit on consoles or requests is reached.",
		"Close a console or wait a minute."},
	[END_KILLED] = {"killed", 403, 4403, 1,
		"The session was ended by an administrator.",
		"Ask them before you open it again."},
	[END_STORE_UNAVAILABLE] = {"store_unavailable", 503, 4503, 1,
		"The gateway's store cannot be reached.",
		"Running consoles live on; try again in a moment."},
	[END_SHUTDOWN] = {"shutdown", 503, 1001, 1,
		"The gateway is shutting down or restarting.",
		"The page reconnects by itself."},
	[END_INTERNAL] = {"internal", 500, 1011, 1,
		"Something failed inside the gateway.",
		"Its log has a line with this session's id."},
};
/* clang-format on */

const struct end_info *end_info(enum end_word w)
{
	return &ends[w < END_WORDS ? w : END_INTERNAL];
}

enum end_word end_word_from(const char *word)
{
	for (int i = 0; i < END_WORDS; i++)
		if (strcmp(ends[i].word, word) == 0)
			return (enum end_word)i;
	return END_WORDS;
}

void end_note(enum end_word w, const char *detail, struct note *ret_close)
{
	const struct end_info *i = end_info(w);
	char text[2 * ERR_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%s: %s", i->word,
			detail && *detail ? detail : i->sentence);
	text[utf8_cut(text, strlen(text), NOTE_REASON_MAX)] = '\0';
	ret_close->kind = NOTE_CLOSE;
	ret_close->close.code = i->close_code;
	memcpy(ret_close->close.reason, text, strlen(text) + 1);
}

/* Is it the far side that failed? */
static bool is_far(enum end_word w)
{
	switch (w) {
	case END_GUEST_CLOSED:
	case END_GUEST_NOT_RUNNING:
	case END_HYPERVISOR_UNREACHABLE:
	case END_HYPERVISOR_REFUSED:
	case END_HYPERVISOR_UNTRUSTED:
	case END_BACKEND_TIMEOUT:
	case END_BACKEND_REFUSED:
	case END_BACKEND_FAILED:
	case END_BUSY:
	case END_PROTOCOL_ERROR: /* the client's own is its layer's to tell */
		return true;
	default:
		return false;
	}
}

static bool is_passed(uint16_t code)
{
	return code == 1000 || code == 1001 || code == 1011 ||
	       (code >= 3000 && code <= 4999);
}

void end_note_seen_through(enum end_word w, const char *detail,
		const struct note *heard, struct note *ret_close)
{
	end_note(w, detail, ret_close);
	if (heard && is_passed(heard->close.code))
		ret_close->close = heard->close;
	else if (heard && heard->close.code == 0) /* it gave none */
		ret_close->close.code = 1000;
	else if (is_far(w))
		ret_close->close.code = 1011;
}

enum end_word end_of_dial(int r, size_t depth)
{
	switch (r) {
	case -EKEYREJECTED:
		return END_HYPERVISOR_UNTRUSTED;
	case -EACCES:
	case -EPERM:
		return END_BACKEND_REFUSED;
	case -ECONNREFUSED: /* it answered, and said no */
		return depth > 0 ? END_BACKEND_REFUSED : END_BACKEND_FAILED;
	case -EBUSY:
		return END_BUSY;
	case -EDQUOT: /* a shared line has all the consoles it may have */
		return END_LIMIT;
	case -ENODEV: /* SPICE: it has no such channel */
		return END_NO_SUCH_CONSOLE;
	case -ETIMEDOUT:
		return END_BACKEND_TIMEOUT;
	case -EPROTO:
	case -EMSGSIZE:
	case -ENOTSUP:
		return END_PROTOCOL_ERROR;
	case -ENOMEM:
		return END_INTERNAL;
	default:
		return depth == 0 ? END_BACKEND_FAILED : END_GUEST_CLOSED;
	}
}

enum end_word end_of_plan(int r)
{
	switch (r) {
	case -ENOENT:
		return END_NO_SUCH_GUEST;
	case -ENOTSUP:
		return END_NO_SUCH_CONSOLE;
	case -ENOTCONN:
		return END_GUEST_NOT_RUNNING;
	case -EACCES:
		return END_HYPERVISOR_REFUSED;
	case -EKEYREJECTED:
		return END_HYPERVISOR_UNTRUSTED;
	case -EREMOTEIO:
		return END_BACKEND_FAILED;
	case -ENOMEM:
		return END_INTERNAL;
	case -EDQUOT: /* the profile's rate_limit */
		return END_LIMIT;
	default:
		return END_HYPERVISOR_UNREACHABLE;
	}
}
