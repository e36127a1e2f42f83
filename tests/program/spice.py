"""A SPICE viewer of the gateway's page: a WebSocket for each channel, all of
them with one code."""
import os
import re
import socket
import struct
import subprocess
import threading

from gateway import Viewer

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


class Channel(Viewer):
    """One channel, linked as far as it goes."""

    def __init__(self, gateway, console, kind, connection=0, number=0):
        self.id, self.code, self.bytes = console["id"], None, b""
        self.error = None
        self.socket = socket.create_connection(
            ("127.0.0.1", gateway.port), timeout=30)
        self.upgrade(gateway.port, console["code"])
        # selection of the login, password, mini headers
        body = struct.pack("<IBBIIIII", connection, kind, number, 1, 0, 18,
                           0b1011, 0)[:-4]
        self.write(b"REDQ" + struct.pack("<III", 2, 2, len(body)) + body)
        magic, _, _, size = struct.unpack("<4sIII", self.read(16))
        assert magic == b"REDQ", magic
        reply = self.read(size)
        self.error = struct.unpack("<I", reply[:4])[0]
        if self.error:
            self.read(1)  # the Close has the word
        self.write(struct.pack("<I", 1))
        self.write(bytes(64))
        self.write(bytes(64))
        result = struct.unpack("<I", self.read(4))[0]
        assert result == 0, result
        if kind == DISPLAY:
            # the server stands still until a display has told of its caches
            self.say(101, struct.pack("<BqBi", 1, 1 << 20, 1, 1 << 20))

    def read(self, size):
        try:
            return super().read(size)
        except EOFError as closed:
            word = re.search(r"b['\"](\w+):", str(closed))
            raise Refused(word.group(1) if word else str(closed)) from None

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
