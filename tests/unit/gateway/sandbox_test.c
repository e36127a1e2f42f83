/* Each test locks a child in and looks what is left to it. */
#include "gateway/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/config.h"
#include "test.h"

/* In the child: 0, or the number of what did not hold. */
typedef int inside_fn(const char *state);

static void put_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, "x", 1) == 1);
	close(fd);
}

/* What fn finds in a sandbox whose configuration stands in folder/etc. */
static int locked_in(inside_fn *fn)
{
	char folder[] = "/tmp/sandbox-XXXXXX", path[64];
	static const char *const parts[] = {"/etc/config.toml", "/secret",
			"/state/new", "/state", "/etc", ""};
	struct config c = {0};
	int status = -1;
	struct err e;
	pid_t pid;

	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	CHECK(mkdir("etc", 0755) == 0 && mkdir("state", 0755) == 0);
	put_file("etc/config.toml");
	put_file("secret");
	(void)snprintf(path, sizeof(path), "%s/etc/config.toml", folder);
	c.file = path;
	pid = fork();
	if (pid == 0)
		_exit(sandbox_enter(&c, "state", &e) < 0 ? 99 : fn("state"));
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", folder, parts[i]);
		(void)remove(path);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Sanitized programs are not locked in. */
static bool is_off(void)
{
	return sandbox_mode() == SANDBOX_OFF;
}

static bool opens(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int no_programs(const char *state)
{
	char *const argv[] = {(char *)"true", NULL};
	pid_t pid;

	(void)state;
	execv("/bin/true", argv);
	if (errno != EPERM && errno != EACCES)
		return 1;
	pid = fork();
	if (pid == 0)
		_exit(0);
	if (pid > 0 || errno != EPERM)
		return 2;
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EPERM)
		return 3;
	if (kill(getppid(), SIGURG) == 0)
		return 4;
	if (mmap(NULL, 4096, PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return 5;
	return 0;
}

static void it_starts_no_program_and_signals_nobody(void)
{
	if (!is_off())
		CHECK_INT(locked_in(no_programs), 0);
}

static int only_its_files(const char *state)
{
	(void)state;
	if (!opens("etc/config.toml", O_RDONLY))
		return 1;
	if (!opens("/etc/hosts", O_RDONLY))
		return 2;
	if (!opens("state/new", O_RDWR | O_CREAT))
		return 3;
	if (unlink("state/new") < 0)
		return 4;
	if (opens("etc/config.toml", O_WRONLY))
		return 5;
	if (opens("etc/new", O_WRONLY | O_CREAT))
		return 6;
	if (opens("secret", O_RDONLY))
		return 7;
	if (opens("/root/.bashrc", O_RDONLY))
		return 8;
	return 0;
}

static void it_reaches_its_files_and_no_others(void)
{
	struct sandbox_files none = {0};
	int fd, version = sandbox_files_open(&none, &fd);

	if (version < 0 || is_off())
		skip(); /* a kernel without landlock */
	close(fd);
	CHECK_INT(locked_in(only_its_files), 0);
}

static int no_new_port(const char *state)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	if (fd < 0)
		return 1;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return 2;
	a.sin_port = htons(1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ||
			errno == EPERM || errno == EACCES)
		return 3;
	return 0;
}

static void it_connects_but_binds_no_port(void)
{
	struct sandbox_files none = {0};
	int fd, version = sandbox_files_open(&none, &fd);

	if (version >= 0)
		close(fd);
	if (version < 4 || is_off())
		skip(); /* a landlock that knows no ports */
	CHECK_INT(locked_in(no_new_port), 0);
}

static void *thread_run(void *arg)
{
	return arg;
}

static int its_work(const char *state)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	pthread_t thread;
	void *answer;

	(void)state;
	if (pthread_create(&thread, NULL, thread_run, NULL) != 0 ||
			pthread_join(thread, &answer) != 0)
		return 1;
	if (getaddrinfo("localhost", "80", &hints, &found) != 0)
		return 2;
	freeaddrinfo(found);
	if (!malloc((size_t)64 * 1024 * 1024))
		return 3;
	return geteuid() == (uid_t)-1 ? 4 : 0;
}

static void threads_names_and_memory_work(void)
{
	CHECK_INT(locked_in(its_work), 0);
}

static int no_core(const char *state)
{
	struct rlimit core;

	(void)state;
	return getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0;
}

static void there_is_no_core_file(void)
{
	if (!is_off())
		CHECK_INT(locked_in(no_core), 0);
}

static void the_list_has_at_most_60_calls(void)
{
	int count, status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(sandbox_calls(SANDBOX_LOG) & 0xff);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	count = WEXITSTATUS(status);
	if (!is_off())
		CHECK(WIFEXITED(status) && count > 40 && count <= 60);
}

TESTS(T(it_starts_no_program_and_signals_nobody),
		T(it_reaches_its_files_and_no_others),
		T(it_connects_but_binds_no_port),
		T(threads_names_and_memory_work), T(there_is_no_core_file),
		T(the_list_has_at_most_60_calls))
