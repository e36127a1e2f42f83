/*
 * Inside of the configuration: a section is a struct, and a table of keys that
 * says which key goes where in it. Adding a key is one line in such a table;
 * reading, checking, the environment, "did you mean" and freeing follow.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config/config.h"
#include "proto/toml.h"

struct reader {
	struct config *c;
	const char *file; /* NULL while the environment is read */
	unsigned mode;    /* of the file */
	char secret[80];  /* the first secret that stands in the file itself */
	const struct toml *root;
	/* proxxx's form for one profile, its keys at the top of the file; an
	 * element of c->profiles, NULL before the first such key */
	struct config_profile *top;
	struct err *e;
};

enum key_type {
	KEY_TEXT,      /* char *; words and check apply */
	KEY_FILE,      /* char *: a path */
	KEY_TEXTS,     /* struct config_texts; check applies to each */
	KEY_BOOL,      /* bool */
	KEY_NUMBER,    /* unsigned, from low to high */
	KEY_SECRET,    /* struct secret; also as KEY_file, and a credential */
	KEY_ADDRESS,   /* struct address */
	KEY_DIAL,      /* the same, but port 0 is refused */
	KEY_LINE,      /* struct config_line */
	KEY_ADDRESSES, /* struct config_addresses */
	KEY_URLS,      /* struct config_urls; words are the schemes */
	KEY_SET,       /* unsigned: a bit for each of words */
	KEY_TABLE,     /* handed to `read` */
	KEY_SKIP,      /* proxxx has it, we have no use for it */
};

struct key {
	const char *name;
	enum key_type type;
	size_t at;                /* where in the section's struct */
	const char *const *words; /* NULL at the end */
	unsigned low, high;
	bool env; /* of a profile: also read from the environment */
	/* What is wrong with the text, or NULL; may rewrite it in place if it
	 * does not grow. */
	const char *(*check)(char *text);
	int (*read)(struct reader *r, const struct toml *n, void *section);
};

/* A key table ends with an entry without a name. */

/* ---- keys.c ------------------------------------------------------------- */

/* Fill err with "FILE:LINE:COLUMN: ..." for where a node's value (or its key)
 * stands. */
int fail_value(struct reader *r, const struct toml *n, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
int fail_key(struct reader *r, const struct toml *n, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

/* A table by its keys. `path` is "gateway", "profiles.home", or "" on top. */
int keys_read(struct reader *r, const struct toml *table,
		const struct key *keys, void *section, const char *path);
/* What the environment says about them: GLASSBRIDGE_KEY. */
int keys_env(struct reader *r, const struct key *keys, bool marked_only,
		void *section);
bool keys_env_any(const struct key *keys);
int keys_flag(struct reader *r, const struct key *keys, void *section,
		const struct config_flag *flag);
/* Secrets that are still missing, from systemd's credentials. */
int keys_credentials(struct reader *r, const struct key *keys, void *section,
		const char *path);
void keys_done(const struct key *keys, void *section);

/* The known name nearest to `name`, or NULL if none is near. */
const char *keys_nearest(const struct key *keys, const char *name);

/* ---- value.c ------------------------------------------------------------ */

/* Take a text for a key: a list grows, all else is replaced. e says what is
 * wrong with it, without a place. */
int value_add(struct reader *r, const struct key *k, void *section,
		const char *text, struct err *e);
/* The same from the environment or a flag: a list is replaced, at commas. */
int value_set(struct reader *r, const struct key *k, void *section,
		const char *text, struct err *e);
int value_number(const struct key *k, void *section, int64_t number,
		struct err *e);
void value_clear(const struct key *k, void *section);
bool value_is_list(const struct key *k);

int texts_add(struct config_texts *t, const char *text);
int texts_addf(struct config_texts *t, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
void texts_done(struct config_texts *t);

/* ---- secret_file.c ------------------------------------------------------ */

/* A path as the header of config.h says; owned by the caller. */
char *path_resolve(const struct reader *r, const char *path);
/* The whole of a file into a new buffer, at most `max` bytes. */
int file_read(const char *path, size_t max, char **ret_data, size_t *ret_len,
		unsigned *ret_mode, struct err *e);
int secret_from_file(struct reader *r, const char *path, struct secret *ret,
		struct err *e);
/* -ENOENT: there is no such credential. */
int secret_from_credential(struct reader *r, const char *section,
		const char *name, struct secret *ret, struct err *e);

/* ---- sections.c --------------------------------------------------------- */

extern const struct key top_keys[], viewer_keys[], gateway_keys[],
		profile_keys[], node_keys[], guest_keys[], ssh_keys[],
		ssh_guest_keys[], token_keys[], rule_keys[], proxxy_keys[],
		forward_keys[];

/* Is it an array, as [[what]] makes one? Else e says so. */
int want_array(struct reader *r, const struct toml *n, const char *what);
int want_table(struct reader *r, const struct toml *n, const char *what);
/* Room for one more at the end of an array of structs, zeroed; NULL without
 * memory. */
void *section_grow(void *items, size_t *count, size_t size);
/* A new profile at the end; NULL without memory. */
struct config_profile *profile_new(struct config *c, const char *name);
/* A profile made of a URL, named after its kind; *ret_name is that name, the
 * profile's. */
int profile_from_url(struct reader *r, const char *text, const char **ret_name);
/* What only shows when all of it is known. */
int profile_finish(struct reader *r, struct config_profile *p);
int gateway_defaults(struct reader *r);
int gateway_finish(struct reader *r);

/* ---- forwards.c --------------------------------------------------------- */

/* [[forwards]] */
int forwards_read(struct reader *r, const struct toml *n, void *section);
int forward_finish(struct reader *r, const struct config_forward *f);

/* ---- proxxy.c ----------------------------------------------------------- */

int proxxy_defaults(struct reader *r);
/* Of the environment; it may say where the gateway listens, too. */
int proxxy_env(struct reader *r);
int proxxy_finish(struct reader *r);
void proxxy_done(struct config_proxxy *p);

/* "FILE:12: " or, for what the environment made, "". */
int fail_line(struct reader *r, unsigned line, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

#endif
