/*
 * What `glassbridge` says when nothing was asked: what it is, what to type
 * next, and whether a configuration was found. Ten lines at most.
 */
#ifndef CLI_OVERVIEW_H
#define CLI_OVERVIEW_H

struct app;

int overview(struct app *a);

#endif
