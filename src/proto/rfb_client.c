#include "proto/rfb_client.h"

#include <string.h>

#include "proto/rfb.h"

enum {
	TYPE_SET_ENCODINGS = 2,
	TYPE_UPDATE_REQUEST = 3,
	TYPE_POINTER = 5,
	TYPE_QEMU = 255,
};

enum {
	QEMU_KEY = 0,
	QEMU_AUDIO = 1,
	QEMU_AUDIO_FORMAT = 2,
	EXTENDED_MOUSE_BUTTONS = -316,
	POINTER_WIDE = 0x80, /* in the button mask: one more byte follows */
	LOST = -1,
};

/*
 * A message is a head, which ends where the length of all of it is known, and
 * `body` bytes more (plus what `more` reads out of the head).
 */
struct rfb_kind {
	uint8_t type;
	uint8_t drops; /* the RFB_DROP_ bits that take it away */
	uint8_t head;
	uint8_t body;
	int64_t (*more)(const struct rfb_client *c);
};

static uint32_t u16_at(const struct rfb_client *c, size_t at)
{
	return (uint32_t)c->head[at] << 8 | c->head[at + 1];
}

static int64_t more_encodings(const struct rfb_client *c)
{
	return (int64_t)u16_at(c, 2) * 4;
}

/* A negative length is the extended clipboard's way to say "not a text". */
static int64_t more_cut_text(const struct rfb_client *c)
{
	int64_t len = (int32_t)rfb_u32(c->head + 4);

	return len < 0 ? -len : len;
}

static int64_t more_fence(const struct rfb_client *c)
{
	return c->head[8];
}

static int64_t more_screens(const struct rfb_client *c)
{
	return (int64_t)c->head[6] * 16;
}

/* Only who listed the extension sends the longer form; in the plain one the
 * mark is the eighth button. */
static int64_t more_pointer(const struct rfb_client *c)
{
	return c->wide_pointer && (c->head[1] & POINTER_WIDE) ? 1 : 0;
}

static int64_t more_gii(const struct rfb_client *c)
{
	bool big_endian = c->head[1] & 0x80;

	return c->head[big_endian ? 2 : 3] << 8 | c->head[big_endian ? 3 : 2];
}

static int64_t more_qemu(const struct rfb_client *c)
{
	uint32_t op = u16_at(c, 2);

	if (c->head[1] == QEMU_KEY)
		return 8;
	if (c->head[1] != QEMU_AUDIO || op > QEMU_AUDIO_FORMAT)
		return LOST;
	return op == QEMU_AUDIO_FORMAT ? 6 : 0;
}

/* clang-format off */
static const struct rfb_kind kinds[] = {
	{0, 0, 1, 19, NULL},                        /* SetPixelFormat */
	{TYPE_SET_ENCODINGS, 0, 4, 0, more_encodings},
	{TYPE_UPDATE_REQUEST, 0, 1, 9, NULL},
	{4, RFB_DROP_INPUT, 1, 7, NULL},            /* KeyEvent */
	{TYPE_POINTER, RFB_DROP_INPUT, 6, 0, more_pointer},
	{6, RFB_DROP_INPUT | RFB_DROP_CLIPBOARD, 8, 0, more_cut_text},
	{150, 0, 1, 9, NULL},                       /* EnableContinuousUpdates */
	{248, 0, 9, 0, more_fence},                 /* ClientFence */
	{250, RFB_DROP_INPUT, 1, 3, NULL},          /* xvp: power */
	{251, RFB_DROP_INPUT, 8, 0, more_screens},  /* SetDesktopSize */
	{253, RFB_DROP_INPUT, 4, 0, more_gii},
	{TYPE_QEMU, RFB_DROP_INPUT, 4, 0, more_qemu}, /* audio: not dropped */
};
/* clang-format on */

enum fate { PASS, DROP, HOLD };

static const struct rfb_kind *kind_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* It is known what the message is: count it, decide over it. */
static void client_judge(struct rfb_client *c, unsigned drops)
{
	c->dropping = drops & c->drop;
	c->dropped += c->dropping;
	c->inputs += (drops & RFB_DROP_INPUT) != 0;
	c->updates += c->kind->type == TYPE_UPDATE_REQUEST;
}

static void client_begin(struct rfb_client *c, uint8_t type)
{
	c->head_len = 0;
	c->left = 0;
	c->kind = kind_of(type);
	if (!c->kind)
		c->lost = true;
	else if (type != TYPE_QEMU)
		client_judge(c, c->kind->drops);
}

static void client_judge_qemu(struct rfb_client *c, uint8_t submessage)
{
	if (submessage > QEMU_AUDIO)
		c->lost = true;
	else
		client_judge(c, submessage == QEMU_KEY ? c->kind->drops : 0);
}

static void client_end_if_done(struct rfb_client *c)
{
	if (c->left == 0 && c->head_len == c->kind->head)
		c->kind = NULL;
}

static void client_head_done(struct rfb_client *c)
{
	int64_t more = c->kind->more ? c->kind->more(c) : 0;

	if (more == LOST) {
		c->lost = true;
		return;
	}
	if (c->kind->type == TYPE_SET_ENCODINGS)
		c->wide_pointer = false; /* each list replaces the last */
	c->left = c->kind->body + (uint32_t)more;
}

static enum fate client_head(struct rfb_client *c, uint8_t byte)
{
	if (!c->kind)
		client_begin(c, byte);
	if (c->lost)
		return DROP;
	c->head[c->head_len++] = byte;
	if (c->kind->type == TYPE_QEMU) {
		if (c->head_len == 1)
			return HOLD;
		if (c->head_len == 2)
			client_judge_qemu(c, byte);
	}
	if (c->head_len == c->kind->head)
		client_head_done(c);
	return c->lost || c->dropping ? DROP : PASS;
}

static void client_read_encodings(
		struct rfb_client *c, const uint8_t *data, size_t len)
{
	for (uint32_t left = c->left; len > 0; data++, len--) {
		c->encoding = c->encoding << 8 | *data;
		if (--left % 4 == 0 &&
				(int32_t)c->encoding == EXTENDED_MOUSE_BUTTONS)
			c->wide_pointer = true;
	}
}

/* Whether the server takes a pointer's seventh byte for one depends on what it
 * said to the viewer. A filter must not be led astray by that: behind it every
 * pointer event is a plain one. */
static bool client_narrows(const struct rfb_client *c)
{
	return c->drop && c->kind->type == TYPE_POINTER;
}

static enum fate client_body(
		struct rfb_client *c, const uint8_t *data, size_t len)
{
	if (c->kind->type == TYPE_SET_ENCODINGS)
		client_read_encodings(c, data, len);
	c->left -= (uint32_t)len;
	return c->dropping || client_narrows(c) ? DROP : PASS;
}

/* The next bytes that share one fate, all of one message. */
static enum fate client_step(struct rfb_client *c, const uint8_t *data,
		size_t len, size_t *ret_len)
{
	enum fate fate;
	size_t n = 1;

	if (!c->kind || c->head_len < c->kind->head) {
		fate = client_head(c, *data);
	} else {
		n = len < c->left ? len : c->left;
		fate = client_body(c, data, n);
	}
	*ret_len = n;
	return fate;
}

void rfb_client_init(struct rfb_client *c, unsigned drop)
{
	*c = (struct rfb_client){.drop = drop};
}

bool rfb_client_between(const struct rfb_client *c)
{
	return !c->kind && !c->lost;
}

size_t rfb_client_held(const struct rfb_client *c)
{
	return c->holding;
}

void rfb_client_see(struct rfb_client *c, const uint8_t *data, size_t len)
{
	for (size_t n; len > 0 && !c->lost; data += n, len -= n) {
		(void)client_step(c, data, len, &n);
		if (!c->lost)
			client_end_if_done(c);
	}
}

static uint8_t *client_pass(struct rfb_client *c, uint8_t *to,
		const uint8_t *from, size_t len)
{
	if (c->holding)
		*to++ = TYPE_QEMU; /* its byte stands before `from` or is past
				    */
	memmove(to, from, len);
	if (client_narrows(c) && c->head_len == 2)
		*to &= (uint8_t)~POINTER_WIDE;
	return to + len;
}

size_t rfb_client_filter(struct rfb_client *c, uint8_t *data, size_t len)
{
	const uint8_t *from = data + c->holding;
	uint8_t *to = data;

	for (size_t n; len > 0 && !c->lost; from += n, len -= n) {
		enum fate fate = client_step(c, from, len, &n);

		if (c->lost)
			break;
		if (fate == PASS)
			to = client_pass(c, to, from, n);
		c->holding = fate == HOLD;
		client_end_if_done(c);
	}
	return (size_t)(to - data);
}
