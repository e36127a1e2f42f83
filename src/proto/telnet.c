#include "proto/telnet.h"

enum {
	SE = 240,
	SB = 250,
	WILL = 251,
	WONT = 252,
	DO = 253,
	DONT = 254,
	IAC = 255,
};

enum { BINARY, ECHO, SGA, NAWS }; /* places in our tables */

struct option {
	uint8_t code;
	bool us, him; /* who may have it */
	bool asked;   /* by us, at once, of whoever may */
};

static const struct option options[TELNET_OPTIONS] = {
		[BINARY] = {0, true, true, true},
		[ECHO] = {1, false, true, false},
		[SGA] = {3, true, true, true},
		[NAWS] = {31, true, false, true},
};

static int say(struct buf *out, uint8_t verb, uint8_t code)
{
	const uint8_t words[] = {IAC, verb, code};

	return buf_add(out, words, sizeof(words));
}

int telnet_init(struct telnet *t, struct buf *out)
{
	int r = 0;

	*t = (struct telnet){0};
	for (size_t i = 0; r == 0 && i < TELNET_OPTIONS; i++) {
		const struct option *o = &options[i];

		if (!o->asked)
			continue;
		if (o->us) {
			t->us[i] = TELNET_ASKED;
			r = say(out, WILL, o->code);
		}
		if (r == 0 && o->him) {
			t->him[i] = TELNET_ASKED;
			r = say(out, DO, o->code);
		}
	}
	return r;
}

/* ---- the size ------------------------------------------------------------ */

static size_t put_number(uint8_t *to, uint16_t n)
{
	const uint8_t bytes[] = {(uint8_t)(n >> 8), (uint8_t)n};
	size_t len = 0;

	for (size_t i = 0; i < 2; i++) {
		to[len++] = bytes[i];
		if (bytes[i] == IAC)
			to[len++] = IAC;
	}
	return len;
}

static int tell_size(const struct telnet *t, struct buf *out)
{
	uint8_t words[16] = {IAC, SB, options[NAWS].code};
	size_t len = 3;

	if (t->us[NAWS] != TELNET_YES || t->cols == 0)
		return 0;
	len += put_number(words + len, t->cols);
	len += put_number(words + len, t->rows);
	words[len++] = IAC;
	words[len++] = SE;
	return buf_add(out, words, len);
}

int telnet_resize(
		struct telnet *t, uint16_t cols, uint16_t rows, struct buf *out)
{
	t->cols = cols;
	t->rows = rows;
	return tell_size(t, out);
}

/* ---- negotiation --------------------------------------------------------- */

static int find_option(uint8_t code)
{
	for (int i = 0; i < TELNET_OPTIONS; i++)
		if (options[i].code == code)
			return i;
	return -1;
}

/*
 * The peer's WILL or DO (yes), WONT or DONT, about an option that `may` be:
 * `agree` and `decline` are our answers.
 */
static int negotiate(uint8_t *state, bool may, bool yes, uint8_t agree,
		uint8_t decline, uint8_t code, struct buf *out)
{
	uint8_t before = *state;

	if (yes && !may)
		return say(out, decline, code);
	*state = yes ? TELNET_YES : TELNET_NO;
	if (before == TELNET_ASKED || before == *state)
		return 0; /* their answer, or no change */
	return say(out, yes ? agree : decline, code);
}

static int option_said(struct telnet *t, uint8_t code, struct buf *out)
{
	bool about_us = t->verb == DO || t->verb == DONT;
	bool yes = t->verb == DO || t->verb == WILL;
	int i = find_option(code), r;

	if (i < 0) /* not having it is how it began */
		return yes ? say(out, about_us ? WONT : DONT, code) : 0;
	if (!about_us)
		return negotiate(&t->him[i], options[i].him, yes, DO, DONT,
				code, out);
	r = negotiate(&t->us[i], options[i].us, yes, WILL, WONT, code, out);
	return r == 0 && i == NAWS && yes ? tell_size(t, out) : r;
}

/* ---- bytes of the wire ----------------------------------------------------
 */

static int byte_after_iac(struct telnet *t, uint8_t byte, bool *ret_data)
{
	t->place = TELNET_DATA;
	if (byte >= WILL && byte < IAC) {
		t->verb = byte;
		t->place = TELNET_OPTION;
	} else if (byte == SB) {
		t->place = TELNET_SUB;
	}
	*ret_data = byte == IAC;
	return 0;
}

static void byte_of_data(struct telnet *t, uint8_t byte, bool *ret_data)
{
	bool pads = t->place == TELNET_CR && byte == 0;

	t->place = TELNET_DATA;
	if (byte == IAC)
		t->place = TELNET_IAC;
	else if (byte == '\r' && t->him[BINARY] != TELNET_YES)
		t->place = TELNET_CR;
	*ret_data = byte != IAC && !pads;
}

/* One byte; is it the terminal's? */
static int step(struct telnet *t, uint8_t byte, struct buf *out, bool *ret_data)
{
	*ret_data = false;
	switch (t->place) {
	case TELNET_DATA:
	case TELNET_CR:
		byte_of_data(t, byte, ret_data);
		return 0;
	case TELNET_IAC:
		return byte_after_iac(t, byte, ret_data);
	case TELNET_OPTION:
		t->place = TELNET_DATA;
		return option_said(t, byte, out);
	case TELNET_SUB:
		if (byte == IAC)
			t->place = TELNET_SUB_IAC;
		return 0;
	case TELNET_SUB_IAC:
		t->place = byte == SE ? TELNET_DATA : TELNET_SUB;
		return 0;
	}
	return 0;
}

int telnet_decode(struct telnet *t, uint8_t *data, size_t len, struct buf *out,
		size_t *ret_len)
{
	size_t kept = 0;
	bool is_data;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = data[i];
		int r = step(t, byte, out, &is_data);

		if (r < 0)
			return r;
		if (is_data)
			data[kept++] = byte;
	}
	*ret_len = kept;
	return 0;
}

/* How many bytes go as they are. */
static size_t plain_run(const struct telnet *t, const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && data[n] != IAC &&
			(data[n] != '\r' || t->us[BINARY] == TELNET_YES))
		n++;
	return n;
}

int telnet_encode(const struct telnet *t, const uint8_t *data, size_t len,
		struct buf *out)
{
	static const uint8_t iac[] = {IAC, IAC}, cr[] = {'\r', 0};
	int r = 0;

	while (r == 0 && len > 0) {
		size_t n = plain_run(t, data, len);

		r = n ? buf_add(out, data, n) : 0;
		if (r == 0 && n < len) {
			r = buf_add(out, data[n] == IAC ? iac : cr, 2);
			n++;
		}
		data += n;
		len -= n;
	}
	return r;
}
