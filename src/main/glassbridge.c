#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "main/providers.h"

/* In the order of `glassbridge help`. */
static const struct command *const commands[] = {
		&init_command,
		&ls_command,
		&web_command,
		&vnc_command,
		&spice_command,
		&serial_command,
		&console_command,
		&play_command,
		&novnc_command,
		&ssh_command,
		&forward_command,
		&power_command,
		&snapshot_command,
		&restore_command,
		&create_command,
		&destroy_command,
		&proxy_command,
		&serve_command,
		&sessions_command,
		&token_command,
		&config_command,
		&doctor_command,
		&completion_command,
		&version_command,
		NULL,
};

/* A descriptor 0, 1 or 2 that is missing would become somebody's socket. */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		_exit(EXIT_FAILED);
	(void)close(fd);
}

int main(int argc, char **argv)
{
	struct app app = {.commands = commands, .providers = providers};

	open_standard();
	(void)signal(SIGPIPE, SIG_IGN); /* a broken wire is an error to read */
	(void)umask(077);               /* what we write is the user's alone */
	return app_run(&app, argc, argv);
}
