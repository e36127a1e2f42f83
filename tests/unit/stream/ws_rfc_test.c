/*
 * RFC 6455 as a table, in the groups of the Autobahn suite: what comes in,
 * what payload goes out, what the hearer is told, and what is answered. Each
 * row runs as server and as client, whole, with small reads, and cut to one
 * byte a call. The words are those of ws_wire.h.
 */
#include "ws_pair.h"

#define GREEK "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

struct row {
	const char *name, *in, *out, *heard, *sent;
	int end;       /* what the last read answers */
	bool chop_all; /* cut finely, every ping has its pong: skip `sent` */
};

static const struct row rows[] = {
		/* 1.1 text and 1.2 binary of every form of length */
		{"1.1.1", "t", "", "", "", 0, 0},
		{"1.1.2", "t*125", "*125", "", "", 0, 0},
		{"1.1.3", "t*126", "*126", "", "", 0, 0},
		{"1.1.4", "t*127", "*127", "", "", 0, 0},
		{"1.1.5", "t*128", "*128", "", "", 0, 0},
		{"1.1.6", "t*65535", "*65535", "", "", 0, 0},
		{"1.1.7", "t*65536", "*65536", "", "", 0, 0},
		{"1.1.8", "t=Hello c1000", "=Hello", "close 1000 ;", "c1000", 0,
				0},
		{"1.2.1", "b", "", "", "", 0, 0},
		{"1.2.2", "b*125", "*125", "", "", 0, 0},
		{"1.2.3", "b*126", "*126", "", "", 0, 0},
		{"1.2.4", "b*127", "*127", "", "", 0, 0},
		{"1.2.5", "b*128", "*128", "", "", 0, 0},
		{"1.2.6", "b*65535", "*65535", "", "", 0, 0},
		{"1.2.7", "b*65536", "*65536", "", "", 0, 0},
		{"1.2.8", "b%00ff00fe c1000", "%00ff00fe", "close 1000 ;",
				"c1000", 0, 0},
		{"1.3.1 many small", "b=a b=bc b=def b=g", "=abcdefg", "", "",
				0, 0},
		{"1.3.2 small, large, small", "b=a b*70000 b=z", "=a *70000 =z",
				"", "", 0, 0},
		{"1.3.3 sizes around the forms", "b*125 b*126 b*65535 b*65536",
				"*125 *126 *65535 *65536", "", "", 0, 0},
		{"1.3.4 empty between", "b b=a b b b=b b", "=ab", "", "", 0, 0},
		{"1.3.5 text and binary mixed", "t=a b=b t=c", "=abc", "", "",
				0, 0},
		{"1.3.6 as large as a relay's chunk", "b*65408 b*65408 b*65408",
				"*65408 *65408 *65408", "", "", 0, 0},
		{"1.3.7 larger than a chunk", "b*131072 b*131072",
				"*131072 *131072", "", "", 0, 0},
		{"1.4.1 126 in 16 bits", "b*126", "*126", "", "", 0, 0},
		{"1.4.2 0 in 16 bits", "b=a wb", "=a", "", "c1002", -EPROTO, 0},
		{"1.4.3 1 in 16 bits", "wb=a", "", "", "c1002", -EPROTO, 0},
		{"1.4.4 125 in 16 bits", "wb*125", "", "", "c1002", -EPROTO, 0},
		{"1.4.5 0 in 64 bits", "Wb", "", "", "c1002", -EPROTO, 0},
		{"1.4.6 125 in 64 bits", "Wb*125", "", "", "c1002", -EPROTO, 0},
		{"1.4.7 126 in 64 bits", "Wb*126", "", "", "c1002", -EPROTO, 0},
		{"1.4.8 65535 in 64 bits", "Wb*65535", "", "", "c1002", -EPROTO,
				0},
		{"1.4.9 ping in 16 bits", "wp=a", "", "", "c1002", -EPROTO, 0},
		{"1.4.10 Close in 64 bits", "Wc1000", "", "", "c1002", -EPROTO,
				0},
		{"1.5.1 masked the wrong way", "!b=a", "", "", "c1002", -EPROTO,
				0},
		{"1.5.2 later too", "b=ok !b=a", "=ok", "", "c1002", -EPROTO,
				0},
		{"1.5.3 a ping too", "!p", "", "", "c1002", -EPROTO, 0},
		{"1.5.4 a Close too", "!c1000", "", "", "c1002", -EPROTO, 0},
		{"1.5.5 empty too", "!b", "", "", "c1002", -EPROTO, 0},

		/* 2 pings and pongs */
		{"2.1", "p", "", "", "o", 0, 0},
		{"2.2", "p=Hello", "", "", "o=Hello", 0, 0},
		{"2.3 not text", "p%00ff0afefdfcfb", "", "", "o%00ff0afefdfcfb",
				0, 0},
		{"2.4", "p*125", "", "", "o*125", 0, 0},
		{"2.5 one too long", "p*126", "", "", "c1002", -EPROTO, 0},
		{"2.6", "p*124 c1000", "", "close 1000 ;", "o*124 c1000", 0, 0},
		{"2.7 pong unasked", "o", "", "", "", 0, 0},
		{"2.8 pong with words, unasked", "o=Hello", "", "", "", 0, 0},
		{"2.9 pong then ping", "o=x p=y", "", "", "o=y", 0, 0},
		{"2.10 of many pings the last is answered",
				"p=0 p=1 p=2 p=3 p=4 p=5 p=6 p=7 p=8 p=9", "",
				"", "o=9", 0, 1},
		{"2.11 ping between frames", "b=a p=x b=b", "=ab", "", "o=x", 0,
				0},
		{"2.12 ping, then Close", "p=x c1000=bye", "",
				"close 1000 bye;", "o=x c1000", 0, 0},
		{"2.13 ping after Close is not heard", "c1000 p=x", "",
				"close 1000 ;", "c1000", 0, 0},
		{"2.14 eight bytes of pong, unasked", "o=12345678", "", "", "",
				0, 0},
		{"2.15 pong one too long", "o*126", "", "", "c1002", -EPROTO,
				0},

		/* 3 reserved bits */
		{"3.1", "^1t=a", "", "", "c1002", -EPROTO, 0},
		{"3.2", "t=ok ^2t=a p", "=ok", "", "c1002", -EPROTO, 0},
		{"3.3", "t=ok ^3t=a", "=ok", "", "c1002", -EPROTO, 0},
		{"3.4", "t=ok ^4t=a p", "=ok", "", "c1002", -EPROTO, 0},
		{"3.5", "^5b%00ff", "", "", "c1002", -EPROTO, 0},
		{"3.6", "^6p=Hello", "", "", "c1002", -EPROTO, 0},
		{"3.7", "^7c1000", "", "", "c1002", -EPROTO, 0},
		{"3.8 on a continuation", "-b=a ^4m=b", "=a", "", "c1002",
				-EPROTO, 0},
		{"3.9 on a pong", "^4o", "", "", "c1002", -EPROTO, 0},

		/* 4 reserved opcodes */
		{"4.1.1", "x3", "", "", "c1002", -EPROTO, 0},
		{"4.1.2", "x4=res", "", "", "c1002", -EPROTO, 0},
		{"4.1.3", "t=ok x5 p", "=ok", "", "c1002", -EPROTO, 0},
		{"4.1.4", "t=ok x6=res p", "=ok", "", "c1002", -EPROTO, 0},
		{"4.1.5", "t=ok x7=res", "=ok", "", "c1002", -EPROTO, 0},
		{"4.2.1", "xB", "", "", "c1002", -EPROTO, 0},
		{"4.2.2", "xC=res", "", "", "c1002", -EPROTO, 0},
		{"4.2.3", "t=ok xD p", "=ok", "", "c1002", -EPROTO, 0},
		{"4.2.4", "t=ok xE=res p", "=ok", "", "c1002", -EPROTO, 0},
		{"4.2.5", "t=ok xF=res", "=ok", "", "c1002", -EPROTO, 0},
		{"4.3.1 within a message", "-b=a x3=b m=c", "=a", "", "c1002",
				-EPROTO, 0},
		{"4.3.2 control, within one", "-b=a xB m=c", "=a", "", "c1002",
				-EPROTO, 0},

		/* 5 fragments */
		{"5.1 a ping in two", "-p=a m=b", "", "", "c1002", -EPROTO, 0},
		{"5.2 a pong in two", "-o=a m=b", "", "", "c1002", -EPROTO, 0},
		{"5.3", "-t=a m=b", "=ab", "", "", 0, 0},
		{"5.4", "-b*70000 m*70000", "*70000 *70000", "", "", 0, 0},
		{"5.5", "-b=a -m=b -m=c m=d", "=abcd", "", "", 0, 0},
		{"5.6 ping between", "-t=a p=x m=b", "=ab", "", "o=x", 0, 0},
		{"5.7 empty ping between", "-t=a p m=b", "=ab", "", "o", 0, 0},
		{"5.8 pong between", "-t=a o=x m=b", "=ab", "", "", 0, 0},
		{"5.9 continues nothing", "m=a b=b", "", "", "c1002", -EPROTO,
				0},
		{"5.10 continues nothing, unfinished", "-m=a b=b", "", "",
				"c1002", -EPROTO, 0},
		{"5.11 continues nothing, empty", "m", "", "", "c1002", -EPROTO,
				0},
		{"5.12 continues what has ended", "b=a m=b", "=a", "", "c1002",
				-EPROTO, 0},
		{"5.13 continues after fragments", "-b=a m=b m=c", "=ab", "",
				"c1002", -EPROTO, 0},
		{"5.14 after fragments, unfinished", "-b=a m=b -m=c", "=ab", "",
				"c1002", -EPROTO, 0},
		{"5.15 then a good one", "-b=a m=b m=c b=d", "=ab", "", "c1002",
				-EPROTO, 0},
		{"5.16 first continues, twice", "-m=a m=b", "", "", "c1002",
				-EPROTO, 0},
		{"5.17 first continues, whole", "m=a m=b", "", "", "c1002",
				-EPROTO, 0},
		{"5.18 two beginnings", "-t=a t=b", "=a", "", "c1002", -EPROTO,
				0},
		{"5.19 pings between many", "-b=a -m=b p=x -m=c -m=d p=y m=e",
				"=abcde", "", "o=y", 0, 1},
		{"5.20 as 5.19, then Close",
				"-b=a -m=b p=x -m=c -m=d p=y m=e c1000",
				"=abcde", "close 1000 ;", "o=y c1000", 0, 1},
		{"5.21 empty fragments", "-b -m -m m", "", "", "", 0, 0},
		{"5.22 empty first", "-b -m=a m", "=a", "", "", 0, 0},
		{"5.23 binary begins within text", "-t=a -b=b", "=a", "",
				"c1002", -EPROTO, 0},
		{"5.24 a Close in two", "-c1000 m", "", "", "c1002", -EPROTO,
				0},
		{"5.25 Close within a message", "-b=a c1000 m=b", "=a",
				"close 1000 ;", "c1000", 0, 0},
		{"5.26 fragments end, next begins", "-b=a m=b -t=c m=d",
				"=abcd", "", "", 0, 0},
		{"5.27 the wire ends within a message", "-b=a", "=a", "", "", 0,
				0},
		{"5.28 large between small", "-b=a -m*66000 p=x m=b",
				"=a *66000 =b", "", "o=x", 0, 0},

		/* 6 what is not UTF-8 is payload like any other */
		{"6.1 valid", "t=" GREEK, "=" GREEK, "", "", 0, 0},
		{"6.2 invalid", "t%cebae1bdb9edb080", "%cebae1bdb9edb080", "",
				"", 0, 0},
		{"6.3 cut in the middle", "-t%ce m%ba", "%ceba", "", "", 0, 0},
		{"6.4 bytes", "b%fffefdfc", "%fffefdfc", "", "", 0, 0},

		/* 7 closing */
		{"7.1.1", "t=a c1000", "=a", "close 1000 ;", "c1000", 0, 0},
		{"7.1.2 twice", "c1000 c1000", "", "close 1000 ;", "c1000", 0,
				0},
		{"7.1.3 ping after", "c1000 p", "", "close 1000 ;", "c1000", 0,
				0},
		{"7.1.4 text after", "c1000 t=a", "", "close 1000 ;", "c1000",
				0, 0},
		{"7.1.5 within a message", "-t=a c1000", "=a", "close 1000 ;",
				"c1000", 0, 0},
		{"7.1.6 after much", "b*262144 t=a c1000 p", "*262144 =a",
				"close 1000 ;", "c1000", 0, 0},
		{"7.1.7 nonsense after", "c1000 x3 $ffff", "", "close 1000 ;",
				"c1000", 0, 0},
		{"7.3.1 empty", "c", "", "close 0 ;", "c", 0, 0},
		{"7.3.2 one byte", "c%03", "", "", "c1002", -EPROTO, 0},
		{"7.3.3", "c1000", "", "close 1000 ;", "c1000", 0, 0},
		{"7.3.4", "c1000=Hello", "", "close 1000 Hello;", "c1000", 0,
				0},
		{"7.3.5", "c1000*123", "", "close 1000 #123;", "c1000", 0, 0},
		{"7.3.6 one too long", "c1000*124", "", "", "c1002", -EPROTO,
				0},
		{"7.5.1 reason is not UTF-8", "c%03e8cebaedb080", "", "",
				"c1007", -EPROTO, 0},
		{"7.5.2 reason is cut", "c%03e8ce", "", "", "c1007", -EPROTO,
				0},
		{"7.5.3 Greek", "c1000=" GREEK, "", "close 1000 " GREEK ";",
				"c1000", 0, 0},
		{"7.7.1", "c1001", "", "close 1001 ;", "c1001", 0, 0},
		{"7.7.2", "c1002", "", "close 1002 ;", "c1002", 0, 0},
		{"7.7.3", "c1003", "", "close 1003 ;", "c1003", 0, 0},
		{"7.7.4", "c1007", "", "close 1007 ;", "c1007", 0, 0},
		{"7.7.5", "c1008", "", "close 1008 ;", "c1008", 0, 0},
		{"7.7.6", "c1009", "", "close 1009 ;", "c1009", 0, 0},
		{"7.7.7", "c1010", "", "close 1010 ;", "c1010", 0, 0},
		{"7.7.8", "c1011", "", "close 1011 ;", "c1011", 0, 0},
		{"7.7.9", "c3000", "", "close 3000 ;", "c3000", 0, 0},
		{"7.7.10", "c3999", "", "close 3999 ;", "c3999", 0, 0},
		{"7.7.11", "c4000", "", "close 4000 ;", "c4000", 0, 0},
		{"7.7.12", "c4999", "", "close 4999 ;", "c4999", 0, 0},
		{"7.7.13 restart", "c1012", "", "close 1012 ;", "c1012", 0, 0},
		{"7.7.14 try later", "c1013", "", "close 1013 ;", "c1013", 0,
				0},
		{"7.7.15 bad gateway", "c1014", "", "close 1014 ;", "c1014", 0,
				0},
		{"7.9.1", "c0", "", "", "c1002", -EPROTO, 0},
		{"7.9.2", "c999", "", "", "c1002", -EPROTO, 0},
		{"7.9.3", "c1004", "", "", "c1002", -EPROTO, 0},
		{"7.9.4", "c1005", "", "", "c1002", -EPROTO, 0},
		{"7.9.5", "c1006", "", "", "c1002", -EPROTO, 0},
		{"7.9.6", "c1015", "", "", "c1002", -EPROTO, 0},
		{"7.9.7", "c1016", "", "", "c1002", -EPROTO, 0},
		{"7.9.8", "c1100", "", "", "c1002", -EPROTO, 0},
		{"7.9.9", "c2000", "", "", "c1002", -EPROTO, 0},
		{"7.9.10", "c2999", "", "", "c1002", -EPROTO, 0},
		{"7.9.11", "c5000=x", "", "", "c1002", -EPROTO, 0},
		{"7.9.12", "c65535", "", "", "c1002", -EPROTO, 0},

		/* 9 limits; the head of a frame that nobody can send. A server
		 * sees the mask bit (ff), a client does not (7f): see below */
		{"9.1", "b*200000", "*200000", "", "", 0, 0},
		{"9.2", "-b*100000 -m*100000 m*100000",
				"*100000 *100000 *100000", "", "", 0, 0},
		{"9.3 the wire ends in a header", "b=a $82", "=a", "", "", 0,
				0},
};

struct utf8_row {
	const char *hex;
	bool valid;
};

/* 6.5 to 6.23 of the suite, and every edge of RFC 3629. */
static const struct utf8_row utf8_rows[] = {
		{"", true},
		{"00", true},
		{"24", true},
		{"7f", true},
		{"c280", true},
		{"dfbf", true},
		{"e0a080", true},
		{"e282ac", true},
		{"ed9fbf", true},
		{"ee8080", true},
		{"efbfbd", true},
		{"efbfbe", true},
		{"efbfbf", true},
		{"f0908080", true},
		{"f0bfbfbf", true},
		{"f18080bf", true},
		{"f48fbfbf", true},
		{"cebae1bdb9cf83cebcceb5", true},
		{"61c3a962", true},
		{"f0908d88f09f9880", true},
		{"80", false},
		{"bf", false},
		{"80bf", false},
		{"c0", false},
		{"c080", false},
		{"c0af", false},
		{"c1bf", false},
		{"c2", false},
		{"c200", false},
		{"c2c2", false},
		{"c27f", false},
		{"c2c0", false},
		{"df", false},
		{"e0", false},
		{"e08080", false},
		{"e09fbf", false},
		{"e0a0", false},
		{"e0a07f", false},
		{"e28280c2", false},
		{"eda080", false},
		{"edadbf", false},
		{"edbfbf", false},
		{"edb080", false},
		{"eda080edb080", false},
		{"ef", false},
		{"efbf", false},
		{"f0", false},
		{"f08080af", false},
		{"f0808080", false},
		{"f08fbfbf", false},
		{"f090", false},
		{"f09080", false},
		{"f0908041", false},
		{"f4908080", false},
		{"f48fbf", false},
		{"f5808080", false},
		{"f7bfbfbf", false},
		{"f888808080", false},
		{"fbbfbfbfbf", false},
		{"fc8480808080", false},
		{"fe", false},
		{"ff", false},
		{"fefeffff", false},
		{"cebae1bdb9cf83cebcceb5eda080", false},
		{"cebae1bdb9cf83cebcceb5f4908080656469746564", false},
		{"41c3", false},
		{"c3a9c3", false},
};

struct way {
	const char *name;
	bool chop;
	size_t len; /* of one read */
};

static const struct way ways[] = {
		{"whole", false, 65408},
		{"in small reads", false, 7},
		{"byte by byte", false, 1},
		{"cut by the wire", true, 65408},
		{"cut by the wire, read in threes", true, 3},
};

static void same(const char *row, const char *way, const char *what,
		const struct buf *is, const struct buf *should)
{
	if (is->len == should->len &&
			(is->len == 0 || memcmp(buf_data(is), buf_data(should),
							 is->len) == 0))
		return;
	fail_msg("%s %s: %s differs: %zu bytes, should be %zu", row, way, what,
			is->len, should->len);
}

static void run_row(const struct row *c, const struct way *way, bool client)
{
	struct stream *s = client ? ready_client(way->chop, false)
				  : ready_server(way->chop, false);
	struct heard heard = {0};
	struct buf in, out, want, sent;
	ssize_t end;

	buf_init(&in, WIRE_MAX);
	buf_init(&out, WIRE_MAX);
	buf_init(&want, WIRE_MAX);
	buf_init(&sent, WIRE_MAX);
	wire_add(&in, c->in, !client);
	CHECK(mem_feed(s, in.len ? buf_data(&in) : NULL, in.len) == 0);
	mem_end(s);
	stream_hear(s, heard_note, &heard);

	end = read_all(s, way->len, &out);
	if (end != c->end)
		fail_msg("%s %s: ends with %zd", c->name, way->name, end);
	wire_add(&want, c->out, false);
	same(c->name, way->name, "payload", &out, &want);
	if (strcmp(heard.text, c->heard) != 0)
		fail_msg("%s %s: heard '%s'", c->name, way->name, heard.text);

	buf_done(&want);
	wire_add(&want, c->sent, false);
	wire_bare(&sent, mem_output(s), client);
	if (!c->chop_all || (!way->chop && way->len > 7))
		same(c->name, way->name, "answer", &sent, &want);
	buf_done(&in);
	buf_done(&out);
	buf_done(&want);
	buf_done(&sent);
	stream_free(s);
}

static void run_rows(bool client)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t k = 0; k < sizeof(ways) / sizeof(*ways); k++)
			run_row(&rows[i], &ways[k], client);
}

static void a_server_does_what_the_rfc_says(void)
{
	run_rows(false);
}

static void a_client_does_what_the_rfc_says(void)
{
	run_rows(true);
}

/* One text as a note: whole, and in fragments of one byte. */
static void run_text(const struct utf8_row *c, const struct way *way, bool cut)
{
	struct stream *s = ready_server(way->chop, true);
	struct heard heard = {0};
	struct buf in, out, sent;
	char word[128];
	ssize_t end;

	buf_init(&in, WIRE_MAX);
	buf_init(&out, WIRE_MAX);
	buf_init(&sent, WIRE_MAX);
	if (!cut)
		(void)snprintf(word, sizeof(word), "t%%%s b=x", c->hex);
	else
		(void)snprintf(word, sizeof(word), "-t");
	wire_add(&in, word, true);
	for (const char *at = c->hex; cut && *at; at += 2) {
		(void)snprintf(word, sizeof(word), "-m%%%.2s", at);
		wire_add(&in, word, true);
	}
	if (cut)
		wire_add(&in, "m b=x", true);
	CHECK(mem_feed(s, buf_data(&in), in.len) == 0);
	mem_end(s);
	stream_hear(s, heard_note, &heard);

	end = read_all(s, way->len, &out);
	wire_bare(&sent, mem_output(s), false);
	if (end != (c->valid ? 0 : -EPROTO) || out.len != c->valid ||
			(strncmp(heard.text, "text ", 5) == 0) != c->valid ||
			(sent.len == 0) != c->valid)
		fail_msg("text %s %s: ends with %zd, heard '%s'", c->hex,
				way->name, end, heard.text);
	if (!c->valid)
		CHECK_MEM(buf_data(&sent), "\x88\x02\x03\xef", 4); /* 1007 */
	buf_done(&in);
	buf_done(&out);
	buf_done(&sent);
	stream_free(s);
}

static void a_text_note_must_be_utf8(void)
{
	for (size_t i = 0; i < sizeof(utf8_rows) / sizeof(*utf8_rows); i++)
		for (size_t k = 0; k < sizeof(ways) / sizeof(*ways); k++) {
			run_text(&utf8_rows[i], &ways[k], false);
			run_text(&utf8_rows[i], &ways[k], true);
		}
}

static void the_reason_of_a_close_must_be_utf8(void)
{
	for (size_t i = 0; i < sizeof(utf8_rows) / sizeof(*utf8_rows); i++) {
		const struct utf8_row *c = &utf8_rows[i];
		char in[128];
		struct row row = {c->hex, in, "", "", "c1007", -EPROTO, 0};

		if (c->valid) /* that a reason is told, the table shows */
			continue;
		(void)snprintf(in, sizeof(in), "c%%03e8%s", c->hex);
		for (size_t k = 0; k < sizeof(ways) / sizeof(*ways); k++) {
			run_row(&row, &ways[k], false);
			run_row(&row, &ways[k], true);
		}
	}
}

/* { announced, as client's and as server's header; what becomes of it } */
static void a_length_that_nobody_sends_is_refused_at_once(void)
{
	static const struct {
		const char *len;
		int end;
		const char *sent;
	} lengths[] = {
			{"0000010000000001", -EMSGSIZE, "c1009"}, /* 2^40 + 1 */
			{"4000000000000000", -EMSGSIZE, "c1009"}, /* 2^62 */
			{"7fffffffffffffff", -EMSGSIZE, "c1009"},
			{"8000000000000000", -EPROTO, "c1002"}, /* 2^63 */
			{"ffffffffffffffff", -EPROTO, "c1002"},
	};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		for (int client = 0; client < 2; client++) {
			char in[64];
			struct row row = {lengths[i].len, in, "=a", "",
					lengths[i].sent, lengths[i].end, 0};

			(void)snprintf(in, sizeof(in), "b=a $82%s%s",
					client ? "7f" : "ff", lengths[i].len);
			for (size_t k = 0; k < 5; k++)
				run_row(&row, &ways[k], client);
		}
}

TESTS(T(a_server_does_what_the_rfc_says), T(a_client_does_what_the_rfc_says),
		T(a_text_note_must_be_utf8),
		T(the_reason_of_a_close_must_be_utf8),
		T(a_length_that_nobody_sends_is_refused_at_once))
