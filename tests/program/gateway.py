"""A gateway under test, a screen for it to show, and a viewer.

Screen is a guest: it greets as an RFB server without a password and answers
each key with the same key. Gateway runs `glassbridge serve` on it. Viewer is
a WebSocket client that has a console open.
"""
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


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError("closed after %r" % data)
        data += more
    return data


class Screen:
    """An RFB server of 4 x 4 pixels, a thread a viewer."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                viewer = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.show, args=(viewer,),
                             daemon=True).start()

    @staticmethod
    def show(viewer):
        with viewer:
            try:
                viewer.sendall(b"RFB 003.008\n")
                read_exactly(viewer, 12)
                viewer.sendall(b"\x01\x01")  # one security type: none
                read_exactly(viewer, 1)
                viewer.sendall(bytes(4))
                read_exactly(viewer, 1)
                viewer.sendall(struct.pack(">HH", 4, 4)
                               + struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1,
                                             255, 255, 255, 16, 8, 0)
                               + struct.pack(">I", 3) + b"box")
                while True:
                    viewer.sendall(read_exactly(viewer, 8))
            except (EOFError, OSError):
                return

    def close(self):
        self.listener.close()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None):
    """(status, JSON answer or None) of one request."""
    try:
        connection.request(method, path, body and json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


class Gateway:
    def __init__(self, more="", env=None, wrap=(), gateway=""):
        self.folder = tempfile.TemporaryDirectory()
        self.screen = Screen()
        self.config = os.path.join(self.folder.name, "config.toml")
        self.control = os.path.join(self.folder.name, "run/control.sock")
        os.mkdir(os.path.dirname(self.control), 0o700)
        self.configure(more, gateway)
        self.log = os.path.join(self.folder.name, "log")
        environment = dict(os.environ, HOME=self.folder.name,
                           RUNTIME_DIRECTORY=os.path.dirname(self.control))
        environment.update(env or {})
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*wrap, PROGRAM, "serve", "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=environment, text=True)
        line = self.process.stdout.readline()
        if "://127.0.0.1:" not in line:
            raise AssertionError("no link: %r\n%s" % (line, self.said()))
        self.link = line.strip()
        self.port = int(line.split("127.0.0.1:")[1].split("/")[0])

    def configure(self, more="", gateway=""):
        with open(self.config, "w") as file:
            file.write('[gateway]\nlisten = ["127.0.0.1:0"]\n'
                       'ops_listen = "127.0.0.1:0"\n%s\n'
                       '[profiles.lab]\nkind = "static"\n'
                       '[profiles.lab.guests.box]\nvnc = "%s"\n%s\n'
                       % (gateway, self.screen.address, more))
        os.chmod(self.config, 0o600)

    def said(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def says(self, words, times=1, seconds=30):
        until("%r in the log" % words,
              lambda: self.said().count(words) >= times, seconds)

    def workers(self):
        """The workers' process ids, oldest first."""
        children = "/proc/%d/task/%d/children" % (
            self.process.pid, self.process.pid)
        with open(children) as pids:
            return [int(pid) for pid in pids.read().split()]

    def signal(self, signum):
        self.process.send_signal(signum)

    def api(self, method, path, body=None):
        return ask(UnixConnection(self.control), method, path, body)

    def status(self):
        return ask(http.client.HTTPConnection("127.0.0.1", self.port,
                                              timeout=10),
                   "GET", "/api/status")

    def sessions(self):
        """Those that live, by id."""
        status, answer = self.api("GET", "/api/v1/sessions")
        assert status == 200, answer
        return {s["id"]: s for s in answer["sessions"]
                if s["state"] != "ended"}

    def metrics(self, but=None):
        """The page of them; its port is found by asking all that are listened
        on, but that of a forward, which would count it."""
        listening = subprocess.run(["ss", "-Hltnp"], capture_output=True,
                                   text=True).stdout
        for line in listening.splitlines():
            at = line.split()[3]
            if "pid=%d," % self.process.pid not in line \
                    or not at.startswith("127.0.0.1:") \
                    or at == "127.0.0.1:%s" % but:
                continue
            try:
                connection = http.client.HTTPConnection(at, timeout=30)
                connection.request("GET", "/metrics")
                answer = connection.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()
            if answer.status == 200 and "# EOF\n" in text:
                return text
        raise AssertionError("no metrics on any port")

    def metric(self, name, but=None):
        return float(re.search(r"^%s (\S+)$" % re.escape(name),
                               self.metrics(but), re.M)[1])

    def viewer(self):
        return Viewer(self)

    def hand_over(self):
        """SIGUSR2, until the new worker has been made the one that serves."""
        done = self.said().count("event=handed_over")
        self.signal(signal.SIGUSR2)
        self.says("event=handed_over", done + 1)

    def stop(self, signum=15):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signum)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.screen.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        said = self.said()
        self.folder.cleanup()
        assert "Sanitizer" not in said and "runtime error" not in said, said


class Viewer:
    """A console in a WebSocket, past the RFB greeting."""

    def __init__(self, gateway):
        status, console = gateway.api(
            "POST", "/api/v1/consoles", {"guest": "lab/box", "kind": "vnc"})
        assert status in (200, 201), (status, console)
        self.id = console["id"]
        self.code = None
        self.bytes = b""
        self.socket = socket.create_connection(
            ("127.0.0.1", gateway.port), timeout=10)
        self.upgrade(gateway.port, console["code"])
        assert self.read(12) == b"RFB 003.008\n"
        self.write(b"RFB 003.008\n")
        assert self.read(2) == b"\x01\x01"
        self.write(b"\x01")
        assert self.read(4) == bytes(4)
        self.write(b"\x01")
        assert self.read(24 + 3)[-3:] == b"box"

    def upgrade(self, port, code):
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall(
            b"GET /ws/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
            b"Sec-WebSocket-Protocol: binary, code.%s\r\n\r\n"
            % (self.id.encode(), port, key, code.encode()))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += read_exactly(self.socket, 1)
        accept = base64.b64encode(hashlib.sha1(
            key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        assert b" 101 " in head and accept in head, head

    def frame(self):
        """One frame, pings answered: (opcode, payload)."""
        head, size = read_exactly(self.socket, 2)
        if size == 126:
            size = struct.unpack(">H", read_exactly(self.socket, 2))[0]
        elif size == 127:
            size = struct.unpack(">Q", read_exactly(self.socket, 8))[0]
        return head & 15, read_exactly(self.socket, size)

    def send(self, opcode, data):
        assert len(data) < 126
        mask = os.urandom(4)
        self.socket.sendall(
            bytes([0x80 | opcode, 0x80 | len(data)]) + mask
            + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def write(self, data):
        self.send(2, data)

    def read(self, size):
        while len(self.bytes) < size:
            opcode, data = self.frame()
            if opcode == 9:
                self.send(10, data)
            elif opcode == 8:
                self.code = struct.unpack(">H", data[:2])[0]
                raise EOFError("closed: %d %r" % (self.code, data[2:]))
            elif opcode == 2:
                self.bytes += data
        answer, self.bytes = self.bytes[:size], self.bytes[size:]
        return answer

    def press(self, key):
        """There and back again."""
        message = struct.pack(">BBxxI", 4, 1, key)
        self.write(message)
        assert self.read(8) == message

    def end(self):
        """The close code that ends it."""
        try:
            while True:
                self.read(1)
        except EOFError:
            if self.code:
                self.send(8, struct.pack(">H", self.code))
            return self.code
        finally:
            self.socket.close()

    def close(self):
        self.send(8, struct.pack(">H", 1000))
        self.end()
