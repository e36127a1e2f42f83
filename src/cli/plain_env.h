/*
 * Our environment for programs that have no business with our configuration: a
 * hypervisor's password may stand in it (GLASSBRIDGE_PASSWORD).
 */
#ifndef CLI_PLAIN_ENV_H
#define CLI_PLAIN_ENV_H

/* As `environ`, without what is ours. The array is freed by the caller, its
 * texts are borrowed; NULL without memory. */
char **plain_env(void);

#endif
