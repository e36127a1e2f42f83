#include "cli/exit.h"

#include <errno.h>

int exit_of(int r)
{
	switch (r) {
	case 0:
		return EXIT_OK;
	case -EACCES:
	case -EPERM:
		return EXIT_REFUSED;
	case -ENOENT:
		return EXIT_NOT_FOUND;
	case -EKEYREJECTED:
		return EXIT_SAFETY;
	case -EADDRINUSE:
	case -EBUSY:
	case -ETIMEDOUT:
		return EXIT_BUSY;
	case -EROFS:
		return EXIT_READ_ONLY;
	default:
		return EXIT_FAILED;
	}
}
