/*
 * A question before what cannot be undone.
 */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include <stdbool.h>

/*
 * `yes`: it was said beforehand (--yes). Else ask at the terminal; nobody
 * there to be asked is a no. 0 go on; else the exit code, told. The question
 * ends without its mark: "destroy box/agent-7 and all it has stored".
 */
int confirm(bool yes, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

#endif
