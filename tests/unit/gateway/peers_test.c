#include "gateway/peers.h"

#include <errno.h>
#include <stdio.h>

#include "config/config.h"
#include "core/loop.h"
#include "test.h"

static struct loop *loop;
static struct peers *peers;

static void up(void)
{
	static char *trusted[] = {(char *)(uintptr_t) "10.0.0.0/8",
			(char *)(uintptr_t) "2001:db8:1::/48"};
	const struct config_texts t = {trusted, 2};

	CHECK(loop_new(&loop) == 0);
	CHECK(peers_new(&peers, loop) == 0);
	CHECK(peers_trust(peers, &t, NULL) == 0);
}

static void down(void)
{
	peers_free(peers);
	loop_free(loop);
}

static void one_address_has_so_many_connections(void)
{
	up();
	for (int i = 0; i < PEER_CONNECTIONS_MAX; i++)
		CHECK_INT(peers_arrive(peers, "192.0.2.7"), PEER_IN);
	for (int i = 0; i < PEER_CONNECTIONS_TOLD; i++)
		CHECK_INT(peers_arrive(peers, "192.0.2.7"), PEER_OVER);
	CHECK_INT(peers_arrive(peers, "192.0.2.7"), PEER_OUT);
	CHECK_INT(peers_arrive(peers, "192.0.2.8"), PEER_IN);
	for (int i = 0; i < PEER_CONNECTIONS_TOLD + 1; i++)
		peers_leave(peers, "192.0.2.7");
	CHECK_INT(peers_arrive(peers, "192.0.2.7"), PEER_IN);
	down();
}

static void the_machine_itself_and_proxies_are_not_counted(void)
{
	static const char *const all[] = {"127.0.0.1", "::1", "10.255.0.1",
			"2001:db8:1:2::3", "local"};

	up();
	for (int a = 0; a < 5; a++)
		for (int i = 0; i < 2 * PEER_CONNECTIONS_MAX; i++)
			CHECK_INT(peers_arrive(peers, all[a]), PEER_IN);
	for (int i = 0; i < 2 * PEER_BURST; i++)
		CHECK(peers_may_ask(peers, "127.0.0.1", 0));
	down();
}

static void requests_are_a_burst_and_then_a_rate(void)
{
	int n = 0;

	up();
	while (peers_may_ask(peers, "192.0.2.7", 1000))
		n++;
	CHECK_INT(n, PEER_BURST);
	CHECK(peers_may_ask(peers, "192.0.2.8", 1000));
	for (n = 0; peers_may_ask(peers, "192.0.2.7", 2000); n++)
		;
	CHECK_INT(n, PEER_RATE);
	down();
}

static void a_customer_has_a_whole_64(void)
{
	up();
	for (int i = 0; i < PEER_BURST; i++)
		CHECK(peers_may_ask(peers, "2001:db8:2:3::1", 1000));
	CHECK(!peers_may_ask(peers, "2001:db8:2:3:ffff::2", 1000));
	CHECK(peers_may_ask(peers, "2001:db8:2:4::1", 1000));
	down();
}

static void past_its_ceiling_the_table_refuses(void)
{
	char from[32];

	up();
	for (int i = 0; i < PEERS_MAX; i++) {
		(void)snprintf(from, sizeof(from), "198.%d.%d.1", i >> 8 & 255,
				i & 255);
		CHECK_INT(peers_arrive(peers, from), PEER_IN);
	}
	CHECK_INT(peers_arrive(peers, "192.0.2.7"), PEER_OUT);
	CHECK(!peers_may_ask(peers, "192.0.2.7", 1000));
	CHECK_INT(peers_arrive(peers, "198.0.0.1"), PEER_IN);
	down();
}

static void client_is(const char *from, const char *forwarded, const char *is)
{
	char client[PEER_TEXT_MAX];

	peers_client(peers, from, forwarded, client);
	CHECK_STR(client, is);
}

static void who_asks_is_what_a_trusted_proxy_says(void)
{
	up();
	client_is("192.0.2.7", NULL, "192.0.2.7");
	client_is("192.0.2.7", "1.2.3.4", "192.0.2.7"); /* he says */
	client_is("10.0.0.1", "1.2.3.4", "1.2.3.4");
	client_is("127.0.0.1", "9.9.9.9, 1.2.3.4 ,10.0.0.2", "1.2.3.4");
	client_is("127.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3");
	client_is("127.0.0.1", "1.2.3.4, nonsense", "127.0.0.1");
	client_is("127.0.0.1", "1.2.3.4,\n10.0.0.2", "127.0.0.1");
	client_is("127.0.0.1", ",,", "127.0.0.1");
	client_is("127.0.0.1", "", "127.0.0.1");
	client_is("10.0.0.1", "2001:db8:2::7", "2001:db8:2::7");
	down();
}

static void what_is_no_network_is_told(void)
{
	static const char *const bad[] = {"10.0.0.0/33", "x", "10.0.0.0/",
			"10.0.0.0/8x", "::/129", "10.0.0/8", ""};
	struct err e;

	up();
	for (int i = 0; i < 7; i++) {
		char *one[] = {(char *)(uintptr_t)bad[i]};
		const struct config_texts t = {one, 1};

		CHECK_INT(peers_trust(peers, &t, &e), -EINVAL);
		CHECK_HAS(e.text, "trusted_proxies");
	}
	client_is("10.0.0.1", "1.2.3.4", "1.2.3.4"); /* the old ones stand */
	down();
}

TESTS(T(one_address_has_so_many_connections),
		T(the_machine_itself_and_proxies_are_not_counted),
		T(requests_are_a_burst_and_then_a_rate),
		T(a_customer_has_a_whole_64),
		T(past_its_ceiling_the_table_refuses),
		T(who_asks_is_what_a_trusted_proxy_says),
		T(what_is_no_network_is_told))
