"""What tests of the door for payloads share: a panel that seals them, a
hypervisor's WebSocket that does what a test wants, and a client of the door."""
import base64
import hashlib
import http.client
import json
import os
import socket
import struct
import subprocess
import threading
import urllib.parse

from gateway import Viewer, read_exactly

KEY = hashlib.sha256(b"a key for tests").hexdigest()


def seal(facts, key=KEY, iv=None):
    """As a panel does; facts may be any text."""
    text = facts if isinstance(facts, (str, bytes)) else json.dumps(facts)
    data = text if isinstance(text, bytes) else text.encode()
    iv = iv or os.urandom(16).hex()
    sealed = subprocess.run(
        ["openssl", "enc", "-aes-256-cbc", "-K", key, "-iv", iv], input=data,
        check=True, capture_output=True).stdout
    return "%s:%s" % (iv, sealed.hex())


def accept_of(key):
    return base64.b64encode(hashlib.sha1(
        key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


class Upstream:
    """A node that upgrades whoever asks. `serve(link)` runs for each, in a
    thread of its own; without one what comes is sent back."""

    def __init__(self, serve=None, refuse=None):
        self.serve, self.refuse = serve, refuse
        self.asked = []  # request lines and headers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.host = "127.0.0.1:%d" % self.port
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.answer, args=(sock,),
                             daemon=True).start()

    def answer(self, sock):
        with sock:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += read_exactly(sock, 1)
            line, *lines = head.decode().strip().split("\r\n")
            headers = {name.lower(): value for name, value in
                       (text.split(": ", 1) for text in lines)}
            self.asked.append((line, headers))
            if self.refuse:
                sock.sendall(self.refuse)
                return
            sock.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Protocol: binary\r\n"
                b"Sec-WebSocket-Accept: %s\r\n\r\n"
                % accept_of(headers["sec-websocket-key"]))
            try:
                (self.serve or self.echo)(Link(sock))
            except (EOFError, OSError):
                pass

    @staticmethod
    def echo(link):
        while True:
            opcode, data = link.frame()
            if opcode == 8:
                link.send(8, data)
                return
            if opcode in (1, 2):
                link.send(2, data)

    def facts(self, **changes):
        """A payload's content that leads here."""
        return dict({"vmid": 100, "type": "qemu", "host": self.host,
                     "node": "pve1", "ticket": "PVEAPIToken=ops@pve!gate=s",
                     "vncticket": "PVEVNC:65::a+b/=", "port": "5900"},
                    **changes)

    def profile(self, name="home"):
        return '[profiles.%s]\nurl = "http://%s"\n' % (name, self.host)

    def close(self):
        self.listener.close()


class Link:
    """The server's side of a WebSocket."""

    def __init__(self, sock):
        self.sock = sock

    def send(self, opcode, data):
        size = len(data)
        head = (bytes([0x80 | opcode, size]) if size < 126 else
                bytes([0x80 | opcode, 126]) + struct.pack(">H", size)
                if size < 65536 else
                bytes([0x80 | opcode, 127]) + struct.pack(">Q", size))
        self.sock.sendall(head + data)

    def frame(self):
        """(opcode, payload); the client's frames are whole and masked."""
        first, size = read_exactly(self.sock, 2)
        assert first & 0x80 and size & 0x80, "cut or unmasked"
        size &= 127
        if size == 126:
            size = struct.unpack(">H", read_exactly(self.sock, 2))[0]
        elif size == 127:
            size = struct.unpack(">Q", read_exactly(self.sock, 8))[0]
        assert size <= 65536, "a frame of %d bytes" % size
        mask = read_exactly(self.sock, 4)
        data = read_exactly(self.sock, size)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return first & 15, (int.from_bytes(data, "big") ^ key).to_bytes(
            size, "big")

    def close(self, code, reason=b""):
        self.send(8, struct.pack(">H", code) + reason)


class Payload(Viewer):
    """A client that came through the door with a payload."""

    # pylint: disable=super-init-not-called
    def __init__(self, gateway, payload, path="/", protocol="binary", **more):
        self.code, self.reason, self.bytes = None, None, b""
        self.socket = socket.create_connection(("127.0.0.1", gateway.port),
                                               timeout=30)
        self.key = base64.b64encode(os.urandom(16)).decode()
        lines = {"Host": "127.0.0.1:%d" % gateway.port,
                 "Upgrade": "websocket", "Connection": "Upgrade",
                 "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": self.key}
        if protocol:
            lines["Sec-WebSocket-Protocol"] = protocol
        lines.update(more)
        self.socket.sendall(("GET %s?payload=%s HTTP/1.1\r\n%s\r\n" % (
            path, payload, "".join("%s: %s\r\n" % line
                                   for line in lines.items()))).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += read_exactly(self.socket, 1)
        self.status = int(head.split()[1])
        self.head = head.decode().lower()
        if self.status != 101:
            size = int(self.head.split("content-length: ")[1].split("\r")[0])
            text = read_exactly(self.socket, size)
            self.answer = json.loads(text) if text[:1] == b"{" else None
            self.socket.close()
        else:
            assert accept_of(self.key) in head, head

    def end(self):
        """(code, reason); (None, None) where there was no Close."""
        try:
            while True:
                opcode, data = self.frame()
                if opcode == 8:
                    self.send(8, data)
                    return (struct.unpack(">H", data[:2])[0],
                            data[2:].decode()) if data else (1005, "")
        except (EOFError, OSError):
            return None, None
        finally:
            self.socket.close()


def request(gateway, method, target, headers=None):
    """(status, JSON or None, headers) of a plain request."""
    link = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    try:
        link.request(method, target, headers=headers or {})
        answer = link.getresponse()
        text = answer.read()
        return (answer.status,
                json.loads(text) if "json" in (answer.headers.get(
                    "Content-Type") or "") else None, answer.headers)
    finally:
        link.close()


def query(payload):
    return "/?payload=" + urllib.parse.quote(payload, safe="")
