/*
 * The answers that a hypervisor owes: one record each, from the call until
 * the callback has returned. Only for hypervisor.c.
 */
#ifndef HYPERVISOR_ASK_H
#define HYPERVISOR_ASK_H

struct hypervisor;

/* Nobody is called: those who ask have gone, or are told otherwise. */
void asks_drop(struct hypervisor *h);

#endif
