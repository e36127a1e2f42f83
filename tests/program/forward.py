"""A forward under test, and guests for it to lead to.

Port is a guest: what comes is handed to a function, a thread a connection.
Forward runs `glassbridge forward` on static guests, or on the profile that is
named.
"""
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading

from tap import PROGRAM, until
import machines


def echo(connection):
    while True:
        data = connection.recv(65536)
        if not data:
            return
        connection.sendall(data)


class Port:
    def __init__(self, talk=echo, host="127.0.0.1"):
        self.talk = talk
        self.listener = socket.create_server((host, 0), backlog=256)
        self.number = self.listener.getsockname()[1]
        self.address = "%s:%d" % (host, self.number)
        self.count = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.serve, args=(connection,),
                             daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                self.talk(connection)
            except OSError:
                pass

    def close(self):
        # wakes the thread that accepts, which close() alone would not
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Forward:
    """guests: the addresses of screens by name, or None for a `config`."""

    def __init__(self, *args, guests=None, config="", env=None, wrap=(),
                 lines=None, stdin=subprocess.DEVNULL):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "config.toml")
        if guests:
            config += '[profiles.lab]\nkind = "static"\n'
            for name, address in guests.items():
                config += '[profiles.lab.guests.%s]\n%s\n' % (
                    name, address if "=" in address
                    else 'vnc = "%s"' % address)
        with open(path, "w") as file:
            file.write(config)
        os.chmod(path, 0o600)
        self.log = os.path.join(self.folder.name, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*wrap, PROGRAM, "--config", path, "--format", "json",
                 "forward", *args],
                stdin=stdin, stdout=subprocess.PIPE, stderr=log, text=True,
                preexec_fn=machines.end_with_parent,
                env=dict(os.environ, HOME=self.folder.name, **(env or {})))
        self.pid = self.process.pid
        self.news = []
        threading.Thread(target=self.read, daemon=True).start()
        if lines is None:
            lines = sum(":" in a and not a.startswith(("arrakis+", "127."))
                        or a.startswith("127.0.0.1:0:") for a in args)
        until("%d ports: %s" % (lines, self.said()),
              lambda: len(self.news) >= lines or self.process.poll()
              is not None, 30)
        if lines and len(self.news) < lines:
            raise AssertionError("it ended: " + self.said())

    def read(self):
        for line in self.process.stdout:
            self.news.append(json.loads(line))

    def port(self, guest, guest_port=None):
        """Where the last news says that it is; None: nowhere."""
        found = None
        for news in self.news:
            if news["name"] == guest and guest_port in (
                    None, news["guest_port"], news["what"]):
                found = news["port"] if news["state"] == "ready" else None
        return found

    def connect(self, guest, guest_port=None, timeout=30, host="127.0.0.1"):
        return socket.create_connection(
            (host, self.port(guest, guest_port)), timeout=timeout)

    def said(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def says(self, words, times=1, seconds=30):
        until("%r in the log" % words,
              lambda: self.said().count(words) >= times, seconds)

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def memory(self):
        with open("/proc/%d/status" % self.pid) as status:
            return int(status.read().split("VmRSS:")[1].split()[0]) * 1024

    def ops(self):
        """The address of its metrics, where it was asked for any."""
        self.says("metrics at http://")
        return self.said().split("metrics at ")[1].split("/metrics")[0]

    def stop(self, signum=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signum)
        return self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind:
            print("# it said: " + self.said().replace("\n", "\n# "))
        self.folder.cleanup()
