"""Where the sandboxes of the lab are.

Namespaces: each sandbox has a network namespace and a veth to this machine,
and the ports that are announced are real DNAT rules, which hold for packets
of other hosts only. One more namespace is such a host. All is named after our
process, touches no interface but ours, and is gone when close() was called;
what a killed lab has left is swept by the next one.

Loopback: each sandbox has an address of 127.0.0.0/8, and nobody listens on
the announced ports: as on the host of a real server.
"""
import os
import random
import re
import shutil
import socket
import subprocess

NAME = "glassbridge-lab"


def quietly(*argv, **more):
    return subprocess.run(argv, check=True, capture_output=True, text=True,
                          **more).stdout


def is_alive(pid):
    return os.path.isdir("/proc/%s" % pid)


class Loopback:
    kind = "loopback"
    other = None

    def __init__(self):
        while True:
            self.base = "127.%d.%d" % (random.randint(64, 250),
                                       random.randint(1, 250))
            with socket.socket() as s:
                try:
                    s.bind((self.base + ".2", 5901))
                    return
                except OSError:
                    continue

    def add(self, number):
        return "%s.%d" % (self.base, 1 + number % 250)

    def wrap(self, _):
        return []

    def remove(self, number):
        pass

    def forward(self, forwards):
        pass

    def close(self):
        pass


class Namespaces:
    kind = "namespaces"

    def __init__(self):
        self.sweep()
        self.table = "glassbridge_lab_%d" % os.getpid()
        self.numbers = set()
        self.base = self.free_base()
        try:
            address = self.add(0)
            quietly("nft", "add", "table", "ip", self.table)
            quietly("nft", "add chain ip %s pre { type nat hook prerouting "
                    "priority dstnat; }" % self.table)
        except (subprocess.CalledProcessError, OSError):
            self.close()
            raise
        # the host from which announced ports can be reached: it has no route
        # to the sandboxes
        quietly("ip", "-n", self.name(0), "route", "del", "default")
        self.other = {"netns": self.name(0), "address": address,
                      "host": "%s.0.1" % self.base}

    @staticmethod
    def free_base():
        while True:
            base = "10.%d" % random.randint(128, 250)
            if not quietly("ip", "route", "show", "root", base + ".0.0/16"):
                return base

    @staticmethod
    def sweep():
        """What labs have left that were killed."""
        for line in quietly("ip", "netns", "list").splitlines():
            found = re.match(NAME + r"-(\d+)-\d+\b", line)
            if found and not is_alive(found[1]):
                subprocess.run(["ip", "netns", "del", line.split()[0]],
                               check=False)
        for line in quietly("nft", "list", "tables").splitlines():
            found = re.match(r"table ip (glassbridge_lab_(\d+))$", line)
            if found and not is_alive(found[2]):
                subprocess.run(["nft", "delete", "table", "ip", found[1]],
                               check=False)

    @staticmethod
    def name(number):
        return "%s-%d-%d" % (NAME, os.getpid(), number)

    @staticmethod
    def link(number):
        return "gb%dv%d" % (os.getpid(), number)

    def add(self, number):
        """Its address; a default route leads back to this machine."""
        name, link = self.name(number), self.link(number)
        net = "%s.%d" % (self.base, number % 250)
        self.numbers.add(number)
        quietly("ip", "netns", "add", name)
        quietly("ip", "link", "add", link, "type", "veth", "peer", "name",
                "eth0", "netns", name)
        quietly("ip", "addr", "add", net + ".1/30", "dev", link)
        quietly("ip", "link", "set", link, "up")
        # forwarding of our interfaces only, not of the machine
        with open("/proc/sys/net/ipv4/conf/%s/forwarding" % link, "w") as f:
            f.write("1")
        for words in ("addr add %s.2/30 dev eth0" % net, "link set eth0 up",
                      "link set lo up", "route add default via %s.1" % net):
            quietly("ip", "-n", name, *words.split())
        return net + ".2"

    def wrap(self, number):
        return ["ip", "netns", "exec", self.name(number)]

    def remove(self, number):
        self.numbers.discard(number)
        # the namespace itself lives until the last of its processes has gone
        for words in (["link", "del", self.link(number)],
                      ["netns", "del", self.name(number)]):
            subprocess.run(["ip", *words], check=False, capture_output=True)

    def forward(self, forwards):
        """These rules and no others: (host port, address, guest port)."""
        rules = ["flush chain ip %s pre" % self.table]
        rules += ['add rule ip %s pre iifname "%s" tcp dport %d dnat to %s:%d'
                  % (self.table, self.link(0), *f) for f in forwards]
        quietly("nft", "-f", "-", input="\n".join(rules) + "\n")

    def close(self):
        for number in sorted(self.numbers):
            self.remove(number)
        subprocess.run(["nft", "delete", "table", "ip", self.table],
                       check=False, capture_output=True)


def network(loopback):
    """Namespaces where they can be had."""
    if not loopback and os.geteuid() == 0 and shutil.which("ip") \
            and shutil.which("nft"):
        try:
            return Namespaces()
        except (subprocess.CalledProcessError, OSError):
            pass
    return Loopback()
