"""Machines to look at: a tiny guest in QEMU, desktops of Xvnc.

Everything lives under one folder (mode 0700): sockets, password files, logs,
and `pids`, a line for each process that was started. Ports and displays are
whatever is free. Every process ends with the one that started it, and by its
own id.
"""
import ctypes
import json
import math
import os
import random
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

LAB = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.path.dirname(LAB), ".cache", "lab")
PR_SET_PDEATHSIG = 1
X11_SOCKETS = "/tmp/.X11-unix"
LIBC = ctypes.CDLL(None)
FREE_PORTS = 4000  # below those of the kernel
TAKEN_PORTS = set()  # by free_port()


class Failed(Exception):
    """Says what did not work, and what to look at."""


def end_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Runtime:
    """A folder, the processes started in it, and their end."""

    def __init__(self, folder=None):
        self.own = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="glassbridge-lab.")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self.started = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        """A file of ours that nobody else may read."""
        fd = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                     0o600)
        with os.fdopen(fd, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def start(self, name, argv, **more):
        """Starts a program in a session of its own: Ctrl+C is ours alone."""
        with open(self.path(name + ".log"), "ab") as log:
            more.setdefault("stdout", log)
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stderr=log,
                start_new_session=True, preexec_fn=end_with_parent, **more)
        self.started.append((name, child))
        with open(self.path("pids"), "a") as pids:
            pids.write("%d %s\n" % (child.pid, name))
        return child

    def log_tail(self, name):
        try:
            with open(self.path(name + ".log"), errors="replace") as log:
                return "".join(log.readlines()[-20:])
        except OSError:
            return ""

    def wait(self, name, child, what, ready, seconds=30):
        """Asks ready() until it answers, while the child lives."""
        end = time.monotonic() + seconds
        while True:
            answer = ready()
            if answer:
                return answer
            if child.poll() is not None:
                raise Failed("%s ended at once:\n%s"
                             % (name, self.log_tail(name)))
            if time.monotonic() > end:
                raise Failed("%s: no %s after %d s\n%s" % (
                    name, what, seconds, self.log_tail(name)))
            time.sleep(0.03)

    def stop(self):
        """Ends what was started, the last first, and takes the folder away."""
        for _, child in reversed(self.started):
            if child.poll() is None:
                child.terminate()
        for _, child in reversed(self.started):
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.started = []
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)


def first_of_anybody():
    """The first port that the kernel gives out by itself."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as text:
        return int(text.read().split()[0])


def free_port():
    """A port for a program that is told it and then listens there. It is not
    one of those that the kernel gives to clients and to whoever asks for any:
    somebody else could have it by then."""
    end = first_of_anybody()
    while True:
        port = random.randrange(max(end - FREE_PORTS, 1024), end)
        if port in TAKEN_PORTS:
            continue
        TAKEN_PORTS.add(port)
        with socket.socket() as s:
            try:
                s.bind(("", port))
                return port
            except OSError:
                pass


def dial(address):
    """A connected socket to host:port or unix:/path."""
    if address.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(address[len("unix:"):])
        return s
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def rfb_banner(address):
    """The first 12 bytes of a VNC server, or nothing yet."""
    try:
        with dial(address) as s:
            return s.recv(12)
    except OSError:
        return b""


class Qmp:
    """QEMU's control socket: one command, one answer."""

    def __init__(self, path):
        self.socket = dial("unix:" + path)
        self.lines = self.socket.makefile("r")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        message = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if "error" in answer:
                raise Failed("qemu: " + answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]
        raise Failed("qemu: the control socket has closed")

    def send_key(self, *names):
        keys = [{"type": "qcode", "data": name} for name in names]
        self.ask("send-key", keys=keys)


def new_password():
    """VNC counts eight characters."""
    return secrets.token_urlsafe(6)


def start_guest(runtime, name):
    """The tiny guest: VGA text screen over VNC, serial line, control."""
    subprocess.run([os.path.join(LAB, "guest", "pack")], check=True)
    password = runtime.write(name + ".password", new_password())
    qmp, serial = runtime.path(name + ".qmp"), runtime.path(name + ".serial")
    child = runtime.start(name, [
        "qemu-system-x86_64", "-name", name, "-nodefaults", "-no-user-config",
        # never by looking for the kvm node: it may be there and not work
        "-accel", "tcg,tb-size=32", "-m", "128", "-smp", "1",
        "-vga", "std", "-display", "none", "-no-reboot",
        "-kernel", os.path.join(CACHE, "vmlinuz"),
        "-initrd", os.path.join(CACHE, "guest.img"),
        "-append", "console=tty1 quiet loglevel=3 panic=-1 tsc=unstable "
        "nokaslr mitigations=off lab.name=" + name,
        "-object", "secret,id=vnc,file=" + password,
        "-vnc", "127.0.0.1:0,to=900,password-secret=vnc",
        "-serial", "unix:%s,server=on,wait=off" % serial,
        "-qmp", "unix:%s,server=on,wait=off" % qmp])
    runtime.wait(name, child, "control socket", lambda: os.path.exists(qmp))
    control = Qmp(qmp)
    listening = control.ask("query-vnc")
    return {
        "name": name, "pid": child.pid, "qmp": qmp,
        "vnc": "127.0.0.1:" + listening["service"],
        "vnc_password_file": password, "serial": "unix:" + serial,
    }


def xauthority(cookie):
    """The file that lets our programs, and nobody else, draw there."""
    def field(data):
        return struct.pack(">H", len(data)) + data

    any_host = struct.pack(">H", 0xffff) + field(b"")
    return (any_host + field(b"") + field(b"MIT-MAGIC-COOKIE-1")
            + field(cookie))


def mix(a, b, share):
    return tuple(int(x + (y - x) * share) for x, y in zip(a, b))


def wallpaper(width, height, top, bottom):
    """A gradient with two hills, as a picture in X's own format (XWD)."""
    near, far = mix(bottom, (255, 255, 255), 0.10), mix(top, bottom, 0.7)
    rows = []
    for y in range(height):
        row = bytearray()
        sky = mix(top, bottom, y / height)
        for x in range(0, width, 4):
            hill = height * (0.72 + 0.08 * math.sin(x / width * 7 + 1))
            front = height * (0.84 + 0.06 * math.sin(x / width * 9 + 4))
            r, g, b = near if y > front else far if y > hill else sky
            row += bytes((b, g, r, 0)) * 4
        rows.append(bytes(row[:width * 4]))
    name = b"wallpaper\0"
    header = struct.pack(
        ">25I", 100 + len(name), 7, 2, 24, width, height, 0, 0, 32, 0, 32,
        32, width * 4, 4, 0xff0000, 0xff00, 0xff, 8, 256, 0, width, height,
        0, 0, 0)
    return header + name + b"".join(rows)


LOOKS = {
    "clock": {
        "size": (1024, 640), "top": (24, 30, 68), "bottom": (232, 120, 92),
        "programs": [
            ["xclock", "-geometry", "260x260+382+150", "-update", "1",
             "-bg", "#f8ece0", "-fg", "#1c2450", "-bw", "0"],
            ["xeyes", "-geometry", "180x110+422+450", "-center", "white",
             "-outline", "#1c2450"],
        ],
    },
    "workstation": {
        "size": (1280, 800), "top": (12, 64, 84), "bottom": (120, 190, 160),
        "programs": [
            ["xedit", "-geometry", "620x470+60+70", "NOTES"],
            ["xload", "-geometry", "420x150+760+70", "-update", "2",
             "-bg", "#0c2b36", "-fg", "#9fe3c8", "-hl", "#23566a"],
            ["xcalc", "-geometry", "250x320+760+300"],
            ["oclock", "-geometry", "140x140+1050+300", "-bg", "#e8f4ee",
             "-jewel", "#d9764a", "-hour", "#0c4054", "-minute", "#0c4054"],
        ],
    },
}
NOTES = """Welcome to this desktop.

It is a real X server with real programs in it. You see it through
Glassbridge: the pictures come, your keys and your mouse go.

Type here. Move the pointer. Try the calculator.
"""


def start_desktop(runtime, name, look, on_unix_socket=False):
    """An Xvnc desktop, over TCP on loopback or over a Unix socket."""
    if on_unix_socket:
        path = runtime.path(name + ".vnc")
        where, address = ["-rfbport", "-1", "-rfbunixpath", path,
                          "-rfbunixmode", "0600"], "unix:" + path
    else:
        port = free_port()
        where, address = ["-rfbport", str(port), "-interface",
                          "127.0.0.1"], "127.0.0.1:%d" % port
    password = new_password()
    password_file = runtime.write(name + ".password", password)
    child = start_xvnc(runtime, name, look, where, password)
    runtime.wait(name, child, "VNC server",
                 lambda: rfb_banner(address).startswith(b"RFB "))
    return {"name": name, "pid": child.pid, "vnc": address,
            "vnc_password_file": password_file}


def start_xvnc(runtime, name, look, where, password, wrap=(),
               furnished=True):
    """Xvnc behind `where`, by a command before it (`ip netns exec ...`)."""
    if not os.path.isdir(X11_SOCKETS):  # two servers would race to make it
        os.makedirs(X11_SOCKETS, exist_ok=True)
        os.chmod(X11_SOCKETS, 0o1777)
    style = LOOKS[look]
    hashed = subprocess.run(["tigervncpasswd", "-f"], check=True,
                            input=password.encode() + b"\n",
                            capture_output=True).stdout
    auth = runtime.write(name + ".xauth",
                         xauthority(secrets.token_bytes(16)))
    ours, theirs = os.pipe()
    # in another network namespace "the next free one" is not free here
    number = [":%d" % random.randint(1000, 60000)] if wrap else []
    child = runtime.start(name, [
        *wrap, "Xtigervnc", *number, "-displayfd", str(theirs), *where,
        "-geometry", "%dx%d" % style["size"], "-depth", "24",
        "-desktop", name, "-auth", auth, "-nolisten", "tcp",
        "-SecurityTypes", "VncAuth", "-AlwaysShared",
        "-PasswordFile", runtime.write(name + ".vncpasswd", hashed),
    ], pass_fds=[theirs])
    os.close(theirs)
    display = read_display(runtime, name, child, ours)
    runtime.write(name + ".display", ":" + display)
    if furnished:
        furnish(runtime, name, style, dict(
            os.environ, DISPLAY=":" + display, XAUTHORITY=auth))
    return child


def read_display(runtime, name, child, fd):
    def asked():
        return select.select([fd], [], [], 0)[0] and os.read(fd, 32)

    display = runtime.wait(name, child, "display", asked)
    os.close(fd)
    return display.decode().strip()


def furnish(runtime, name, style, env):
    """Wallpaper first: without a window manager, later windows lie above."""
    picture = runtime.write(name + ".xwd", wallpaper(
        *style["size"], style["top"], style["bottom"]))
    runtime.start(name + ".wallpaper", ["xwud", "-noclick", "-in", picture],
                  env=env)
    time.sleep(0.3)
    folder = runtime.path(name + ".home")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "NOTES"), "w") as notes:
        notes.write(NOTES)
    for program in style["programs"]:
        runtime.start("%s.%s" % (name, program[0]), program, env=env,
                      cwd=folder)
