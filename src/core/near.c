#include "core/near.h"

#include <stddef.h>
#include <string.h>

enum { NEAR = 2 }; /* mistakes, in a name of four letters or more */

/* Letters to add, drop or change, or neighbours to swap; both are short. */
static unsigned distance(const char *a, const char *b)
{
	unsigned d[NEAR_NAME_MAX + 1][NEAR_NAME_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NEAR_NAME_MAX || lb > NEAR_NAME_MAX)
		return NEAR_NAME_MAX;
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++)
		for (size_t j = 1; j <= lb; j++) {
			unsigned n = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < n)
				n = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < n)
				n = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
					a[i - 2] == b[j - 1] &&
					d[i - 2][j - 2] + 1 < n)
				n = d[i - 2][j - 2] + 1;
			d[i][j] = n;
		}
	return d[la][lb];
}

void near_begin(struct near *n, const char *name)
{
	size_t half = strlen(name) / 2;

	*n = (struct near){.name = name};
	n->best = half < NEAR ? (unsigned)half + 1 : NEAR + 1;
}

void near_try(struct near *n, const char *known)
{
	unsigned far = distance(n->name, known);

	if (far < n->best) {
		n->best = far;
		n->nearest = known;
	}
}
