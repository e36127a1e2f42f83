/*
 * "Did you mean?": of some known names the one that a mistyped name is nearest
 * to, if any is near enough to be worth saying.
 *
 *	struct near n;
 *
 *	near_begin(&n, typed);
 *	near_try(&n, "listen");
 *	near_try(&n, "login");
 *	if (n.nearest)
 */
#ifndef CORE_NEAR_H
#define CORE_NEAR_H

enum { NEAR_NAME_MAX = 64 }; /* longer names are near to nothing */

struct near {
	const char *name;    /* borrowed */
	const char *nearest; /* one of those tried; NULL: none is near */
	unsigned best;
};

void near_begin(struct near *n, const char *name);
void near_try(struct near *n, const char *known);

#endif
