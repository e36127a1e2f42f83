"""A SPICE viewer of the gateway's page: a WebSocket for each channel, all of
them with one code."""
import os
import re
import socket
import struct
import subprocess
import threading

from gateway import Viewer
from tap import PROGRAM, Skip, until

MAIN, DISPLAY, INPUTS, CURSOR, PLAYBACK, RECORD = 1, 2, 3, 4, 5, 6
USBREDIR, PORT, WEBDAV = 9, 10, 11
NOT_AVAILABLE = 9


class Refused(EOFError):
    """The word of a refusal."""


def ask(gateway, guest, **more):
    """Asked for: id and code."""
    status, console = gateway.api("POST", "/api/v1/consoles",
                                  {"guest": guest, "kind": "spice", **more})
    if status not in (200, 201):
        raise Refused(console["code"])
    return console


class Wire(Viewer):
    """A WebSocket of a SPICE console, nothing said yet."""

    def __init__(self, gateway, console):
        self.id, self.code, self.bytes = console["id"], None, b""
        self.lock = threading.Lock()  # a bridge reads and writes at once
        self.socket = socket.create_connection(
            ("127.0.0.1", gateway.port), timeout=30)
        self.upgrade(gateway.port, console["code"])

    def write(self, data):
        for at in range(0, len(data), 125):
            super().write(data[at:at + 125])

    def send(self, opcode, data):
        with self.lock:
            super().send(opcode, data)


    def read(self, size):
        try:
            return super().read(size)
        except EOFError as closed:
            word = re.search(r"b['\"](\w+):", str(closed))
            raise Refused(word.group(1) if word else str(closed)) from None


class Channel(Wire):
    """One channel, linked as far as it goes."""

    def __init__(self, gateway, console, kind, connection=0, number=0,
                 silent=False):
        super().__init__(gateway, console)
        self.error = None
        # selection of the login, password, mini headers
        body = struct.pack("<IBBIIII", connection, kind, number, 1, 0, 18,
                           0b1011)
        self.write(b"REDQ" + struct.pack("<III", 2, 2, len(body)) + body)
        magic, _, _, size = struct.unpack("<4sIII", self.read(16))
        assert magic == b"REDQ", magic
        reply = self.read(size)
        self.error = struct.unpack("<I", reply[:4])[0]
        if self.error:
            self.read(1)  # the Close has the word
        self.write(struct.pack("<I", 1) + bytes(128))
        result = struct.unpack("<I", self.read(4))[0]
        assert result == 0, result
        if kind == DISPLAY and not silent:
            # the server stands still until a display has told of its caches
            self.say(101, struct.pack("<BqBi", 1, 1 << 20, 1, 1 << 20))

    def say(self, kind, data=b""):
        self.write(struct.pack("<HI", kind, len(data)) + data)

    def hear(self, wanted=None):
        """The next message (of this kind): (kind, data)."""
        while True:
            kind, size = struct.unpack("<HI", self.read(6))
            data = self.read(size)
            if kind == 3:  # set ack
                self.say(1, data[:4])
            elif kind == 4:  # ping
                self.say(3, data[:12])
            if wanted in (None, kind):
                return kind, data

    def session(self):
        """The number that the guest gave the session; of a main channel."""
        return struct.unpack("<I", self.hear(103)[1][:4])[0]


def refusal(*args, **more):
    """The word why there is no such channel; "" where there is one."""
    try:
        Channel(*args, **more).close()
        return ""
    except Refused as word:
        return str(word)


class Bridge:
    """A TCP port for a real viewer: each connection is a WebSocket."""

    def __init__(self, gateway, console):
        self.gateway, self.console = gateway, console
        self.refused = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                viewer = self.listener.accept()[0]
            except OSError:
                return
            wire = Wire(self.gateway, self.console)
            for carry in (self.up, self.down):
                threading.Thread(target=carry, args=(viewer, wire),
                                 daemon=True).start()

    @staticmethod
    def up(viewer, wire):
        try:
            while data := viewer.recv(65536):
                wire.write(data)
            wire.send(8, struct.pack(">H", 1000))
        except OSError:
            pass

    def down(self, viewer, wire):
        try:
            while True:
                viewer.sendall(wire.read(1) + wire.read(len(wire.bytes)))
        except Refused as word:
            self.refused.append(str(word))
        except OSError:
            pass
        try:
            viewer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        self.listener.close()


CLIENT = os.path.join(os.path.dirname(PROGRAM),
                      "../tests/program/spice_client")


class Client:
    """A real viewer (spice_client.c) behind a bridge; its lines."""

    def __init__(self, gateway, console):
        if not os.access(CLIENT, os.X_OK):
            raise Skip("spice-client-glib is not there")
        self.bridge = Bridge(gateway, console)
        self.lines = []
        self.child = subprocess.Popen(
            [CLIENT, "127.0.0.1", str(self.bridge.port)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            self.lines.append(line.strip())

    def tells(self, words, seconds=30):
        until("%r of %r" % (words, self.lines[-20:]),
              lambda: any(words in line for line in self.lines), seconds)

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.child.stdin.close()
        except OSError:
            pass
        try:
            self.child.wait(10)
        finally:
            self.child.kill()
            self.reader.join(5)
            self.child.stdout.close()
            self.bridge.close()
