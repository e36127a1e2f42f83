/*
 * Calls to one Arrakis server: JSON over HTTP. The paths begin with /v1 or,
 * on older servers, with nothing; which of the two is found out by the list,
 * with which every other call begins, and again whenever it is not there.
 */
#ifndef HYPERVISOR_ARRAKIS_API_H
#define HYPERVISOR_ARRAKIS_API_H

#include <stddef.h>

#include "core/err.h"

struct buf;
struct config_profile;
struct json;
struct loop;
struct arrakis_api;

enum {
	ARRAKIS_ASK_MS = 10000,     /* for what only asks */
	ARRAKIS_CHANGE_MS = 120000, /* a snapshot writes all its memory */
};

int arrakis_api_new(struct arrakis_api **ret_api, struct loop *l,
		const struct config_profile *p, struct err *e);
/* Cancels what is under way: nobody is called again. Takes NULL. */
void arrakis_api_free(struct arrakis_api *a);

/* The host of its URL: that has the host ports. */
const char *arrakis_api_host(const struct arrakis_api *a);

/*
 * r = 0: `answer` (NULL: no JSON) is valid during the call. Else e says why:
 *   -EACCES        it wants a login
 *   -EKEYREJECTED  it is not the server we trust
 *   -EREMOTEIO     it failed at it; among them: there is no such sandbox
 *   -EPROTO        it is no Arrakis
 *   -ETIMEDOUT     a change may still go on
 *   others         it cannot be reached
 * Once, never from inside the call that asked.
 */
typedef void arrakis_fn(void *arg, int r, const struct json *answer,
		const struct err *e);

/* The sandboxes there are. 0 or -ENOMEM: then fn is not called. */
int arrakis_list(struct arrakis_api *a, arrakis_fn *fn, void *arg);
/* `path` begins behind "/vms"; body NULL: none. After a list only. */
int arrakis_change(struct arrakis_api *a, const char *method, const char *path,
		const struct buf *body, arrakis_fn *fn, void *arg);

#endif
