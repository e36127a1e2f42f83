"""Runs what doctor prints, as it was printed, in a shell.

`glassbridge` is the program. Tools of other machines (the node's `pveum`, the
server's `systemctl`) are played: each tells what it was called with, and the
test does it in the lab.
"""
import json
import os
import signal
import subprocess
import sys

from tap import PROGRAM
from typist import Terminal

TOOLS = ("qm", "pveum", "pvenode", "systemctl", "timedatectl", "apt-get",
         "arrakis-restserver", "editor")


def script(path, text):
    with open(path, "w") as to:
        to.write(text)
    os.chmod(path, 0o755)


class Mender:
    """played: {"qm": what does it, given its words}."""

    def __init__(self, folder, config, played):
        self.played = played
        self.bin = os.path.join(folder, "bin")
        self.log = os.path.join(folder, "played")
        os.makedirs(self.bin, exist_ok=True)
        os.symlink(PROGRAM, os.path.join(self.bin, "glassbridge"))
        for tool in TOOLS:
            script(os.path.join(self.bin, tool), (
                '#!%s\nimport json, sys\n'
                'with open(%r, "a") as to:\n'
                '    json.dump([%r, *sys.argv[1:]], to)\n'
                '    to.write("\\n")\n') % (sys.executable, self.log, tool))
        self.env = {"PATH": self.bin + ":" + os.environ["PATH"],
                    "HOME": folder, "XDG_RUNTIME_DIR": folder,
                    "XDG_STATE_HOME": folder, "GLASSBRIDGE_CONFIG": config,
                    "EDITOR": "editor", "TERM": "dumb", "LANG": "C.UTF-8"}

    def doctor(self, *args, **more):
        """(its checks, the exit code)"""
        done = subprocess.run(
            [PROGRAM, "doctor", "--format", "json", *args], text=True,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=120,
            env={**self.env, **more})
        assert done.stdout, done
        said = json.loads(done.stdout)
        assert said["exit_code"] == done.returncode, done
        return said["checks"], done.returncode

    def play(self):
        """What was called meanwhile is done."""
        if not os.path.exists(self.log):
            return
        with open(self.log) as lines:
            for line in lines:
                tool, *words = json.loads(line)
                self.played[tool](words)
        os.unlink(self.log)

    def mend(self, check, typed="", **more):
        """`typed` is what it asks for, on its standard input."""
        assert check["mend"], check
        done = subprocess.run(
            ["bash", "-c", check["mend"]], text=True, input=typed,
            capture_output=True, timeout=120, env={**self.env, **more})
        assert done.returncode == 0, (check, done)
        self.play()
        return done

    def mend_at_terminal(self, check):
        return Terminal("bash", "-c", check["mend"], env=self.env)

    def mend_and_leave(self, check):
        """A command that stays; to be ended with end()."""
        return subprocess.Popen(
            ["bash", "-c", check["mend"]], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)

    @staticmethod
    def end(child):
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(60)
