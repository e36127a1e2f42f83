/*
 * Every address of the gateway, in one table a door. An entry's function runs
 * on the data loop; front_api() sends the request to the control loop, where
 * the `struct api` that stands beside it does the work.
 */
#ifndef GATEWAY_ROUTES_H
#define GATEWAY_ROUTES_H

#include <stddef.h>

struct buf;
struct gateway;
struct exchange;
struct http_conn;
struct http_request;
struct route;
struct route_match;

struct route_table {
	const struct route *routes;
	size_t count;
};

extern const struct route_table routes_web, routes_control, routes_ops;

/* gateway/front_api.c and gateway/front_page.c */
void front_api(void *arg, struct http_conn *http, const struct http_request *q,
		const struct route_match *m);
void front_page(void *arg, struct http_conn *http, const struct http_request *q,
		const struct route_match *m);
/* A guest's id written with its slash: to where the page is. */
void front_console_moved(void *arg, struct http_conn *http,
		const struct http_request *q, const struct route_match *m);
void front_health(void *arg, struct http_conn *http,
		const struct http_request *q, const struct route_match *m);

/* gateway/api_*.c: each ends its exchange, now or later */
void api_status(struct gateway *g, struct exchange *x);
void api_login_get(struct gateway *g, struct exchange *x);
void api_login_post(struct gateway *g, struct exchange *x);
void api_login_delete(struct gateway *g, struct exchange *x);
void api_guests_get(struct gateway *g, struct exchange *x);
void api_guest_get(struct gateway *g, struct exchange *x);
void api_power_post(struct gateway *g, struct exchange *x);
void api_snapshots_get(struct gateway *g, struct exchange *x);
void api_snapshots_post(struct gateway *g, struct exchange *x);
void api_restore_post(struct gateway *g, struct exchange *x);
void api_job_get(struct gateway *g, struct exchange *x);
void api_consoles_post(struct gateway *g, struct exchange *x);
void api_console_resume(struct gateway *g, struct exchange *x);
void api_console_open(struct gateway *g, struct exchange *x);
void api_payload_open(struct gateway *g, struct exchange *x);
void api_links_post(struct gateway *g, struct exchange *x);
void api_sessions_get(struct gateway *g, struct exchange *x);
void api_session_delete(struct gateway *g, struct exchange *x);
/* What a younger worker asks (gateway/siblings.h); arg is the gateway. */
void api_sessions_answer(void *arg, const char *question, struct buf *to);
void api_reload_post(struct gateway *g, struct exchange *x);
void api_metrics(struct gateway *g, struct exchange *x);

#endif
