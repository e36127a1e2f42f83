/*
 * What the page of a terminal says beside its keys: a text message that is a
 * JSON object, of which one member is known.
 *
 *	{"resize": [132, 43]}		columns and rows, 1 to TERMINAL_MAX
 *
 * Anything else is no reason to end a console: whoever hears it goes on as if
 * it had not been said, and logs that once.
 */
#ifndef SESSION_NOTES_H
#define SESSION_NOTES_H

#include <stddef.h>

struct note;

enum { TERMINAL_MAX = 1000, PAGE_NOTE_MAX = 256 };

/* 0 and a NOTE_RESIZE; -EINVAL for what it does not understand, -EMSGSIZE
 * past PAGE_NOTE_MAX bytes, -ENOMEM. */
int page_note_read(const char *data, size_t len, struct note *ret_note);

#endif
