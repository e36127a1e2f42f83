/*
 * What a worker gives up once it has started, so that a stranger who takes it
 * over has won little:
 *
 *	user          started as root, it becomes the user `glassbridge` with
 *	              that user's groups. Where there is no such user it stays
 *	              root by name, without any capability.
 *	capabilities  none, and none to be had again; no new privileges
 *	files         landlock: reads the system's folders and those of the
 *	              configuration, writes the state's folder; binds no port
 *	calls         seccomp: the list in sandbox_calls.c, no new program
 *	memory        no core file, no debugger
 *
 * Serial devices of static guests can be opened as far as the configuration
 * named them at the start; terminals cannot be made to type (no TIOCSTI).
 *
 * What it needs later, it must be able to reach as that user: the
 * configuration and its secrets for a reload, the state's folder, guests' Unix
 * sockets (connecting to those is no matter of landlock up to its 8th
 * version). What the kernel or a container does not have or allow is left out,
 * and said.
 *
 * GLASSBRIDGE_SANDBOX=off leaves out files and calls; =log lets every call
 * through and has the kernel log what is not on the list. Programs built with
 * a sanitizer leave out all but the user and the capabilities.
 */
#ifndef GATEWAY_SANDBOX_H
#define GATEWAY_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct config;

enum { SANDBOX_PATHS_MAX = 128 };

#define SANDBOX_USER "glassbridge"

/*
 * Our secrets are never in a core file, nor in a debugger of the same user.
 * First of all; again after an exec.
 */
void sandbox_no_core(void);

/*
 * All of it, for this process: before its other threads start. The
 * configuration says what is to be reached; `state` is a folder to write in,
 * or NULL. Logs one line. It fails only where it would leave more rights than
 * promised: a user that cannot be taken on, capabilities that stay.
 */
int sandbox_enter(const struct config *c, const char *state, struct err *e);

/* ---- sandbox_calls.c ----------------------------------------------------- */

enum sandbox_mode { SANDBOX_ON, SANDBOX_LOG, SANDBOX_OFF };

/* As the variable says; off in a program with a sanitizer. */
enum sandbox_mode sandbox_mode(void);

/* For all threads, from now on. How many calls are on the list, or -errno. */
int sandbox_calls(enum sandbox_mode mode);

/* ---- sandbox_files.c ----------------------------------------------------- */

struct sandbox_files {
	const char *read[SANDBOX_PATHS_MAX]; /* files, folders and below */
	size_t read_count;
	const char *write[4]; /* folders */
	size_t write_count;
	const char *devices[SANDBOX_PATHS_MAX]; /* serial ones */
	size_t device_count;
};

/* Opens what is to be reached; *ret_fd takes effect with the second. The
 * version of landlock, or -errno. */
int sandbox_files_open(const struct sandbox_files *f, int *ret_fd);
int sandbox_files_enter(int fd); /* closed */

#endif
