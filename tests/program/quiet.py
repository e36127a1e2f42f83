"""Consoles in which nothing happens, behind HAProxy and before a hypervisor that
both hang up on silence: they must live."""
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time

import machines
from consoles import Console, Refused
from gateway import Gateway
from pve import profile
from tap import Skip, until

GUEST = "quiet/qemu/100"

HAPROXY = """
global
    maxconn 100
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    timeout tunnel %(tunnel)ds
frontend in
    bind 127.0.0.1:%(port)d
    default_backend gateway
backend gateway
    server one 127.0.0.1:%(gateway)d
"""


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def haproxy(gateway, tunnel):
    """Its port; it ends a tunnel in which nothing moved for so long."""
    if not shutil.which("haproxy"):
        raise Skip("there is no haproxy here")
    port = machines.free_port()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "haproxy.cfg")
        with open(path, "w") as file:
            file.write(HAPROXY % {"tunnel": tunnel, "port": port,
                                  "gateway": gateway})
        child = subprocess.Popen(["haproxy", "-q", "-db", "-f", path],
                                 preexec_fn=machines.end_with_parent)
        try:
            until("HAProxy", lambda: answers(port))
            yield port
        finally:
            child.terminate()
            child.wait(10)


def still_screen(gateway, port):
    """A screen of which one picture was shown, and no more was asked for."""
    screen = Console(gateway, GUEST, "vnc", port=port)
    screen.picture()
    screen.hear(1)
    return screen


def silent_line(gateway, port):
    """Of a guest that may only just boot."""
    line = Console(gateway, GUEST, "serial", port=port)

    def speaks():
        line.write(b"\r")
        return line.hear(1)
    until("the serial line speaks", speaks, 40)
    return line


def stay(consoles, seconds, say):
    """Only pings are answered; who is alive is told every 30 seconds."""
    start = told = time.monotonic()
    while time.monotonic() < start + seconds:
        for name, console in consoles.items():
            try:
                console.hear(0.5)
            except (EOFError, OSError) as end:
                raise AssertionError("%s ended after %d s: %s" % (
                    name, time.monotonic() - start, end)) from None
        if time.monotonic() - told >= 30:
            told += 30
            say("%d s: alive: %s" % (round(told - start),
                                     ", ".join(consoles)))


def are_quiet_and_alive(lab, seconds, tunnel, keep, say):
    """A screen and a serial line for so long; keep_alive in seconds."""
    more = profile("quiet", lab, "ops@pve")
    with (Gateway(more, gateway="keep_alive = %d" % keep) as gateway,
          haproxy(gateway.port, tunnel) as port):
        line = silent_line(gateway, port)
        screen = still_screen(gateway, port)
        stay({"screen": screen, "line": line}, seconds, say)
        screen.ask()
        assert screen.hear(3), "the screen answers no more"
        line.write(b"\r")
        assert line.hear(3), "the serial line answers no more"
        screen.close()
        line.close()


def dies_without_keep_alive(lab, seconds):
    """Does the hypervisor hang up at all?"""
    more = profile("quiet", lab, "ops@pve")
    with Gateway(more, gateway="keep_alive = 0") as gateway:
        screen = still_screen(gateway, gateway.port)
        try:
            screen.hear(seconds)
        except Refused as word:
            return str(word)
    return "alive"
