/*
 * The program that this process is, and what it becomes by exec: a worker's
 * (the same program and arguments, whatever has happened to the file since),
 * or the supervisor of the program that stands on disk now.
 */
#ifndef GATEWAY_PROGRAM_H
#define GATEWAY_PROGRAM_H

struct inherit;

struct program {
	char *arguments, **argv;
	char path[4096]; /* where it stands on disk */
};

/* Ask the kernel. 0 or -errno; then program_done() as well. */
int program_read(struct program *p);
void program_done(struct program *p);

/* In the child of a supervisor: never comes back. What `h` names goes along. */
void program_become_worker(const struct program *p, struct inherit *h);

/* Comes back with a negative errno where it cannot; all is as it was then. */
int program_become_new(const struct program *p, struct inherit *h);

#endif
