"""A gateway under test on loopback, a client of its API and its WebSockets,
and guests that behave as badly as a test wants."""
import base64
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading

from tap import PROGRAM, until

TOKENS = ("boss", "viewer", "panel", "nobody")
BASE = """
[gateway]
listen = ["127.0.0.1:0"]
ops_listen = ""
allowed_origins = ["https://panel.example"]
%s
"""
RULES = """
[[rules]]
who = "boss"
guests = ["*"]
may = ["view", "control", "power", "record", "share", "admin"]
[[rules]]
who = "viewer"
guests = ["lab/*"]
may = ["view"]
[[rules]]
who = "panel"
guests = ["lab/*"]
may = ["view", "control", "share"]
"""


def token_of(name):
    return "token-of-" + name


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, key):
        return self.json()[key]

    def json(self):
        return json.loads(self.body)

    def expect(self, status, word=None):
        if self.status != status or (word and self["code"] != word):
            raise AssertionError("wanted %d %s, got %d %s" % (
                status, word, self.status, self.body[:400]))
        return self


class Gateway:
    def __init__(self, guests, gateway="", more=""):
        self.folder = tempfile.TemporaryDirectory()
        self.config = os.path.join(self.folder.name, "config.toml")
        text = BASE % gateway + "[profiles.lab]\nkind = \"static\"\n"
        for name, vnc in guests.items():
            text += "[profiles.lab.guests.%s]\nvnc = \"%s\"\n" % (name, vnc)
            text += "vnc_password = \"secret00\"\n"
        for name in TOKENS:
            text += "[[tokens]]\nname = \"%s\"\nhash = \"sha256:%s\"\n" % (
                name, hashlib.sha256(token_of(name).encode()).hexdigest())
        with open(self.config, "w") as to:
            to.write(text + RULES + more)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder.name,
                    "XDG_RUNTIME_DIR": self.folder.name}
        self.log_path = os.path.join(self.folder.name, "log")
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--config", self.config, "serve"], text=True,
                env=self.env, stdin=subprocess.DEVNULL, stderr=log,
                stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        found = re.match(r"\s*http://127.0.0.1:(\d+)/#t=(\S+)", line)
        if not found:
            raise AssertionError("no link: %r %s" % (line, self.log()))
        self.port, self.link = int(found[1]), found[2]
        self.host = "127.0.0.1:%d" % self.port
        self.origin = "http://" + self.host

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.process.stdout.close()
        log = self.log()
        self.folder.cleanup()
        report = re.search(r"(WARNING|ERROR): \w+Sanitizer.*|runtime error.*",
                           log, re.S)
        if code != 0 or report:
            raise AssertionError("it ended with %d: %s" % (
                code, report[0][:4000] if report else log[-4000:]))

    def log(self):
        with open(self.log_path) as lines:
            return lines.read()

    def workers(self):
        """The processes that serve: the program and its children."""
        pids = [self.process.pid]
        task = "/proc/%d/task/%d/children" % (self.process.pid,
                                              self.process.pid)
        with open(task) as children:
            pids += [int(pid) for pid in children.read().split()]
        return pids

    def ask(self, method, path, body=None, token="boss", source=None,
            **headers):
        """headers: Host="x", Sec_Fetch_Site="y"; a str body is sent raw."""
        wire = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=15,
            source_address=(source, 0) if source else None)
        try:
            return self.ask_on(wire, method, path, body, token, **headers)
        finally:
            wire.close()

    def ask_on(self, wire, method, path, body=None, token="boss", **headers):
        send = {k.replace("_", "-"): v for k, v in headers.items()}
        if token:
            send["Authorization"] = "Bearer " + token_of(token)
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        wire.request(method, path, body, send)
        got = wire.getresponse()
        return Answer(got.status, got.headers, got.read().decode())

    def open(self, guest, token="boss", **body):
        return self.ask("POST", "/api/v1/consoles",
                        {"guest": "lab/" + guest, **body}, token).expect(201)

    def sessions(self, token="boss"):
        return self.ask("GET", "/api/v1/sessions", token=token)["sessions"]

    def session(self, key, token="boss"):
        return next((s for s in self.sessions(token) if s["id"] == key), None)

    def ended(self, key, token="boss"):
        """The session once it is over."""
        def over():
            s = self.session(key, token)
            return s if s and s["state"] == "ended" else None
        return until("the end of " + key, over)


class Ws:
    """A WebSocket client, byte by byte."""

    def __init__(self, gateway, path, protocol=None, source=None, **headers):
        self.wire = socket.create_connection(
            ("127.0.0.1", gateway.port), 15, (source, 0) if source else None)
        lines = {"Host": gateway.host, "Connection": "Upgrade",
                 "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": base64.b64encode(b"0" * 16).decode()}
        if protocol:
            lines["Sec-WebSocket-Protocol"] = protocol
        lines.update((k.replace("_", "-"), v) for k, v in headers.items())
        self.wire.sendall(("GET %s HTTP/1.1\r\n" % path + "".join(
            "%s: %s\r\n" % pair for pair in lines.items() if pair[1]) +
            "\r\n").encode())
        self.early, self.data, self.close = b"", b"", None
        head = b""
        while b"\r\n\r\n" not in head:
            more = self.wire.recv(4096)
            if not more:
                raise AssertionError("no answer: %r" % head)
            head += more
        head, self.early = head.split(b"\r\n\r\n", 1)
        self.head = head.decode()
        self.status = int(head.split()[1])

    def exactly(self, n):
        while len(self.early) < n:
            more = self.wire.recv(65536)
            if not more:
                raise EOFError(self.early)
            self.early += more
        out, self.early = self.early[:n], self.early[n:]
        return out

    def frame(self):
        """The next one's payload; None at a Close or the end."""
        try:
            first, size = self.exactly(2)
            if size == 126:
                size, = struct.unpack(">H", self.exactly(2))
            elif size == 127:
                size, = struct.unpack(">Q", self.exactly(8))
            data = self.exactly(size)
        except (EOFError, ConnectionError):
            return None
        if first & 15 == 8:
            code, = struct.unpack(">H", data[:2]) if data else (1005,)
            self.close = code, data[2:].decode()
            return None
        return data if first & 15 < 8 else b""

    def read(self, n):
        while len(self.data) < n:
            more = self.frame()
            if more is None:
                raise EOFError("%r %r" % (self.data, self.close))
            self.data += more
        out, self.data = self.data[:n], self.data[n:]
        return out

    def send(self, data, opcode=2):
        size = (struct.pack(">BB", 0x80 | opcode, 0x80 | len(data))
                if len(data) < 126 else
                struct.pack(">BBH", 0x80 | opcode, 0xFE, len(data)))
        self.wire.sendall(size + b"\0\0\0\0" + data)

    def end(self):
        """(close code, reason) that the gateway says."""
        while self.close is None and self.frame() is not None:
            pass
        self.wire.close()
        return self.close

    def goodbye(self, code=None):
        self.send(struct.pack(">H", code) if code else b"", 8)
        return self.end()

    def greet(self):
        """As a viewer. The failure's text, or None and the ServerInit."""
        assert self.read(12) == b"RFB 003.008\n"
        self.send(b"RFB 003.008\n")
        kinds = self.read(self.read(1)[0])
        assert kinds == b"\1", kinds
        self.send(b"\1")
        if struct.unpack(">I", self.read(4))[0] != 0:
            return self.read(struct.unpack(">I", self.read(4))[0]).decode()
        self.send(b"\1")
        self.init = self.read(24)
        self.name = self.read(struct.unpack(">I", self.init[20:])[0])
        return None


def console(gateway, guest, token="boss", source=None, **body):
    """A console that is asked for and taken up, not greeted yet."""
    grant = gateway.open(guest, token, **body)
    ws = Ws(gateway, grant["ws"], "binary, code." + grant["code"], source)
    assert ws.status == 101, ws.head
    ws.grant = grant
    return ws


INIT = struct.pack(">HHBBBBHHHBBB3xI", 640, 480, 32, 24, 0, 1, 255, 255, 255,
                   16, 8, 0, 5) + b"guest"


class Guest:
    """A VNC server of one connection at a time, a thread each. `act` speaks
    with it; what it throws ends the connection."""

    def __init__(self, act):
        self.act = act
        self.wire = socket.create_server(("127.0.0.1", 0))
        self.vnc = "127.0.0.1:%d" % self.wire.getsockname()[1]
        self.heard = b""
        self.met = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer = self.wire.accept()[0]
            self.met += 1
            threading.Thread(target=self.meet, args=(peer,),
                             daemon=True).start()

    def meet(self, peer):
        with peer:
            try:
                self.act(self, peer)
            except OSError:
                pass

    def hear(self, peer):
        """All it is told, until its end."""
        while True:
            data = peer.recv(65536)
            if not data:
                return
            self.heard += data


def greets(peer):
    """The server's half of RFB 3.8 without a password."""
    peer.sendall(b"RFB 003.008\n")
    peer.recv(12)
    peer.sendall(b"\1\1")
    peer.recv(1)
    peer.sendall(b"\0\0\0\0")
    peer.recv(1)
    peer.sendall(INIT)


def good(guest, peer):
    greets(peer)
    guest.hear(peer)


def leaves(guest, peer):
    """Greets, says six words, and goes."""
    greets(peer)
    peer.sendall(b"\2\2\2\2\2\2")


def refuses_the_password(_, peer):
    peer.sendall(b"RFB 003.008\n")
    peer.recv(12)
    peer.sendall(b"\1\2")
    peer.recv(1)
    peer.sendall(b"c" * 16)
    peer.recv(16)
    peer.sendall(b"\0\0\0\1\0\0\0\5wrong")


def speaks_http(_, peer):
    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n")
    peer.recv(100)


def says_nothing(_, peer):
    peer.recv(100)


def hangs_up(_, peer):
    peer.sendall(b"RFB 003.008\n")
    peer.recv(12)


def announces_4_gib(_, peer):
    peer.sendall(b"RFB 003.008\n")
    peer.recv(12)
    peer.sendall(b"\0\xff\xff\xff\xf0" + b"x" * 65536)
    peer.recv(100)


def nobody():
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as wire:
        return "127.0.0.1:%d" % wire.getsockname()[1]
