"""What tests of the real program have in common: a test is a function named
by what it shows, run(...) prints its outcome as TAP.

A test that raises Skip with a reason is skipped. PROGRAM is the program under
test, and lab.machines starts real peers for it.
"""
import os
import sys
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PROGRAM = os.environ.get("GLASSBRIDGE",
                         os.path.join(ROOT, "build/src/glassbridge"))
sys.path.insert(0, os.path.join(ROOT, "lab"))


class Skip(Exception):
    """The reason why this test cannot be run here."""


def until(what, ready, seconds=30):
    """The first true answer of ready(), or a failure that names it."""
    end = time.monotonic() + seconds
    while True:
        answer = ready()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError("%s: not after %s s" % (what, seconds))
        time.sleep(0.05)


def is_gone(pid):
    """No process, or one that only waits to be read by its parent."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def run(*tests):
    failed = False
    print("1..%d" % len(tests), flush=True)
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        start = time.monotonic()
        try:
            test()
            print("ok %d - %s" % (number, name), flush=True)
        except Skip as reason:
            print("ok %d - %s # SKIP %s" % (number, name, reason), flush=True)
        except Exception:
            failed = True
            print("not ok %d - %s" % (number, name), flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
        print("# %.1f s" % (time.monotonic() - start), flush=True)
    sys.exit(1 if failed else 0)
