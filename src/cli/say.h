/*
 * Talk with whoever sits at the terminal: on standard error, a line each,
 * beginning "glassbridge: ". Data goes to standard output. What strangers
 * chose (names of guests, answers of servers) cannot steer the terminal.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdbool.h>
#include <stdio.h>

struct err;

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Say why, and answer the exit code: return say_err(EXIT_CONFIG, &e). */
int say_err(int code, const struct err *e);
/* The same with a sentence of one's own. */
int say_fail(int code, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

/* A text from outside: a character that text_is_plain() does not let pass, as
 * '?'; the rest as it is. */
void put_clean(FILE *to, const char *text);

/* May bold and colours be written there? A terminal, and NO_COLOR not set. */
bool may_paint(FILE *to);

#endif
