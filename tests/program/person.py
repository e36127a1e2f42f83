"""Somebody at a browser: a cookie, an Origin, and consoles of their own."""
import http.client
import json
import socket
import struct

from gateway import Viewer


class PersonConsole(Viewer):
    """A console in a WebSocket, just opened."""

    def __init__(self, port, console):
        self.id = console["id"]
        self.code = None
        self.bytes = b""
        self.socket = socket.create_connection(("127.0.0.1", port),
                                               timeout=30)
        self.upgrade(port, console["code"])

    def greet(self):
        """To the end of RFB's greeting."""
        assert self.read(12) == b"RFB 003.008\n"
        self.write(b"RFB 003.008\n")
        assert self.read(2) == b"\x01\x01"
        self.write(b"\x01")
        if self.read(4) != bytes(4):
            raise AssertionError(self.read(
                struct.unpack(">I", self.read(4))[0]))
        self.write(b"\x01")
        init = self.read(24)
        self.pixel = init[4] // 8
        self.read(struct.unpack(">I", init[20:])[0])

    def picture(self):
        """One pixel of the screen, in its own format."""
        self.write(struct.pack(">BxH", 2, 1) + struct.pack(">i", 0))
        self.write(struct.pack(">BBHHHH", 3, 0, 0, 0, 1, 1))
        kind, count = struct.unpack(">BxH", self.read(4))
        assert kind == 0, kind
        for _ in range(count):
            width, height = struct.unpack(">HH", self.read(12)[4:8])
            self.read(width * height * self.pixel)


class Person:
    def __init__(self, gateway):
        self.port = gateway.port
        self.cookie = None
        self.set_cookie = ""

    def call(self, method, path, body=None):
        """(status, JSON answer or None)"""
        headers = {"Origin": "http://127.0.0.1:%d" % self.port}
        if self.cookie:
            headers["Cookie"] = self.cookie
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(method, path,
                         None if body is None else json.dumps(body), headers)
            answer = link.getresponse()
            text = answer.read()
            self.set_cookie = answer.getheader("Set-Cookie") or ""
            if self.set_cookie:
                self.cookie = self.set_cookie.split(";")[0]
            return answer.status, json.loads(text) if text else None
        finally:
            link.close()

    def sign_in(self, user, password, profile):
        name, _, realm = user.rpartition("@")
        body = {"user": name or user, "password": password}
        if name:
            body["realm"] = realm
        if profile:
            body["profile"] = profile
        return self.call("POST", "/api/v1/login", body)

    def second(self, challenge, kind, value):
        return self.call("POST", "/api/v1/login", {
            "challenge": challenge, "kind": kind, "value": value})

    def console(self, guest, kind):
        status, answer = self.call("POST", "/api/v1/consoles",
                                   {"guest": guest, "kind": kind})
        assert status in (200, 201), (status, answer)
        return PersonConsole(self.port, answer)
