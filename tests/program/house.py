"""A desk for tests of commands: a folder with a configuration, nothing of the
machine's own, and commands that run there and are looked at."""
import json
import os
import pty
import select
import signal
import subprocess
import tempfile
import termios
import time

from tap import PROGRAM
import machines


class House:
    def __init__(self, text=""):
        self.folder = tempfile.TemporaryDirectory()
        self.config = self.at("config.toml")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder.name,
                    "XDG_RUNTIME_DIR": self.folder.name, "TERM": "dumb"}
        self.configure(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text, mode=0o600):
        with open(self.at(name), "wb") as to:
            to.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(self.at(name), mode)
        return self.at(name)

    def configure(self, text):
        self.write("config.toml", text)

    def script(self, name, *lines):
        """A program of one's own."""
        return self.write(name, "\n".join(("#!/bin/sh",) + lines) + "\n",
                          0o700)

    def own(self):
        """What lies about that was not put there."""
        return sorted(n for n in os.listdir(self.folder.name)
                      if n.endswith(".vv") or n.startswith("glassbridge"))

    def run(self, *args, seconds=90, **env):
        """A command, to its end."""
        return subprocess.run(
            [PROGRAM, "-c", self.config, *args], text=True, errors="replace",
            stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
            env={**self.env, **env})

    def start(self, *args, **env):
        return subprocess.Popen(
            [PROGRAM, "-c", self.config, *args], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=machines.end_with_parent,
            env={**self.env, **env})

    def first_line(self, *args, **env):
        """Of a command that stays; and how it ends when it is asked to."""
        child = self.start(*args, **env)
        line = child.stdout.readline()
        child.send_signal(signal.SIGINT)
        out, said = child.communicate(timeout=60)
        return subprocess.CompletedProcess(args, child.returncode, line + out,
                                           said)

    def terminal(self, *args, out=None, **env):
        return Terminal([PROGRAM, "-c", self.config, *args],
                        {**self.env, **env}, out)


def fork_in_terminal(look):
    """pty.fork() with what look(terminal) told: the child goes on after."""
    wait, tell = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        os.read(wait, 1)
        return pid, terminal, None
    seen = look(terminal)
    os.write(tell, b"x")
    os.close(tell)
    os.close(wait)
    return pid, terminal, seen


class Terminal:
    """A command in a terminal of its own. out: a file for its standard
    output."""

    def __init__(self, argv, env, out=None):
        self.seen = b""
        self.pid, self.fd, self.before = fork_in_terminal(termios.tcgetattr)
        if self.pid == 0:
            if out:
                os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT, 0o600), 1)
            os.execve(argv[0], argv, env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)

    def type(self, keys):
        while keys:
            keys = keys[os.write(self.fd, keys):]

    def pull(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def wait(self, text, seconds=30):
        """Until it has shown this; what came before is dropped."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            left = end - time.monotonic()
            assert left > 0, (text, self.seen[-2000:])
            self.pull(left)
        before, self.seen = self.seen.split(text, 1)
        return before

    def mode(self):
        return termios.tcgetattr(self.fd)

    def end(self, seconds=30):
        """Its exit code, and all it still said."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pull(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.pull(0.05):
                    pass
                return os.waitstatus_to_exitcode(status), self.seen
        raise AssertionError("it does not end", self.seen[-2000:])


def text_of(value):
    """A text as TOML has it."""
    return json.dumps(value)
