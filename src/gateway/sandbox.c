#include "gateway/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/config.h"
#include "core/log.h"

enum { CAPABILITIES = 64 }; /* the kernel says which of them exist */

void sandbox_no_core(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	if (sandbox_mode() != SANDBOX_OFF) /* leak checkers look from outside */
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* ---- user and capabilities ----------------------------------------------- */

/* What later ones could have; the kernel lets only the able do it. */
static void bounds_drop(void)
{
	for (unsigned long i = 0; i < CAPABILITIES; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int capabilities_drop(struct err *e)
{
	struct __user_cap_header_struct head = {
			.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capset, &head, none) < 0)
		return err_set(e, -errno, "capabilities cannot be dropped: %s",
				strerror(errno));
	return 0;
}

static int user_become(const struct passwd *p, struct err *e)
{
	if (initgroups(p->pw_name, p->pw_gid) < 0 ||
			setresgid(p->pw_gid, p->pw_gid, p->pw_gid) < 0 ||
			setresuid(p->pw_uid, p->pw_uid, p->pw_uid) < 0)
		return err_set(e, -errno, "cannot become the user %s: %s",
				p->pw_name, strerror(errno));
	return 0;
}

/* The reload of a file that the new user cannot read would fail: say so now. */
static void user_check(const struct config *c)
{
	if (c->file && access(c->file, R_OK) < 0)
		log_warn(NULL,
				"event=unreadable file=%s detail=\"the user "
				"%s cannot read it: reloads will fail; chgrp "
				"%s it\"",
				log_value(c->file).text, SANDBOX_USER,
				SANDBOX_USER);
}

static int privileges_drop(const struct config *c, struct err *e)
{
	const struct passwd *p = geteuid() == 0 ? getpwnam(SANDBOX_USER) : NULL;
	int r = 0;

	bounds_drop();
	if (p)
		r = user_become(p, e);
	if (r == 0)
		r = capabilities_drop(e);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, -errno, "new privileges cannot be ruled out");
	sandbox_no_core(); /* a change of user undoes it */
	if (p)
		user_check(c);
	return 0;
}

/* ---- files --------------------------------------------------------------- */

/* A few lists of paths, and what was copied for them. */
struct reach {
	struct sandbox_files files;
	char *owned[SANDBOX_PATHS_MAX];
	size_t owned_count;
};

static void reach_read(struct reach *r, const char *path)
{
	if (path && *path && r->files.read_count < SANDBOX_PATHS_MAX)
		r->files.read[r->files.read_count++] = path;
}

/* The folder of a file: editors put a new file in an old one's place. Of the
 * root folder only the file itself. */
static void reach_folder_of(struct reach *r, const char *file)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	char *folder;

	if (!slash || slash == file) {
		reach_read(r, file && !slash ? "." : file);
		return;
	}
	if (r->owned_count == SANDBOX_PATHS_MAX)
		return;
	folder = strndup(file, (size_t)(slash - file));
	r->owned[r->owned_count++] = folder;
	reach_read(r, folder);
}

static void reach_lines(struct reach *r, const struct config_profile *p)
{
	struct sandbox_files *f = &r->files;

	for (size_t i = 0; i < p->guest_count; i++) {
		const struct config_line *line = &p->guests[i].serial;

		if (line->kind == CONFIG_LINE_TTY &&
				f->device_count < SANDBOX_PATHS_MAX)
			f->devices[f->device_count++] = line->at.path;
	}
}

static void reach_of(struct reach *r, const struct config *c, const char *state)
{
	/* resolver, hosts, roots, modules of the names' service, time zone */
	static const char *const system[] = {"/etc", "/usr/lib", "/usr/lib64",
			"/lib", "/lib64", "/usr/share",
			"/usr/local/share/ca-certificates",
			"/run/systemd/resolve", "/run/NetworkManager",
			"/run/resolvconf", "/sys/devices/system/cpu",
			"/dev/null", "/dev/urandom"};

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		reach_read(r, system[i]);
	reach_read(r, getenv("SSL_CERT_FILE"));
	reach_read(r, getenv("SSL_CERT_DIR"));
	reach_read(r, getenv("CREDENTIALS_DIRECTORY"));
	reach_folder_of(r, c->file);
	reach_folder_of(r, c->gateway.tls_cert);
	reach_folder_of(r, c->gateway.tls_key);
	for (size_t i = 0; i < c->profile_count; i++)
		reach_folder_of(r, c->profiles[i].ca_file);
	for (size_t i = 0; i < c->profile_count; i++)
		reach_lines(r, &c->profiles[i]);
	for (size_t i = 0; i < c->files.count; i++)
		reach_folder_of(r, c->files.items[i]);
	if (state)
		r->files.write[r->files.write_count++] = state;
}

static int reach_open(const struct config *c, const char *state, int *ret_fd)
{
	struct reach *r = calloc(1, sizeof(*r));
	int version;

	if (!r)
		return -ENOMEM;
	reach_of(r, c, state);
	version = sandbox_files_open(&r->files, ret_fd);
	for (size_t i = 0; i < r->owned_count; i++)
		free(r->owned[i]);
	free(r);
	return version;
}

/* ---- all of it ----------------------------------------------------------- */

static void user_name(char *ret, size_t ret_max)
{
	const struct passwd *p = getpwuid(geteuid());

	(void)snprintf(ret, ret_max, "%s", p ? p->pw_name : "-");
}

static void sandbox_tell(const char *user, int landlock, int calls)
{
	char files[16] = "none", list[16] = "any";

	if (landlock > 0)
		(void)snprintf(files, sizeof(files), "%d", landlock);
	if (calls > 0)
		(void)snprintf(list, sizeof(list), "%d", calls);
	log_info(NULL, "event=sandbox user=%s landlock=%s calls=%s%s", user,
			files, list,
			geteuid() == 0 ? " detail=\"there is no user "
					 "glassbridge: stays root, without "
					 "capabilities\""
				       : "");
}

int sandbox_enter(const struct config *c, const char *state, struct err *e)
{
	enum sandbox_mode mode = sandbox_mode();
	int landlock = -ENOSYS, calls = -ENOSYS, files = -1, r;
	char user[64];

	/* names are opened by who may still, and bind who may no more */
	if (mode == SANDBOX_ON)
		landlock = reach_open(c, state, &files);
	r = privileges_drop(c, e);
	if (r < 0) {
		if (files >= 0)
			close(files);
		return r;
	}
	user_name(user, sizeof(user));
	if (files >= 0) {
		r = sandbox_files_enter(files);
		landlock = r < 0 ? r : landlock;
	}
	if (mode != SANDBOX_OFF)
		calls = sandbox_calls(mode);
	sandbox_tell(user, landlock, calls);
	return 0;
}
