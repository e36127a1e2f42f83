"""A relay between the two ends of a load, and what it costs."""
import glob
import os
import selectors
import signal
import subprocess

TICK = os.sysconf("SC_CLK_TCK")
OURS = "glassbridge"


def family(pid):
    """A process and all that came of it."""
    found = [pid]
    for path in glob.glob("/proc/%d/task/*/children" % pid):
        try:
            with open(path) as text:
                for child in text.read().split():
                    found += family(int(child))
        except OSError:
            pass
    return found


def cpu_seconds(pid):
    total = 0.0
    for one in family(pid):
        try:
            for path in glob.glob("/proc/%d/task/*/schedstat" % one):
                with open(path) as text:
                    total += int(text.read().split()[0]) / 1e9
            with open("/proc/%d/stat" % one) as text:
                fields = text.read().rsplit(")", 1)[1].split()
            total += (int(fields[13]) + int(fields[14])) / TICK  # reaped
        except OSError:
            pass
    return total


def memory_kib(pid):
    """Its own memory; what a family shares counts once. Not its files."""
    total = 0
    for one in family(pid):
        try:
            with open("/proc/%d/smaps_rollup" % one) as text:
                for line in text:
                    if line.startswith("Pss_Anon:"):
                        total += int(line.split()[1])
        except OSError:
            pass
    return total


def stop(process):
    for pid in reversed(family(process.pid)):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    process.wait()


class Load:
    """Both ends of the measured connections."""

    def __init__(self, build, kinds):
        self.process = subprocess.Popen(
            [os.path.join(build, "tests/bench/bench_load"), *kinds],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.backend = int(self.process.stdout.readline())

    def ask(self, words, seconds=70):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(seconds):
                raise TimeoutError(words)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the load died of '%s'" % words)
        return [float(word) if word[0].isdigit() or word[0] == "-" else word
                for word in answer.split()]

    def stop(self):
        stop(self.process)


class Pair:
    """A relay of some name between a load's two ends."""

    def __init__(self, build, name, kinds, peers=None):
        self.name = name
        self.load = Load(build, kinds)
        if name == OURS:
            self.process = subprocess.Popen(
                [os.path.join(build, "tests/bench/bench_relay"),
                 *kinds, str(self.load.backend)],
                stdout=subprocess.PIPE, text=True)
            port = int(self.process.stdout.readline())
        else:
            started = peers.start(name, kinds, self.load.backend)
            if not started:
                self.load.stop()
                raise FileNotFoundError(name)
            self.process, port = started
        self.load.process.stdin.write("port %d\n" % port)

    def measured(self, words):
        """(answer, CPU seconds of the relay meanwhile)"""
        before = cpu_seconds(self.process.pid)
        answer = self.load.ask(words)
        return answer, cpu_seconds(self.process.pid) - before

    def stop(self):
        self.load.stop()
        stop(self.process)
