/*
 * A layer between the user's keys and a guest that takes every key: Ctrl+]
 * begins a chord.
 *
 *	Ctrl+] q        the end: reads answer 0
 *	Ctrl+] Ctrl+]   one Ctrl+] for the guest
 *	Ctrl+] x        both, for every other x
 *
 * After a shutdown reads answer 0, too: nobody waits for what a terminal may
 * still have to say.
 */
#ifndef CLI_CHORD_H
#define CLI_CHORD_H

#include "core/err.h"

struct note;
struct stream;

int chord_wrap(struct stream **s, struct err *e);
/* Say this note (the terminal's size) upwards with the next read; the last one
 * counts. */
void chord_note(struct stream *chord, const struct note *n);

#endif
