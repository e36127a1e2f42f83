/* glassbridge config set KEY[=VALUE]...: the exit code, told. */
#ifndef CLI_CONFIG_SET_H
#define CLI_CONFIG_SET_H

struct app;

int config_set(const struct app *a, int argc, char **argv);

#endif
