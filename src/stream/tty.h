/*
 * A serial device of this machine (/dev/ttyS0, /dev/ttyUSB0) as a bottom
 * layer: opened raw, 8N1 without flow control, for us alone, and never as our
 * controlling terminal. Its end is the device's going away. Freeing it waits
 * for nothing: what is still queued goes out meanwhile, and the program's end
 * waits for that, two seconds at most.
 */
#ifndef STREAM_TTY_H
#define STREAM_TTY_H

#include "core/err.h"

struct stream;

/*
 * `speed` in bits a second. It opens at once; the sentence names the device.
 *   -ENOENT   there is none          -EACCES  we may not open it
 *   -EBUSY    another program has it
 *   -ENOTTY   it is no serial device -EIO     nothing is behind its name
 *   -EINVAL   a speed that no device has
 */
int tty_wrap(struct stream **s, const char *path, unsigned speed,
		struct err *e);

#endif
