#!/usr/bin/python3
"""A pseudo-terminal for Node, which has none.

    terminal.py PROGRAM [ARGUMENT...]

stdin: messages of a letter and a 32-bit length; `d` carries input, `s` a size
("COLS ROWS"). stdout: what the program prints. Ends when the program does, or
stdin.
"""
import ctypes
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

CHUNK = 65536
PR_SET_PDEATHSIG = 1


def set_size(fd, cols, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("4H", rows, cols, 0, 0))


def redraw(master):
    """Also where the size is what it was: somebody new looks on."""
    try:
        os.killpg(os.tcgetpgrp(master), signal.SIGWINCH)
    except OSError:
        pass


def messages(pending):
    """(letter, content) of each whole message; they are taken away."""
    while len(pending) >= 5:
        kind, length = struct.unpack(">cI", pending[:5])
        if len(pending) < 5 + length:
            return
        yield kind, bytes(pending[5:5 + length])
        del pending[:5 + length]


def take(pending, typed, master):
    for kind, content in messages(pending):
        if kind == b"s":
            set_size(master, *map(int, content.split()))
            redraw(master)
        else:
            typed += content


def read_all(master):
    """What there is: a pseudo-terminal hands out 4 KiB at a time."""
    data = bytearray()
    try:
        while len(data) < CHUNK:
            more = os.read(master, CHUNK)
            if not more:
                return data, True
            data += more
    except BlockingIOError:
        return data, False
    except OSError:  # the program has ended
        return data, True
    return data, False


def carry(master):
    pending, typed = bytearray(), bytearray()
    os.set_blocking(master, False)
    while True:
        readable, writable, _ = select.select(
            [0, master], [master] if typed else [], [])
        if 0 in readable:
            data = os.read(0, CHUNK)
            if not data:
                return
            pending += data
            take(pending, typed, master)
        if writable:
            try:
                del typed[:os.write(master, typed[:CHUNK])]
            except BlockingIOError:
                pass
        if master in readable:
            data, is_over = read_all(master)
            while data:
                data = data[os.write(1, data):]
            if is_over:
                return


def main():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    child, master = pty.fork()
    if child == 0:
        try:
            os.execvp(sys.argv[1], sys.argv[1:])
        finally:
            os._exit(127)
    set_size(master, 80, 20)
    try:
        carry(master)
    finally:
        os.kill(child, signal.SIGHUP)


main()
