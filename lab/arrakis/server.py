"""The REST API of Arrakis, its oddities, and faults that a test asks for.

POST /lab sets how it behaves from then on; each key may be left out:

    late      seconds from RUNNING to a screen, for what boots from then on
    up        a sandbox whose late screen comes now
    prefix    "both", "/v1" or "": what the paths begin with
    fault     of the list: "half" (of a JSON document), "cut" (less than was
              announced), "garbage", "deep", "huge", "slow", "closed", "login",
              "null" and "absent" (of `vms`), "wild" (ports out of range),
              "hostile" (names); null: none
    times     answers that the fault is in; 0: all
    gone      a sandbox that vanishes once it was listed

GET /lab/NAME tells the X display of a sandbox's screen, to draw on it and to
see what it shows from behind: `display`, `xauthority`.
"""
import json
import queue
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from sandbox import Refused

WORDS = {"stopped": "stop", "paused": "pause", "resume": "resume"}
HOSTILE = ["", ".", "..", "a/b", "\x1b]0;owned\x07", "x" * 70000, "\u202eexe",
           "no\nline", None, 7]
WILD = ["0", "-1", "65536", "99999999999999999999", "80x", "", None, [], 3.5]


class Jobs:
    """What must be done in the main thread, and its answers."""

    def __init__(self):
        self.queue = queue.Queue()

    def ask(self, work):
        answer = queue.Queue()
        self.queue.put((work, answer))
        r, value = answer.get()
        if r:
            return value
        raise value

    def turn(self, seconds):
        try:
            work, answer = self.queue.get(timeout=seconds)
        except queue.Empty:
            return
        try:
            answer.put((True, work()))
        except Exception as failure:  # the thread that asked tells it
            answer.put((False, failure))


class Faults:
    def __init__(self):
        self.prefix, self.fault, self.times = "both", None, 0
        self.gone = None

    def take(self):
        """The fault of this answer."""
        fault = self.fault
        if self.times > 0:
            self.times -= 1
            if self.times == 0:
                self.fault = None
        return fault


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, value, kind="application/json", announced=None):
        body = value if isinstance(value, bytes) else json.dumps(
            value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(announced or len(body)))
        self.end_headers()
        self.wfile.write(body)
        if announced:
            self.close_connection = True

    def refuse(self, status, message):
        if self.old:
            self.send(status, message.encode() + b"\n",
                      "text/plain; charset=utf-8")
        else:
            self.send(status, {"error": {"message": message}})

    def body(self):
        size = int(self.headers.get("Content-Length") or 0)
        return json.loads(self.rfile.read(size) or b"{}")

    def path_behind_prefix(self):
        path = self.path.partition("?")[0]
        self.old = not path.startswith("/v1/")
        if self.server.faults.prefix not in ("both", "" if self.old
                                             else "/v1"):
            return None
        return path if self.old else path[3:]

    def answer(self):
        if self.path == "/lab" and self.command == "POST":
            self.set_lab(self.body())
            return
        if self.path.startswith("/lab/"):
            name = unquote(self.path[len("/lab/"):])
            self.send(200, self.server.jobs.ask(
                lambda: self.server.world.find(name).screen()))
            return
        path = self.path_behind_prefix()
        if path is None:
            self.send(404, b"404 page not found\n", "text/plain")
            return
        try:
            self.route(path)
        except Refused as reason:
            self.refuse(500, str(reason))
        except ValueError:
            self.refuse(400, "Invalid request body")

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def set_lab(self, said):
        faults = self.server.faults
        if "late" in said:
            self.server.world.late = said.pop("late")
        if "up" in said:
            name = said.pop("up")
            self.server.jobs.ask(
                lambda: self.server.world.find(name).up())
        for key, value in said.items():
            setattr(faults, key, value)
        self.send(200, {})

    def route(self, path):
        world, ask = self.server.world, self.server.jobs.ask
        words = [unquote(w) for w in path.split("/")[1:]]
        call = (self.command, len(words), *words[2:3])
        if path == "/health":
            self.send(200, {"status": "healthy"})
        elif words[0] != "vms":
            self.send(404, b"404 page not found\n", "text/plain")
        elif call == ("GET", 1):
            self.list()
        elif call == ("GET", 2):
            self.send(200, ask(lambda: world.find(words[1]).entry()))
        elif call == ("POST", 1):
            said = self.body()
            self.send(200, ask(lambda: world.create(
                said["vmName"], said.get("snapshotId")).entry()))
        elif call == ("PATCH", 2):
            verb = WORDS.get(self.body().get("status"))
            if not verb:
                self.refuse(400, "invalid status")
                return
            ask(lambda: getattr(world.find(words[1]), verb)())
            self.send(200, {"success": True})
        elif call == ("DELETE", 2):
            ask(lambda: world.destroy(words[1]))
            self.send(200, {"success": True})
        elif call == ("POST", 3, "snapshots"):
            called = self.body().get("snapshotId")
            self.send(200, {"snapshotId": ask(
                lambda: world.snapshot(words[1], called))})
        elif call == ("POST", 3, "cmd"):
            line = self.body().get("cmd", "")
            self.send(200, {"output": ask(
                lambda: world.find(words[1]).command(line))})
        else:
            self.send(405, b"", "text/plain")

    def list(self):
        world, faults = self.server.world, self.server.faults
        vms = self.server.jobs.ask(
            lambda: [s.entry() for s in world.all.values()])
        fault = faults.take()
        whole = json.dumps({"vms": vms}).encode()
        if fault == "half":
            self.send(200, whole[:len(whole) // 2])
        elif fault == "cut":
            self.send(200, whole[:len(whole) // 2], announced=len(whole))
        elif fault == "garbage":
            self.send(200, b"\x00\xff\xfe<html>" * 64, "text/html")
        elif fault == "deep":
            self.send(200, b'{"vms":' + b"[" * 60000 + b"]" * 60000 + b"}")
        elif fault == "huge":
            self.send(200, b'{"vms":[' + b" " * (2 << 20) + b"]}")
        elif fault == "slow":
            time.sleep(30)
        elif fault == "closed":
            self.close_connection = True
        elif fault == "login":
            self.refuse(401, "who are you?")
        elif fault in ("null", "absent"):
            self.send(200, {"vms": None} if fault == "null" else {})
        else:
            self.send(200, {"vms": self.bent(vms, fault)})
        if faults.gone:
            name, faults.gone = faults.gone, None
            self.server.jobs.ask(lambda: world.destroy(name))

    @staticmethod
    def bent(vms, fault):
        if fault == "wild":
            for vm in vms:
                vm["portForwards"] = [
                    {"hostPort": p, "guestPort": p, "description": "gui"}
                    for p in WILD]
                vm["ip"] = "10.0.0.999/24"
        elif fault == "hostile":
            vms = [{"vmName": n, "status": "RUNNING", "ip": n,
                    "portForwards": n} for n in HOSTILE] + vms
        return vms


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that has gone; what else fails is answered."""


def serve(address, world, jobs, faults):
    server = Server(address, Handler)
    server.daemon_threads = True
    server.world, server.jobs, server.faults = world, jobs, faults
    return server
