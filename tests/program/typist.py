"""Somebody who types at a terminal."""
import fcntl
import os
import pty
import select
import struct
import termios
import time


class Terminal:
    """A program at a terminal of 80 columns, and who types there."""

    def __init__(self, *args, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(args[0], args, env or os.environ)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 25, 80, 0, 0))
        self.seen = ""

    def until(self, words, seconds=60):
        end = time.monotonic() + seconds
        while words not in self.seen:
            ready = select.select([self.fd], [], [],
                                  max(0, end - time.monotonic()))[0]
            assert ready, (words, self.seen)
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                more = b""
            assert more, (words, self.seen)
            self.seen += more.decode(errors="replace")
        self.seen = self.seen.split(words, 1)[1]

    def type(self, text):
        os.write(self.fd, text.encode() + b"\n")

    def press(self, keys):
        os.write(self.fd, keys)

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def _read(self, seconds):
        """What comes within so many seconds; False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            more = os.read(self.fd, 4096)
        except OSError:
            more = b""
        self.seen += more.decode(errors="replace")
        return bool(more)

    def ends(self, press=b"", seconds=60):
        """The exit code. `press` is pressed until it ends: what comes before
        a program listens is lost."""
        end = time.monotonic() + seconds
        while self._read(0.5):
            assert time.monotonic() < end, self.seen
            if press:
                os.write(self.fd, press)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
