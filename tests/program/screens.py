"""What is shown: an X server without a screen, whose memory can be read, and
a guest's picture as its hypervisor has it."""
import collections
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile

from tap import Skip, until
import machines

WIDTH, HEIGHT = 1280, 1024
ALIKE = 0.99  # of the dots: a cursor blinks
LANDMARKS = 8


class Picture:
    """Rows of bytes, three a dot."""

    def __init__(self, width, height, rows):
        self.width, self.height, self.rows = width, height, rows

    def is_plain(self):
        return len(set(self.rows)) < 8

    def _at(self, left, top, other):
        """How many of the other's dots are here."""
        same = 0
        for y in range(other.height):
            row = self.rows[top + y][3 * left:3 * (left + other.width)]
            if row == other.rows[y]:
                same += other.width
                continue
            same += sum(row[i:i + 3] == other.rows[y][i:i + 3]
                        for i in range(0, len(row), 3))
        return same / (other.width * other.height)

    def shows(self, other):
        """Is the other one somewhere in it, dot by dot?"""
        for y in other.landmarks():
            for top in range(self.height - other.height + 1):
                left = self.rows[top + y].find(other.rows[y])
                if (left >= 0 and left % 3 == 0 and
                        self._at(left // 3, top, other) >= ALIKE):
                    return True
        return False

    def crop(self, left, top, width, height):
        return Picture(width, height, [
            row[3 * left:3 * (left + width)]
            for row in self.rows[top:top + height]])

    def landmarks(self):
        """Some rows that are like no other."""
        seen = collections.Counter(self.rows)
        alone = [y for y, row in enumerate(self.rows) if seen[row] == 1]
        return alone[::len(alone) // LANDMARKS + 1]


def read_ppm(data):
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    width, height = int(head.group(1)), int(head.group(2))
    at = head.end()
    return Picture(width, height, [data[at + 3 * width * y:
                                        at + 3 * width * (y + 1)]
                                   for y in range(height)])


def read_xwd(data):
    head = struct.unpack(">25I", data[:100])
    size, width, height, step = head[0], head[4], head[5], head[12]
    start = size + 12 * head[19]
    rows = []
    for y in range(height):
        row = data[start + y * step:start + y * step + 4 * width]
        dots = bytearray(3 * width)  # blue, green, red, nothing
        dots[0::3], dots[1::3], dots[2::3] = row[2::4], row[1::4], row[::4]
        rows.append(bytes(dots))
    return Picture(width, height, rows)


class Guest:
    """A guest of the lab, from behind."""

    def __init__(self, lab, vmid):
        self.qmp = machines.Qmp(lab.machine(vmid)["qmp"])
        self.folder = tempfile.mkdtemp(prefix="glassbridge-dump.")

    def picture(self):
        path = os.path.join(self.folder, "screen.ppm")
        self.qmp.ask("screendump", filename=path)
        with open(path, "rb") as dump:
            return read_ppm(dump.read())

    def is_up(self):
        """There is something to see."""
        return not self.picture().is_plain()

    def close(self):
        self.qmp.socket.close()
        shutil.rmtree(self.folder)


class Screen:
    """An X server; what it shows can be looked at."""

    def __init__(self):
        if not shutil.which("Xvfb"):
            raise Skip("there is no Xvfb")
        self.folder = tempfile.mkdtemp(prefix="glassbridge-screen.")
        read, told = os.pipe()
        self.child = subprocess.Popen(
            ["Xvfb", "-displayfd", str(told), "-fbdir", self.folder,
             "-nolisten", "tcp", "-screen", "0",
             "%dx%dx24" % (WIDTH, HEIGHT)],
            pass_fds=[told], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=machines.end_with_parent)
        os.close(told)
        with os.fdopen(read) as number:
            self.name = ":" + number.readline().strip()
        assert self.name != ":", "Xvfb did not start"

    def picture(self):
        """Its memory is a file of xwd's format."""
        with open(os.path.join(self.folder, "Xvfb_screen0"), "rb") as memory:
            return read_xwd(memory.read())

    def waits_for(self, guest, seconds=30):
        """Until it shows what the guest shows."""
        until("the guest's picture in the viewer's window",
              lambda: self.picture().shows(guest.picture()), seconds)

    def _do(self, *what):
        subprocess.run(["xdotool", *what], check=True, timeout=60,
                       env={**os.environ, "DISPLAY": self.name})

    def click(self):
        """Into the only window: without a manager it gets no keys before."""
        self._do("mousemove", "300", "300", "click", "1")

    def type(self, text):
        self._do("type", "--delay", "60", text)

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(20)
        shutil.rmtree(self.folder)
