/*
 * Frames as words, so that a case reads in one line. Words are separated by
 * blanks:
 *
 *	t=Hello       text frame             b*70000    binary, 70000 bytes
 *	-b=He m=llo   a fragment, the rest   p p=x o=x  ping, pong
 *	c             Close without a code   c1000=bye  Close with code, reason
 *	c%03e8ff      its payload in hex     xB         opcode 0xB
 *	^4b           RSV bits 4             !b         masked the wrong way
 *	wb=x Wb=x     length in 16, 64 bits  $ff01      bytes as they are
 *	=Hello *300   (no opcode)            payload only
 */
#ifndef WS_WIRE_H
#define WS_WIRE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "proto/ws_frame.h"
#include "test.h"

enum { WIRE_MAX = 32 * 1024 * 1024 };

static inline void wire_hex(struct buf *to, const char *hex, size_t len)
{
	CHECK(len % 2 == 0);
	for (size_t i = 0; i < len; i += 2) {
		char two[3] = {hex[i], hex[i + 1], '\0'};
		uint8_t c = (uint8_t)strtoul(two, NULL, 16);

		CHECK(buf_add(to, &c, 1) == 0);
	}
}

static inline void wire_letters(struct buf *to, size_t len)
{
	uint8_t *at = len ? buf_room(to, len) : NULL;

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)('a' + i % 26);
	buf_grew(to, len);
}

/* The part of a word after the opcode. */
static inline void wire_payload(struct buf *to, const char *word, size_t len)
{
	if (len == 0)
		return;
	if (word[0] == '=')
		CHECK(buf_add(to, word + 1, len - 1) == 0);
	else if (word[0] == '*')
		wire_letters(to, strtoul(word + 1, NULL, 10));
	else if (word[0] == '%')
		wire_hex(to, word + 1, len - 1);
	else
		fail_msg("'%s' is no payload", word);
}

static inline void wire_be(struct buf *to, uint64_t value, size_t len)
{
	for (size_t i = len; i-- > 0;) {
		uint8_t c = (uint8_t)(value >> (8 * i));

		CHECK(buf_add(to, &c, 1) == 0);
	}
}

/* A frame by hand: also those that the codec would never write. */
static inline void wire_frame(struct buf *to, int first, char form, bool mask,
		const uint8_t *data, size_t len)
{
	static uint8_t turn = 0x11;
	uint8_t key[4] = {turn, (uint8_t)(turn * 7), 0, (uint8_t)(turn * 3)};
	int bit = mask ? 0x80 : 0;

	turn += 0x1d;
	wire_be(to, (uint64_t)first, 1);
	if (form == 'W' || (form == 0 && len > 0xffff)) {
		wire_be(to, (uint64_t)bit | 127, 1);
		wire_be(to, len, 8);
	} else if (form == 'w' || (form == 0 && len > 125)) {
		wire_be(to, (uint64_t)bit | 126, 1);
		wire_be(to, len, 2);
	} else {
		wire_be(to, (uint64_t)bit | len, 1);
	}
	if (mask)
		CHECK(buf_add(to, key, 4) == 0);
	CHECK(buf_add(to, data, len) == 0);
	for (size_t i = 0; mask && i < len; i++)
		buf_data(to)[to->len - len + i] ^= key[i % 4];
}

static inline void wire_word(
		struct buf *to, const char *word, size_t len, bool mask)
{
	static const char kinds[] = "mtb-----cpo";
	const char *end = word + len;
	struct buf payload;
	int first = 0x80;
	char form = 0;

	if (*word == '$') {
		wire_hex(to, word + 1, len - 1);
		return;
	}
	buf_init(&payload, WIRE_MAX);
	for (; strchr("-^!wW", *word); word++) {
		if (*word == '-')
			first = 0;
		else if (*word == '^')
			first |= (*++word - '0') << 4;
		else if (*word == '!')
			mask = !mask;
		else
			form = *word;
	}
	if (*word == 'x') {
		char digit[2] = {word[1], '\0'};

		first |= (int)strtoul(digit, NULL, 16);
		word += 2;
	} else {
		CHECK(strchr(kinds, *word) != NULL);
		first |= (int)(strchr(kinds, *word) - kinds);
		word++;
	}
	if (word[-1] == 'c' && word < end && *word >= '0' && *word <= '9') {
		wire_be(&payload, strtoul(word, NULL, 10), 2);
		while (word < end && *word >= '0' && *word <= '9')
			word++;
	}
	wire_payload(&payload, word, (size_t)(end - word));
	wire_frame(to, first, form, mask,
			payload.len ? buf_data(&payload) : NULL, payload.len);
	buf_done(&payload);
}

/* Add the frames of a text; `mask` as a client does. */
static inline void wire_add(struct buf *to, const char *text, bool mask)
{
	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");

		if (strchr("=*%", *text))
			wire_payload(to, text, len);
		else
			wire_word(to, text, len, mask);
		text += len;
	}
}

/* What a layer wrote, with the masks taken off, so that it compares. */
static inline void wire_bare(
		struct buf *to, const struct buf *from, bool masked)
{
	const uint8_t *at = from->len ? buf_data(from) : NULL;
	size_t left = from->len;

	while (left > 0) {
		struct ws_header h;
		int n = ws_header_parse(at, left, masked, WIRE_MAX, &h);
		uint8_t *data;

		CHECK(n > 0 && h.len <= left - (size_t)n);
		wire_frame(to, (h.fin ? 0x80 : 0) | (int)h.opcode, 0, false,
				at + n, h.len);
		data = buf_data(to) + to->len - h.len;
		ws_mask(data, data, h.len, h.key, 0);
		at += (size_t)n + h.len;
		left -= (size_t)n + h.len;
	}
}

#endif
