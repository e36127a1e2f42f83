"""A client of a console in a WebSocket, opened through the gateway."""
import re
import select
import socket
import struct
import time

from gateway import Viewer


class Refused(EOFError):
    """The word of a refusal."""


class Console(Viewer):
    """A console in a WebSocket, just opened; through another port where one
    is given."""

    def __init__(self, gateway, guest, kind, rights=None, port=None):
        wish = {"guest": guest, "kind": kind}
        if rights:
            wish["rights"] = rights
        status, console = gateway.api("POST", "/api/v1/consoles", wish)
        if status not in (200, 201):
            raise Refused(console["code"])
        self.id = console["id"]
        self.code = None
        self.bytes = b""
        self.socket = socket.create_connection(
            ("127.0.0.1", port or gateway.port), timeout=30)
        self.upgrade(gateway.port, console["code"])

    def read(self, size):
        try:
            return super().read(size)
        except EOFError as closed:
            word = re.search(r"b['\"](\w+):", str(closed))
            raise Refused(word.group(1) if word else str(closed)) from None

    def greet(self):
        """The screen's size."""
        assert self.read(12) == b"RFB 003.008\n"
        self.write(b"RFB 003.008\n")
        assert self.read(2) == b"\x01\x01"
        self.write(b"\x01")
        result = struct.unpack(">I", self.read(4))[0]
        if result:
            reason = self.read(struct.unpack(">I", self.read(4))[0])
            self.read(1)  # the Close has the word
            raise AssertionError(reason)
        self.write(b"\x01")
        width, height, _, name = struct.unpack(">HH16sI", self.read(24))
        self.read(name)
        return width, height

    def ask(self, incremental=0):
        """An update of one pixel."""
        self.write(struct.pack(">BBHHHH", 3, incremental, 0, 0, 1, 1))

    def picture(self):
        """One pixel of the screen, in its own format."""
        width, height = self.greet()
        assert width > 0 and height > 0
        self.write(struct.pack(">BxH", 2, 1) + struct.pack(">i", 0))
        self.ask()
        return self.read(1)

    def note(self, text):
        self.send(1, text.encode())

    def hear(self, seconds):
        """What comes until then; its end is an EOFError."""
        heard, self.bytes = self.bytes, b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                continue
            opcode, data = self.frame()
            if opcode == 9:
                self.send(10, data)
            elif opcode == 8:
                raise Refused(data[2:].decode().split(":")[0])
            elif opcode == 2:
                heard += data
        return heard
