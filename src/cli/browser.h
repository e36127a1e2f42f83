/*
 * The user's own browser.
 */
#ifndef CLI_BROWSER_H
#define CLI_BROWSER_H

/*
 * Open a URL that holds a one-time code. Arguments of a process are there for
 * every user to read, so what is handed over is a file of the user's that
 * leads on to it, and is removed a little later. False where there is no
 * desktop, or it cannot be done: the URL was printed anyway.
 */
#include <stdbool.h>

bool browser_open(const char *url);

#endif
