"""Sandboxes: real screens (Xvnc), a few commands, snapshots.

Everything here is called from the main thread: a child ends with the thread
that has started it.
"""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import machines  # noqa: E402

GUI = 5901
CODE = range(5736, 5741)


class Refused(Exception):
    """What the server answers with 500."""


class Sandbox:
    def __init__(self, world, name, number, home):
        self.world, self.name, self.number = world, name, number
        self.home = dict(home)
        self.status = "CREATED"
        self.runtime = None
        self.vnc_at = None  # when the screen comes up; None: it is, or off
        self.xvnc = None
        self.address = world.network.add(number)
        self.forwards = []
        try:
            self.forwards = [(world.take_port(), GUI, "gui")] + [
                (world.take_port(), port, "code (range %d-%d)"
                 % (CODE[0], CODE[-1])) for port in CODE]
        except Refused:
            world.network.remove(number)
            raise
        self.boot()

    def boot(self):
        self.status = "RUNNING"
        self.vnc_at = time.monotonic() + self.world.late
        self.turn()

    def up(self):
        """A screen that is late is not any more."""
        if self.vnc_at is not None:
            self.vnc_at = time.monotonic()

    def turn(self):
        """Called again and again: the screen, once it is time."""
        if self.vnc_at is None or time.monotonic() < self.vnc_at \
                or self.status != "RUNNING":
            return
        self.vnc_at = None
        self.runtime = machines.Runtime()
        self.xvnc = machines.start_xvnc(
            self.runtime, self.name, "clock",
            ["-rfbport", str(GUI), "-interface", self.address],
            self.world.password, self.world.network.wrap(self.number),
            self.world.furnished)

    def screen(self):
        """Where a program of this machine draws on it, and its key to it."""
        if not self.runtime:
            raise Refused("vm %s has no screen" % self.name)
        with open(self.runtime.path(self.name + ".display")) as display:
            return {"display": display.read(),
                    "xauthority": self.runtime.path(self.name + ".xauth")}

    def signal(self, signum):
        if self.runtime:
            for _, child in self.runtime.started:
                if child.poll() is None:
                    child.send_signal(signum)

    def stop(self):
        self.signal(signal.SIGCONT)
        if self.runtime:
            self.runtime.stop()
        self.runtime = self.xvnc = self.vnc_at = None
        self.status = "STOPPED"

    def pause(self):
        if self.status != "RUNNING":
            raise Refused("vm is not running")
        self.signal(signal.SIGSTOP)
        self.status = "PAUSED"

    def resume(self):
        if self.status != "PAUSED":
            raise Refused("vm is not paused")
        self.signal(signal.SIGCONT)
        self.status = "RUNNING"

    def end(self):
        self.stop()
        self.world.network.remove(self.number)

    def entry(self):
        return {
            "vmName": self.name, "status": self.status,
            "ip": self.address + "/24", "tapDeviceName": "tap-" + self.name,
            "portForwards": [
                {"hostPort": str(h), "guestPort": str(g), "description": d}
                for h, g, d in self.forwards],
        }

    def command(self, line):
        """A few commands, understood here and never given to a shell."""
        words = line.split()
        to_file = re.fullmatch(r"echo (.*) > (\S+)", line)
        if to_file:
            self.home[to_file[2]] = to_file[1] + "\n"
            return ""
        if words[:1] == ["echo"]:
            return " ".join(words[1:]) + "\n"
        if words[:1] == ["cat"] and len(words) == 2:
            return self.home.get(
                words[1], "cat: %s: No such file or directory\n" % words[1])
        if words[:1] == ["hostname"]:
            return self.name + "\n"
        if words[:1] == ["ss"]:
            up = self.xvnc and self.xvnc.poll() is None
            return "State Recv-Q Send-Q Local Address:Port\n" + (
                "LISTEN 0 5 0.0.0.0:%d\n" % GUI if up else "")
        return "sh: 1: %s: not found\n" % (words[0] if words else "")


class World:
    def __init__(self, network, ports, reuse, late, password, furnished):
        self.network, self.reuse, self.late = network, reuse, late
        self.password, self.furnished = password, furnished
        self.ports, self.next_port = ports, ports[0]
        self.all, self.snapshots = {}, {}
        self.made = 0

    def take_port(self):
        """A real server never gives a port back; `reuse` does."""
        taken = {f[0] for s in self.all.values() for f in s.forwards}
        if self.reuse:
            free = [p for p in self.ports if p not in taken
                    and p >= self.next_port]
            self.next_port = (free or [0])[0] + 1
        else:
            free = [self.next_port] if self.next_port in self.ports else []
            self.next_port += 1
        if not free:
            raise Refused("no free host ports")
        return free[0]

    def refresh(self):
        self.network.forward([(h, s.address, g) for s in self.all.values()
                              for h, g, _ in s.forwards])

    def find(self, name):
        if name not in self.all:
            raise Refused("vm %s not found" % name)
        return self.all[name]

    def create(self, name, snapshot=None):
        if name in self.all:
            if self.all[name].status != "STOPPED":
                raise Refused("vm %s is already running" % name)
            self.all[name].boot()
            return self.all[name]
        if snapshot and snapshot not in self.snapshots:
            raise Refused("snapshot %s not found" % snapshot)
        if self.reuse:
            self.next_port = self.ports[0]
        self.made += 1
        home = self.snapshots[snapshot] if snapshot else {}
        self.all[name] = Sandbox(self, name, self.made, home)
        self.refresh()
        return self.all[name]

    def destroy(self, name):
        self.find(name).end()
        del self.all[name]
        self.refresh()

    def snapshot(self, name, called):
        called = called or "snap-%d" % (len(self.snapshots) + 1)
        self.snapshots[called] = dict(self.find(name).home)
        return called

    def turn(self):
        for sandbox in list(self.all.values()):
            sandbox.turn()

    def close(self):
        for sandbox in self.all.values():
            sandbox.stop()
        self.network.close()
