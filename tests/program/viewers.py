"""A real remote-viewer before the real program."""
import os
import shutil
import signal
import subprocess
import tempfile
import time

from pve import profile
from screens import Guest, Screen
from tap import PROGRAM, Skip, until
import machines

UP_SECONDS = 120  # a guest boots without hardware to help it


class Desk:
    """A user with a screen, a folder and a configuration of their own."""

    def __init__(self, lab):
        if not shutil.which("remote-viewer"):
            raise Skip("there is no remote-viewer")
        self.lab, self.screen = lab, Screen()
        self.folder = tempfile.mkdtemp(prefix="glassbridge-desk.")
        self.runtime = os.path.join(self.folder, "run")
        os.mkdir(self.runtime, 0o700)
        self.config = os.path.join(self.folder, "config.toml")
        with open(self.config, "w") as to:
            to.write(profile("home", lab, "ops@pve"))
        os.chmod(self.config, 0o600)
        self.guests = {}
        self.children = []

    def guest(self, vmid):
        """Once there is something to see."""
        if vmid not in self.guests:
            self.guests[vmid] = Guest(self.lab, vmid)
        until("guest %d" % vmid, self.guests[vmid].is_up, UP_SECONDS)
        return self.guests[vmid]

    def env(self):
        return {"PATH": os.environ["PATH"], "HOME": self.folder,
                "XDG_RUNTIME_DIR": self.runtime, "NO_AT_BRIDGE": "1",
                "DISPLAY": self.screen.name,
                # who is traced cannot look for leaks
                "ASAN_OPTIONS": "detect_leaks=0"}

    def start(self, *args):
        child = subprocess.Popen(
            args, env=self.env(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=machines.end_with_parent)
        self.children.append(child)
        return child

    def run(self, *args, before=()):
        return self.start(*before, PROGRAM, "-c", self.config, *args)

    def files(self):
        """Those that hold or held a connection."""
        return [os.path.join(at, name) for at, _, names in
                os.walk(self.folder) for name in names
                if name.endswith(".vv")]

    def stop(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.communicate()
        for guest in self.guests.values():
            guest.close()
        self.screen.stop()
        shutil.rmtree(self.folder)


def a_late_viewer_sees_the_screen(desk, seconds):
    """The bridge stands; its viewer comes after the hypervisor would have
    given up on one."""
    guest = desk.guest(100)
    path = os.path.join(desk.folder, "late.vv")
    bridge = desk.run("vnc", "web1", "--write-vv", path)
    assert bridge.stdout.readline().strip() == path
    time.sleep(seconds)
    viewer = desk.start("remote-viewer", path)
    desk.screen.waits_for(guest)
    assert not os.path.exists(path), "delete-this-file"
    viewer.terminate()
    viewer.communicate(timeout=20)
    said = bridge.communicate(timeout=20)[1]  # 5 s after its last viewer
    assert bridge.returncode == 0, (bridge.returncode, said)


def end(child, signum=signal.SIGTERM):
    child.send_signal(signum)
    return child.communicate(timeout=20)
