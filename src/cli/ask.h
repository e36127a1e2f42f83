/*
 * Questions at the terminal, on standard error; answers are lines of standard
 * input.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>
#include <stddef.h>

struct secret;

/* Is somebody here to be asked? */
bool ask_can(void);
/* An empty answer is `usual` (NULL: none, then *ret is ""). false: the end of
 * input, or a line that is too long. */
bool ask_line(const char *question, const char *usual, char *ret,
		size_t ret_max);
/* What is typed is not shown. */
bool ask_secret(const char *question, struct secret *ret);

#endif
