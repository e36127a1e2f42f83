/*
 * The word that the end of a relay is told by, from what one of its sides
 * answered: 0 for an end, or a negative errno (relay/relay.h, relay/hub.h).
 */
#ifndef SESSION_RELAY_ENDS_H
#define SESSION_RELAY_ENDS_H

#include "session/ends.h"

enum end_word relay_end_of_client(int r);
enum end_word relay_end_of_backend(int r);

/* What is more exact than the word's own sentence; or NULL. */
const char *relay_detail_of_client(int r);
const char *relay_detail_of_backend(int r);

#endif
