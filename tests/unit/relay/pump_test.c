#include "relay/pump.h"

#include <errno.h>
#include <string.h>

#include "core/chunk.h"
#include "relay/tap.h"
#include "stream/mem.h"
#include "stream/stream.h"
#include "test.h"

static struct chunk_pool pool;

static int pump_to_the_end(struct stream *from, struct stream *to)
{
	struct pump p;
	int r = 1;

	chunk_pool_init(&pool);
	pump_init(&p, from, to, &pool, NULL);
	for (int i = 0; i < 100000 && (r == 1 || r == -EAGAIN); i++)
		r = pump_step(&p, 1);
	CHECK_INT(pool.taken, 0);
	pump_done(&p);
	chunk_pool_done(&pool);
	return r;
}

static void every_byte_arrives_however_finely_the_wire_is_cut(void)
{
	struct stream *from = mem_new("RFB 003.008\n");
	struct stream *to = mem_new("");

	CHECK(chop_wrap(&from) == 0);
	CHECK(chop_wrap(&to) == 0);
	CHECK(pump_to_the_end(from, to) == 0);
	CHECK_STR(mem_written(to), "RFB 003.008\n");
	stream_free(to);
	stream_free(from);
}

static void an_idle_pump_holds_no_chunk(void)
{
	struct stream *from = mem_new(""), *to = mem_new("");
	struct pump p;

	chunk_pool_init(&pool);
	mem_hold_open(from);
	pump_init(&p, from, to, &pool, NULL);
	CHECK_INT(pump_step(&p, 1), -EAGAIN);
	CHECK_INT(pool.taken, 0);
	CHECK(pump_reads(&p));
	CHECK(!pump_writes(&p));
	pump_done(&p);
	chunk_pool_done(&pool);
	stream_free(from);
	stream_free(to);
}

static void a_slow_reader_slows_the_sender(void)
{
	static char big[3 * CHUNK_ROOM];
	struct stream *from, *to = mem_new("");
	struct pump p;

	memset(big, 'x', sizeof(big));
	from = mem_new_n(big, sizeof(big));
	chunk_pool_init(&pool);
	mem_write_limit(to, 0);
	pump_init(&p, from, to, &pool, NULL);
	for (int i = 0; i < 10; i++)
		CHECK_INT(pump_step(&p, 1), -EAGAIN);
	CHECK_INT(pool.taken, 1);
	CHECK(pump_writes(&p));
	CHECK(!pump_reads(&p));
	mem_write_limit(to, SIZE_MAX);
	while (pump_step(&p, 1) == 1)
		;
	CHECK_INT(mem_output(to)->len, sizeof(big));
	CHECK_INT(p.moved, sizeof(big));
	pump_done(&p);
	chunk_pool_done(&pool);
	stream_free(from);
	stream_free(to);
}

static size_t seen;

static void see(struct tap *t, const uint8_t *data, size_t len)
{
	CHECK(len > 0 && data[0] == 'a');
	seen += len;
}

static void a_tap_counts_and_sees_what_passes(void)
{
	struct stream *from = mem_new("aaaa"), *to = mem_new("");
	struct tap tap = {.see = see};
	struct pump p;

	chunk_pool_init(&pool);
	pump_init(&p, from, to, &pool, &tap);
	CHECK_INT(pump_step(&p, 77), 1);
	CHECK_INT(pump_step(&p, 78), 0);
	CHECK_INT(tap.bytes, 4);
	CHECK_INT(tap.last_ms, 77);
	CHECK_INT(seen, 4);
	pump_done(&p);
	chunk_pool_done(&pool);
	stream_free(from);
	stream_free(to);
}

TESTS(T(every_byte_arrives_however_finely_the_wire_is_cut),
		T(an_idle_pump_holds_no_chunk),
		T(a_slow_reader_slows_the_sender),
		T(a_tap_counts_and_sees_what_passes))
