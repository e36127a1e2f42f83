"""A server of sandboxes, of lab/arrakis, for tests of the program."""
import json
import os
import random
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from tap import ROOT
import machines


def _is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def host_ports():
    """A range of host ports for a lab that nobody else has: below those of
    machines.free_port()."""
    end = machines.first_of_anybody() - machines.FREE_PORTS
    while True:
        first = random.randrange(min(10000, end // 2), end - 200)
        if all(_is_free(port) for port in range(first, first + 40)):
            return "%d-%d" % (first, first + 200)


class Lab:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "lab/arrakis/run"), "--bare", *options],
            stdout=subprocess.PIPE, text=True,
            preexec_fn=machines.end_with_parent)
        line = self.process.stdout.readline()
        assert line, "the lab did not start"
        self.facts = json.loads(line)
        self.url = self.facts["url"]

    def ask(self, method, path, body=None):
        """(status, answer)"""
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def set(self, **what):
        assert self.ask("POST", "/lab", what)[0] == 200

    def vm(self, name):
        return self.ask("GET", "/v1/vms/" + name)[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process.stdout.close()


def profile(lab, more=""):
    return '[profiles.boxes]\nkind = "arrakis"\nurl = "%s"\n%s\n' % (
        lab.url, more)
