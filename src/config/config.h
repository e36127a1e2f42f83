/*
 * The configuration: what the file, the environment and the flags say, checked
 * when it is loaded. config_load() makes a fresh struct each time and nothing
 * here is global, so a reload loads a second one and drops the first.
 *
 * Which file. A flag's path; else GLASSBRIDGE_CONFIG; else
 * $XDG_CONFIG_HOME/glassbridge/config.toml (~/.config by default); else
 * /etc/glassbridge/config.toml: the nearest to the user that exists, one only.
 * A file that was named must exist; one that exists must be readable. Without
 * any, `file` is NULL and the defaults below stand.
 *
 * What wins. Flag, then environment, then file.
 *   [gateway]        every key KEY also as GLASSBRIDGE_KEY (upper case; lists
 *                    with commas): GLASSBRIDGE_LISTEN, GLASSBRIDGE_PUBLIC_URL
 *   default profile  GLASSBRIDGE_PROFILE names it; GLASSBRIDGE_URL, _USER,
 *                    _TOKEN_ID, _TOKEN_SECRET, _PASSWORD, _CA_FILE and
 *                    _TLS_FINGERPRINT are its keys (it is made where the file
 *                    has none)
 *   [proxxy]         SIGNATURE_KEY (or SIGNATURE_KEY_FILE) is `key` and turns
 * it on; then PORT is the port to listen on, on 127.0.0.1, and
 *                    GLASSBRIDGE_PROXXY_HOSTS, _TLS, _FINGERPRINTS and _REPLAY
 *                    are allowed_hosts, tls, tls_fingerprints and replay
 * An empty variable is none.
 *
 * A profile as a URL. Where a profile is named by a flag or by
 * GLASSBRIDGE_PROFILE, it may be "https://pve1:8006" or "arrakis+http://
 * 127.0.0.1:7000" instead: a profile made for the time, called after its kind
 * ("arrakis", or "arrakis-2" where the file has one of that name).
 *
 * Secrets. Each secret KEY is also read from KEY_file (and GLASSBRIDGE_KEY_FILE
 * where the environment has it), without its trailing newline, and, where
 * neither stands, from the systemd credential
 * $CREDENTIALS_DIRECTORY/SECTION.KEY: profiles.home.token_secret,
 * profiles.home.password, profiles.boxes.vnc_password,
 * profiles.lab.guests.kiosk.vnc_password, gateway.cluster_key,
 * gateway.store_password, proxxy.key.
 *
 * Paths may begin with "~/"; relative ones start at the folder of the file in
 * which they stand (from the environment or a flag: at the current one).
 * An empty text means "not set".
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/crypto.h"
#include "core/err.h"
#include "core/secret.h"
#include "proto/address.h"
#include "proto/url.h"

#define CONFIG_SYSTEM_FILE "/etc/glassbridge/config.toml"

enum { CONFIG_SECRET_MAX = 64 * 1024, CONFIG_WARM_AGE_S = 60 };

struct config_texts {
	char **items;
	size_t count;
};

struct config_addresses {
	struct address *items;
	size_t count;
};

struct config_urls {
	struct url *items;
	size_t count;
};

/* A guest of a static profile. An address not given has no host and no path.
 * A secret not given has no data. */
/* How a serial line is reached. */
enum config_line_kind {
	CONFIG_LINE_PLAIN,  /* "unix:/path", "host:port" */
	CONFIG_LINE_TELNET, /* "telnet:host[:port]" */
	CONFIG_LINE_TTY,    /* "/dev/ttyS0": at.path is a device */
};

struct config_line {
	enum config_line_kind kind;
	struct address at; /* neither host nor path: none is configured */
};

enum { CONFIG_SPEED_DEFAULT = 115200 };

struct config_guest {
	char *name;
	struct address vnc, spice;
	struct config_line serial;
	unsigned serial_speed; /* of a device; 0: CONFIG_SPEED_DEFAULT */
	struct secret vnc_password, spice_password;
	char *title; /* key `name`: for people; NULL: as `name` */
	struct config_texts tags;
	unsigned line; /* in the file, for messages */
};

/* How a node of a cluster is reached. */
struct config_node {
	char *name;
	char *spice_proxy; /* as proto/spice_proxy.h reads it; checked */
};

struct config_profile {
	char *name;
	char *kind;             /* "proxmox" "arrakis" "static" */
	struct config_urls url; /* at least one, but for static: none */
	char *user;             /* "ops@pve" */
	char *auth;             /* "token" "password"; NULL: not said */
	char *token_id;         /* the part behind the '!' */
	struct secret token_secret, password;
	struct secret vnc_password; /* of every guest's screen; arrakis only */
	unsigned warm;     /* connections kept ready for each guest's screen */
	unsigned warm_age; /* seconds; then another one is opened */
	char *tls_fingerprint; /* "SHA256:.." or bare hex; checked */
	char *ca_file;
	bool verify_tls;      /* false: said in so many words, and warned */
	bool read_only;       /* consoles yes, power no */
	unsigned rate_limit;  /* API calls a second; 0: no limit said */
	unsigned ticket_life; /* seconds of a session ticket; 0: two hours */
	char *spice_proxy;    /* of all nodes; NULL: where the API is */
	struct config_node *nodes;
	size_t node_count;
	struct config_guest *guests;
	size_t guest_count;
	unsigned line;
};

struct config_ssh_guest {
	char *id; /* "100" or "home/100" */
	char *host, *user, *key_path;
	unsigned port; /* 0: not said */
	unsigned line;
};

struct config_ssh {
	char *user, *host, *key_path, *known_hosts; /* NULL: not said */
	unsigned port;                              /* 0: not said */
	struct config_ssh_guest *guests;
	size_t guest_count;
};

/* The program that shows consoles outside of the browser. */
struct config_viewer {
	char *command;               /* name or path; NULL: not said */
	struct config_texts options; /* before the file's name */
};

enum config_login {
	CONFIG_LOGIN_LINK = 1,
	CONFIG_LOGIN_PROXMOX = 2,
	CONFIG_LOGIN_TOKEN = 4,
};

enum config_store {
	CONFIG_STORE_MEMORY,
	CONFIG_STORE_SQLITE,
	CONFIG_STORE_REDIS, /* at store_url, "redis" or "rediss" */
};

struct config_gateway {
	struct config_addresses listen; /* default 127.0.0.1:8443 */
	struct config_urls public_url;  /* one or none */
	struct address spice_listen, ops_listen;
	char *store; /* as it was written */
	enum config_store store_kind;
	struct url store_url;         /* redis only */
	struct secret store_password; /* of Redis; none: no AUTH is sent */
	struct secret cluster_key;    /* there is one with redis */
	char *tls_cert, *tls_key;     /* both or none */
	unsigned login;               /* config_login bits */
	struct config_texts allowed_origins; /* "https://host[:port]" */
	struct config_texts trusted_proxies; /* "192.0.2.7", "10.0.0.0/8" */
	unsigned workers;                    /* 0: one a core */
	unsigned max_sessions, max_sessions_per_user;
	unsigned keep_alive;      /* seconds of silence; 0: never */
	bool sessions_by_default; /* nobody has said max_sessions */
	/* not said: for how many wires the descriptors suffice; 0: all */
	unsigned max_wires;
	/* the same for connections of forwards */
	unsigned max_forwarded;
};

/* A host beyond the profiles, to which payloads may lead. */
struct config_proxxy_host {
	char *host;    /* NULL: any, said as a star */
	uint16_t port; /* 0: any */
	/* with tls = "fingerprint": of this host's certificate */
	uint8_t fingerprint[SHA256_LEN];
};

enum config_proxxy_tls {
	CONFIG_PROXXY_ROOTS,
	CONFIG_PROXXY_FINGERPRINT,
	CONFIG_PROXXY_OFF,
};

/* The door for proxxy's payloads. */
struct config_proxxy {
	bool enabled;
	struct secret key; /* 64 hexadecimal digits, checked */
	char *replay, *tls;
	struct config_texts allowed_hosts, tls_fingerprints;
	/* the same, read */
	bool replay_off;
	enum config_proxxy_tls tls_kind;
	struct config_proxxy_host *hosts;
	size_t host_count;
};

struct config_token {
	char *name;
	uint8_t hash[SHA256_LEN];
	char *hash_text;
	struct config_texts origins;
	unsigned line;
};

enum config_right {
	CONFIG_MAY_VIEW = 1,
	CONFIG_MAY_CONTROL = 2,
	CONFIG_MAY_POWER = 4,
	CONFIG_MAY_RECORD = 8,
	CONFIG_MAY_SHARE = 16,
	CONFIG_MAY_ADMIN = 32,
};

enum config_deny {
	CONFIG_DENY_CLIPBOARD = 1,
	CONFIG_DENY_FILES = 2,
	CONFIG_DENY_USB = 4,
	CONFIG_DENY_AUDIO = 8,
};

struct config_rule {
	char *who;
	struct config_texts guests; /* patterns: "home/" and a star */
	unsigned may;               /* config_right bits */
	unsigned deny;              /* config_deny bits */
	unsigned line;
};

enum {
	CONFIG_FORWARD_HOSTS_MAX = 4, /* addresses of one forward */
	CONFIG_PORT_NONE = 65536,     /* not said */
};

/* Ports of this machine that lead to ports of guests: one, or with `all` those
 * that the guests of a profile announce. */
struct config_forward {
	struct config_texts listen; /* IP addresses; none: this machine's own */
	unsigned port;              /* 0: any; CONFIG_PORT_NONE with `all` */
	char *guest;                /* "boxes/agent-7"; NULL with `all` */
	unsigned guest_port;        /* 0: its console of this kind */
	char *kind;                 /* "vnc" ...; NULL: not said */
	char *profile;              /* with `all` */
	bool all;
	unsigned connect_limit; /* seconds */
	unsigned connections;   /* at a time */
	unsigned idle_limit;    /* seconds without input; 0: none */
	unsigned line;
};

struct config {
	char *file;            /* that was read; NULL: none was found */
	char *default_profile; /* NULL: not said and not clear */
	struct config_profile *profiles;
	size_t profile_count;
	struct config_ssh ssh;
	struct config_viewer viewer;
	struct config_gateway gateway;
	struct config_proxxy proxxy;
	struct config_token *tokens;
	size_t token_count;
	struct config_rule *rules;
	size_t rule_count;
	struct config_forward *forwards;
	size_t forward_count;
	struct config_texts warnings; /* sentences, to be told once */
	struct config_texts files;    /* secrets were read from these */
	struct config_texts skipped;  /* proxxx's, of no use here: "[telegram]",
					 "[ssh] max_concurrent" */
};

/* A key of [gateway] from the command line: {"listen", "127.0.0.1:0"}. */
struct config_flag {
	const char *key, *value;
};

struct config_options {
	const char *path; /* a flag's; NULL: search */
	/* a flag's: a name or a URL; NULL: GLASSBRIDGE_PROFILE, `default` */
	const char *profile;
	const struct config_flag *flags;
	size_t flag_count;
	const char *system_file; /* NULL: CONFIG_SYSTEM_FILE */
};

/*
 * 0, or -EINVAL (what it says is wrong), -ENOENT, -EACCES, -EISDIR ... (the
 * file), -ENOMEM; then *ret_config is untouched and e says where and why:
 * "FILE:12:1: unknown key 'lisen' in [gateway]; did you mean 'listen'?".
 * o may be NULL.
 */
int config_load(struct config **ret_config, const struct config_options *o,
		struct err *e);
void config_free(struct config *c); /* takes NULL; wipes secrets */

/* NULL where there is none of that name. */
const struct config_profile *config_profile(
		const struct config *c, const char *name);

#endif
