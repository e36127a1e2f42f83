/*
 * Every command's table entry; the program's own table is in
 * main/glassbridge.c.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

struct command;

extern const struct command completion_command;
extern const struct command config_command;
extern const struct command console_command;
extern const struct command create_command;
extern const struct command destroy_command;
extern const struct command doctor_command;
extern const struct command init_command;
extern const struct command forward_command;
extern const struct command ls_command;
extern const struct command novnc_command;
extern const struct command play_command;
extern const struct command power_command;
extern const struct command proxy_command;
extern const struct command restore_command;
extern const struct command serial_command;
extern const struct command serve_command;
extern const struct command sessions_command;
extern const struct command snapshot_command;
extern const struct command spice_command;
extern const struct command ssh_command;
extern const struct command token_command;
extern const struct command version_command;
extern const struct command vnc_command;
extern const struct command web_command;

#endif
