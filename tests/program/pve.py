"""A Proxmox client for tests of the lab: only what the standard library,
curl and openssl know, nothing of the program under test."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import socket
import ssl
import struct
import subprocess
import time
import urllib.parse

from tap import ROOT
import machines

RUN = os.path.join(ROOT, "lab/proxmox/run")


def quote(text):
    """Everything but unreserved characters, once."""
    return urllib.parse.quote(text, safe="")


class UnixHttp(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("lab", timeout=90)
        self.path = path

    def connect(self):
        self.sock = machines.dial("unix:" + self.path)
        self.sock.settimeout(self.timeout)


class Answer:
    def __init__(self, status, reason, headers, body):
        self.status, self.reason = status, reason
        self.headers, self.body = headers, body

    @property
    def line(self):
        return "%d %s" % (self.status, self.reason)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        assert self.status == 200, (self.line, self.body)
        return self.json["data"]

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    _, status, *reason = first.split(" ", 2)
    headers = [tuple(line.split(": ", 1)) for line in lines]
    return Answer(int(status), reason[0] if reason else "", headers, body)


def read_answer(sock):
    """By Content-Length, else to the end."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        if end:
            answer = parse(data)
            length = answer.all("Content-Length")
            if answer.status == 101 or (length and
                                        len(body) >= int(length[0])):
                return answer
        more = sock.recv(65536)
        if not more:
            assert data, "closed without an answer"
            return parse(data)
        data += more


def is_silent(sock, seconds):
    """Nothing comes, and nobody hangs up."""
    sock.settimeout(max(0.01, seconds))
    try:
        sock.recv(1)
        return False
    except socket.timeout:
        return True
    except (ConnectionError, ssl.SSLError):
        return False


def is_closed(sock, seconds=20):
    sock.settimeout(seconds)
    try:
        return sock.recv(1) == b""
    except (ConnectionError, ssl.SSLError):
        return True


class Lab:
    """A running lab, and its control channel."""

    def __init__(self, *options):
        self.child = subprocess.Popen([RUN, *options], text=True,
                                      stdout=subprocess.PIPE,
                                      preexec_fn=machines.end_with_parent)

    def ready(self):
        line = self.child.stdout.readline()
        assert line, "the lab did not start"
        self.facts = json.loads(line)
        self.nodes = {n["name"]: n for n in self.facts["nodes"]}
        self.context = ssl.create_default_context(cafile=self.facts["ca"])
        return self

    def stop(self):
        self.child.terminate()
        self.child.wait(30)
        self.child.stdout.close()

    def control(self, path, body=None):
        link = UnixHttp(self.facts["control"])
        link.request("GET" if body is None else "POST", path,
                     None if body is None else json.dumps(body))
        answer = link.getresponse()
        text = answer.read()
        link.close()
        assert answer.status == 200, text
        return json.loads(text)

    @contextlib.contextmanager
    def limits(self, **changes):
        before = self.control("/limits", {})
        self.control("/limits", changes)
        try:
            yield
        finally:
            self.control("/limits", {k: before[k] for k in changes})

    def machine(self, vmid):
        return self.control("/guests/%d/machine" % vmid, {})["machine"]

    def counter(self, name):
        return self.control("/counters").get(name, 0)

    def dial(self, node="pve1"):
        plain = socket.create_connection(
            (self.nodes[node]["address"], 8006), timeout=15)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context.wrap_socket(
            plain, server_hostname=self.nodes[node]["address"])

    def raw(self, text, node="pve1"):
        """Exactly these bytes; the answer."""
        with self.dial(node) as sock:
            sock.sendall(text if isinstance(text, bytes) else text.encode())
            return read_answer(sock)

    def ask(self, method, path, params=None, headers=(), node="pve1"):
        body = "" if params is None else urllib.parse.urlencode(params)
        lines = ["%s /api2/json%s HTTP/1.1" % (method, path), "Host: lab",
                 "Connection: close"]
        if method in ("POST", "PUT"):
            lines += ["Content-Type: application/x-www-form-urlencoded",
                      "Content-Length: %d" % len(body)]
        elif body:
            lines[0] = "%s /api2/json%s?%s HTTP/1.1" % (method, path, body)
            body = ""
        lines += ["%s: %s" % h for h in headers]
        return self.raw("\r\n".join(lines) + "\r\n\r\n" + body, node)

    def login(self, name):
        return Login(self, name)

    def token(self, name):
        return Token(self, name)


def profile(name, lab, user, urls=None):
    """A profile of the configuration."""
    facts = lab.facts
    urls = urls or [node["api"] for node in facts["nodes"]]
    text = '[profiles.%s]\nurls = %s\nca_file = "%s"\n' % (
        name, json.dumps(urls), facts["ca"])
    if "!" in user:
        return text + 'token_id = "%s"\ntoken_secret = "%s"\n' % (
            user, facts["tokens"][user])
    return text + 'user = "%s"\npassword = %s\n' % (
        user, json.dumps(facts["users"][user]))


class Caller:
    """Somebody who is signed in."""

    def get(self, path, node="pve1", **params):
        return self.lab.ask("GET", path, params or None, self.headers, node)

    def post(self, path, node="pve1", **params):
        return self.lab.ask("POST", path, params, self.headers, node)

    def delete(self, path, node="pve1"):
        return self.lab.ask("DELETE", path, None, self.headers, node)


class Login(Caller):
    def __init__(self, lab, name):
        self.lab = lab
        data = lab.ask("POST", "/access/ticket", {
            "username": name, "password": lab.facts["users"][name]}).data
        self.ticket = data["ticket"]
        self.csrf = data["CSRFPreventionToken"]
        self.headers = [("Cookie", "PVEAuthCookie=" + quote(self.ticket)),
                        ("CSRFPreventionToken", self.csrf)]


class Token(Caller):
    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        secret = lab.facts["tokens"][name]
        self.headers = [("Authorization", "PVEAPIToken=%s=%s"
                         % (name, secret))]


def totp(secret, now=None):
    step = int((now or time.time()) // 30)
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step),
                   hashlib.sha1).digest()
    at = mac[19] & 15
    code = struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff
    return "%06d" % (code % 1000000)


def frame(payload, opcode=2, first=0x80, mask=b"\0\0\0\0"):
    """A masked frame; first: the FIN and RSV bits."""
    length = len(payload)
    if length < 126:
        head = struct.pack(">BB", first | opcode, 0x80 | length)
    elif length < 65536:
        head = struct.pack(">BBH", first | opcode, 0x80 | 126, length)
    else:
        head = struct.pack(">BBQ", first | opcode, 0x80 | 127, length)
    if any(mask):
        payload = bytes(b ^ mask[i & 3] for i, b in enumerate(payload))
    return head + mask + payload


class WebSocket:
    def __init__(self, sock, answer):
        self.sock, self.answer = sock, answer
        self.raw = answer.body
        self.data = b""
        self.opcodes = []
        self.sizes = []
        self.pongs = []

    def send(self, payload, **more):
        self.sock.sendall(frame(payload, **more))

    def _frame(self):
        """One frame out of what has come."""
        if len(self.raw) < 2:
            return False
        assert self.raw[0] & 0x70 == 0 and self.raw[1] & 0x80 == 0
        length, start = self.raw[1], 2
        if length == 126:
            length, start = struct.unpack(">xxH", self.raw[:4])[0], 4
        elif length == 127:
            if len(self.raw) < 10:
                return False
            length, start = struct.unpack(">xxQ", self.raw[:10])[0], 10
        if len(self.raw) < start + length:
            return False
        payload = self.raw[start:start + length]
        self.opcodes.append(self.raw[0])
        self.sizes.append(length)
        self.raw = self.raw[start + length:]
        if self.opcodes[-1] == 0x8a:
            self.pongs.append(payload)
        else:
            self.data += payload
        return True

    def step(self, seconds):
        """False when nothing came, None at the end."""
        if self._frame():
            return True
        self.sock.settimeout(seconds)
        try:
            more = self.sock.recv(1 << 18)
        except socket.timeout:
            return False
        except (ConnectionError, ssl.SSLError):
            return None
        self.raw += more
        return True if more else None

    def read(self, length, seconds=20):
        end = time.monotonic() + seconds
        while len(self.data) < length:
            state = self.step(max(0.01, end - time.monotonic()))
            assert state, "%s after %r" % (
                "silence" if state is False else "closed", self.data[-200:])
        out, self.data = self.data[:length], self.data[length:]
        return out

    def read_until(self, words, seconds=60):
        end = time.monotonic() + seconds
        while words not in self.data:
            state = self.step(max(0.01, end - time.monotonic()))
            assert state, "%s after %r" % (
                "silence" if state is False else "closed", self.data[-300:])
        out, _, self.data = self.data.partition(words)
        return out + words

    def is_quiet(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = len(self.data)
            state = self.step(max(0.01, end - time.monotonic()))
            if state is None or len(self.data) > before:
                return False
        return True

    def ends(self, seconds=20):
        """Closed within so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.step(max(0.01, end - time.monotonic())) is None:
                return True
        return False

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def upgrade_request(who, path, given, ticket=None, version="1.1", more=()):
    """path: of the guest or node; ticket: as it stands in the URL."""
    lines = ["GET /api2/json%s/vncwebsocket?port=%s&vncticket=%s HTTP/%s"
             % (path, given["port"], ticket or quote(given["ticket"]),
                version), "Host: lab", "Connection: Upgrade",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    names = {name.lower() for name, _ in more}
    for name, value in (("Upgrade", "websocket"),
                        ("Sec-WebSocket-Version", "13"),
                        ("Sec-WebSocket-Protocol", "binary")):
        if name.lower() not in names:
            lines.append("%s: %s" % (name, value))
    lines += ["%s: %s" % h for h in (*who.headers, *more) if h[1]]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def upgrade(who, path, given, node="pve1", **more):
    """The answer and the socket, whatever the answer is."""
    sock = who.lab.dial(node)
    sock.sendall(upgrade_request(who, path, given, **more))
    return read_answer(sock), sock


def open_socket(who, path, given, node="pve1", **more):
    answer, sock = upgrade(who, path, given, node, **more)
    assert answer.status == 101, (answer.line, answer.body)
    return WebSocket(sock, answer)


def open_console(who, path, call, node="pve1", **params):
    """A fresh ticket and its WebSocket: (given, socket)."""
    given = who.post("%s/%s" % (path, call), node, **params).data
    return given, open_socket(who, path, given, node)


def open_term(who, path, node="pve1", **params):
    given, link = open_console(who, path, "termproxy", node, **params)
    link.send(("%s:%s\n" % (given["user"], given["ticket"])).encode())
    assert link.read(2) == b"OK"
    return link


def typed(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"0:%d:%s" % (len(data), data)


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *args], input=data, check=True,
                          capture_output=True).stdout


def vnc_response(password, challenge):
    key = bytes(int("{:08b}".format(b)[::-1], 2)
                for b in password.encode()[:8].ljust(8, b"\0"))
    return openssl("enc", "-des-ede3-ecb", "-nopad", "-K",
                   (key * 3).hex(), data=challenge)


def vnc_password(given):
    """The rule that works everywhere."""
    return given.get("password") or given["ticket"]


def vnc_login(link, password):
    """0, or the reason why not."""
    assert link.read(12) == b"RFB 003.008\n"
    link.send(b"RFB 003.008\n")
    assert link.read(2) == b"\x01\x02", "VNC authentication only"
    link.send(b"\x02")
    link.send(vnc_response(password, link.read(16)))
    if link.read(4) == b"\0\0\0\0":
        return 0
    return link.read(struct.unpack(">I", link.read(4))[0]).decode()


def vnc_init(link):
    """(width, height, pixel format, name)"""
    link.send(b"\x01")
    width, height, form, length = struct.unpack(">HH16sI", link.read(24))
    return width, height, form, link.read(length).decode()


def connect(lab, host, port, node="pve1", line=None, header=None,
            version="1.0"):
    """A CONNECT request sent; the socket."""
    address, spice = lab.nodes[node]["spice"].split(":")
    sock = socket.create_connection((address, int(spice)), timeout=15)
    target = "%s:%s" % (host, port)
    text = "CONNECT %s HTTP/%s\r\n" % (line or target, version)
    if header != "":
        text += "Host: %s\r\n" % (header or target)
    sock.sendall(text.encode() + b"\r\n")
    return sock


def read_head(sock):
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        more = sock.recv(1)
        if not more:
            break
        data += more
    return data.decode()


def spice_tls(lab, given):
    """Through the proxy, with TLS by the CA of the answer."""
    sock = connect(lab, given["host"], given["tls-port"])
    head = read_head(sock)
    assert head == "HTTP/1.0 200 OK\r\n\r\n", head
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=given["ca"].replace("\\n", "\n"))
    return context.wrap_socket(sock)


def read_exactly(sock, length):
    data = b""
    while len(data) < length:
        more = sock.recv(length - len(data))
        if not more:
            raise EOFError("closed after %d of %d" % (len(data), length))
        data += more
    return data


def oaep(public_key, secret):
    path = "/dev/shm" if os.path.isdir("/dev/shm") else "/tmp"
    name = os.path.join(path, "pve-test-key.%d" % os.getpid())
    with open(name, "wb") as out:
        out.write(public_key)
    try:
        return openssl("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER",
                       "-inkey", name, "-pkeyopt", "rsa_padding_mode:oaep",
                       data=secret)
    finally:
        os.unlink(name)


SPICE_DISPLAY = 2


def spice_link(sock, password, channel=1, connection=0):
    """The result of a SPICE link: 0 is yes, 7 permission denied."""
    # one common capability word: authentication selection + SPICE + mini
    body = struct.pack("<IBBIII", connection, channel, 0, 1, 0, 18)
    body += struct.pack("<I", 0b1011)
    sock.sendall(b"REDQ" + struct.pack("<III", 2, 2, len(body)) + body)
    magic, _, _, size = struct.unpack("<4sIII", read_exactly(sock, 16))
    assert magic == b"REDQ"
    reply = read_exactly(sock, size)
    error, key = struct.unpack("<I162s", reply[:166])
    assert error == 0, error
    sock.sendall(struct.pack("<I", 1) + oaep(key, password.encode() + b"\0"))
    result = struct.unpack("<I", read_exactly(sock, 4))[0]
    if channel == SPICE_DISPLAY and result == 0:
        # the server stands still until a display has told of its caches
        sock.sendall(struct.pack("<HIBqBi", 101, 14, 1, 1 << 20, 1, 1 << 20))
    return result
