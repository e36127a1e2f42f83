/*
 * The terminal that the user sits at, lent to a guest: raw, on its alternate
 * screen; and given back as it was, whatever the guest has done to it.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

struct note;

struct terminal {
	int fd; /* our own description of it: others' modes stay theirs */
	struct termios before;
	bool lent;
};

/* 0, -ENOTTY: nobody sits here (standard input and output are no terminal;
 * `beside`: the output may be something else, and is not touched). */
int terminal_open(struct terminal *t, bool beside);
/* Raw and empty. 0 or -errno. */
int terminal_lend(struct terminal *t);
/* As it was; what the guest made the terminal answer is dropped. May be called
 * twice. */
void terminal_give_back(struct terminal *t);
void terminal_close(struct terminal *t); /* gives it back */

/* A line of ours between what the guest has shown. */
void terminal_note(const struct terminal *t, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

/* Its size, as a note; 80 by 24 where it does not know. */
void terminal_size(const struct terminal *t, struct note *ret_resize);

#endif
