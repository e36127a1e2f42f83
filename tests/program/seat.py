"""A person in Chromium before the gateway's page."""
import os
import subprocess

from screens import read_ppm
from tap import ROOT, Skip
import machines


class Page:
    """By tests/browser/seat.mjs; guest: where the link is to all."""

    def __init__(self, desk, link, *guest):
        if not os.path.isdir(os.path.join(ROOT, "web/node_modules")):
            raise Skip("the page's npm packages are not installed")
        self.file = os.path.join(desk, "page.ppm")
        self.child = subprocess.Popen(
            ["node", os.path.join(ROOT, "tests/browser/seat.mjs"), link,
             *guest], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, preexec_fn=machines.end_with_parent)
        self.hears("ready")

    def hears(self, word):
        line = self.child.stdout.readline()
        assert line == word + "\n", "the page's log is above: %r" % line

    def _do(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        self.hears("done")

    def picture(self):
        self._do("picture " + self.file)
        with open(self.file, "rb") as file:
            return read_ppm(file.read())

    def waits(self, state):
        """asking connecting connected lost ended"""
        self._do("waits " + state)

    def reads(self, words):
        """A regular expression, in what it tells of its console."""
        self._do("reads " + words)

    def click(self):
        self._do("click")

    def type(self, text):
        self._do("type " + text)

    def close(self):
        self.child.stdin.close()
        self.child.wait(30)
