#include "gateway/routes.h"

#include "gateway/exchange.h"
#include "http/router.h"

#define API(method, pattern, function, ...)                     \
	{                                                       \
		method, pattern, front_api, &(const struct api) \
		{                                               \
			.fn = function, __VA_ARGS__             \
		}                                               \
	}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */

/* The API is the same over the network and over the control socket. */
#define ROUTES_API                                                         \
	API("GET", "/api/status", api_status, .anybody = true),            \
	API("GET", "/api/v1/login", api_login_get, .anybody = true),       \
	API("POST", "/api/v1/login", api_login_post, .anybody = true),     \
	API("DELETE", "/api/v1/login", api_login_delete, .anybody = true), \
	API("GET", "/api/v1/guests", api_guests_get),                      \
	API("GET", "/api/v1/guests/{id}", api_guest_get),                  \
	API("POST", "/api/v1/guests/{id}/power", api_power_post),          \
	API("GET", "/api/v1/guests/{id}/snapshots", api_snapshots_get),    \
	API("POST", "/api/v1/guests/{id}/snapshots", api_snapshots_post),  \
	API("POST", "/api/v1/guests/{id}/snapshots/{name}/restore",        \
	    api_restore_post),                                             \
	API("GET", "/api/v1/jobs/{id}", api_job_get),                      \
	API("POST", "/api/v1/consoles", api_consoles_post),                \
	API("POST", "/api/v1/consoles/{id}/resume", api_console_resume),   \
	API("POST", "/api/v1/links", api_links_post),                      \
	API("GET", "/api/v1/sessions", api_sessions_get),                  \
	API("DELETE", "/api/v1/sessions/{id}", api_session_delete),        \
	/* the code that comes with the upgrade says who it is */          \
	API("GET", "/ws/{id}", api_console_open, .anybody = true,          \
	    .upgrades = true)

static const struct route web[] = {
	ROUTES_API,
	{"GET", "/", front_page, "/index.html"},
	{"GET", "/console/{guest}", front_page, "/console.html"},
	{"GET", "/console/{guest*}", front_console_moved, NULL},
	{"GET", "/{file*}", front_page, NULL},
};

static const struct route control[] = {
	ROUTES_API,
	API("POST", "/api/v1/reload", api_reload_post, .local_only = true),
};

static const struct route ops[] = {
	{"GET", "/healthz", front_health, NULL},
	{"GET", "/readyz", front_health, NULL},
	API("GET", "/metrics", api_metrics, .anybody = true),
};

/* clang-format on */

const struct route_table routes_web = {web, COUNT(web)};
const struct route_table routes_control = {control, COUNT(control)};
const struct route_table routes_ops = {ops, COUNT(ops)};
