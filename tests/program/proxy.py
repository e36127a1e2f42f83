"""`glassbridge proxy` under test, targets for it, and clients: that of Debian's
websockify, Python's own HTTP, and bare sockets."""
import contextlib
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from tap import PROGRAM, Skip, until

sys.path.append("/usr/lib/python3/dist-packages")


def websocket():
    try:
        from websockify.websocket import WebSocket
    except ImportError:
        raise Skip("Debian's python3-websockify is not installed")
    return WebSocket()


class Mask:
    """Its mask is made of numbers where Debian's Python wants bytes."""

    @staticmethod
    def randrange(n):
        return os.urandom(1)


# ---- targets ---------------------------------------------------------------

class Target:
    """A server that does the same with every connection."""

    def __init__(self, serve, path=None):
        self.listener = socket.socket(
            socket.AF_UNIX if path else socket.AF_INET)
        self.listener.bind(path or ("127.0.0.1", 0))
        self.listener.listen()
        self.port = None if path else self.listener.getsockname()[1]
        self.text = "127.0.0.1:%s" % self.port
        self.serve = serve
        self.seen = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return
            self.seen.append(peer)
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.listener.close()
        for peer in self.seen:
            peer.close()


def echo(peer):
    with contextlib.suppress(OSError):
        while data := peer.recv(65536):
            peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)


def say(text):
    """Its greeting, and then what it hears."""
    def serve(peer):
        peer.sendall(text)
        echo(peer)
    return serve


# ---- the program -----------------------------------------------------------

class Proxy:
    def __init__(self, *args, called=None, cwd=None, listen="127.0.0.1:0"):
        self.folder = tempfile.TemporaryDirectory()
        program = PROGRAM
        if called:
            program = os.path.join(self.folder.name, called)
            os.symlink(os.path.abspath(PROGRAM), program)
        command = [program] if called else [program, "proxy"]
        if listen:
            command.append(listen)
        self.process = subprocess.Popen(
            command + list(args), stderr=subprocess.PIPE, text=True,
            cwd=cwd or self.folder.name)
        self.lines = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        self.url = until("it says where it is", self.address, 60)
        self.port = int(re.search(r":(\d+)/", self.url).group(1))

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def address(self):
        assert self.process.poll() is None, self.lines
        for line in self.lines:
            found = re.search(r"open (\S+)", line)
            if found:
                return found.group(1)
        return None

    def log(self, text):
        return until("the log has " + text, lambda: [
            line for line in self.lines if text in line])

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.thread.join()
        self.folder.cleanup()
        assert what[0] or code == 0, (code, self.lines)

    def client(self, path="/websockify", protocols=("binary",), secure=False):
        import random
        client = websocket()
        theirs = sys.modules["websockify.websocket"]
        theirs.random = random
        if secure:
            # its own way to wrap is of an older Python
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            ssl.wrap_socket = context.wrap_socket
        client.connect("%s://127.0.0.1:%d%s" % (
            "wss" if secure else "ws", self.port, path),
            protocols=list(protocols))
        theirs.random = Mask
        return client

    def get(self, path, method="GET", headers=None, secure=False):
        if secure:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            c = http.client.HTTPSConnection("127.0.0.1", self.port,
                                            timeout=60, context=context)
        else:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        c.request(method, path, headers=headers or {})
        answer = c.getresponse()
        answer.body = answer.read()
        c.close()
        return answer


def upgrade(port, target="/", protocols=None):
    """The head of the answer, and the socket."""
    s = socket.create_connection(("127.0.0.1", port), 60)
    offered = ("Sec-WebSocket-Protocol: %s\r\n" % protocols
               if protocols else "")
    s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n"
               % (target, offered)).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        data = s.recv(1)
        if not data:
            break
        head += data
    return head.decode(), s


def first_frame(s):
    """The payload of a small frame, and its opcode."""
    head = s.recv(2, socket.MSG_WAITALL)
    return s.recv(head[1] & 127, socket.MSG_WAITALL), head[0] & 15


def round_trip(client, data=b"hello"):
    client.send(data)
    got = b""
    while len(got) < len(data):
        try:
            got += client.recv()
        except sys.modules[
                "websockify.websocket"].WebSocketWantReadError:
            pass  # half a frame: it is to be called again
    assert got == data, got


def usage_of(*args, called=None):
    with tempfile.TemporaryDirectory() as folder:
        program = PROGRAM
        if called:
            program = os.path.join(folder, called)
            os.symlink(os.path.abspath(PROGRAM), program)
        done = subprocess.run(
            [program] + ([] if called else ["proxy"]) + list(args),
            capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == 2, done
    return done.stderr


def certificate(folder):
    """A certificate and its key, in two files and in one."""
    cert, key, both = (os.path.join(folder, n)
                       for n in ("cert.pem", "key.pem", "self.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    with open(both, "w") as to:
        to.write(open(key).read() + open(cert).read())
    return cert, key, both
