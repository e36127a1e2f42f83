"""What lab/guest/run and lab/desktop have in common."""
import argparse
import json
import signal
import sys

from machines import Failed, LOOKS, Runtime, end_with_parent


def leave(*_):
    raise KeyboardInterrupt


def stay(doc, start):
    """Starts one machine, tells about it, waits for the end, cleans up."""
    parser = argparse.ArgumentParser(
        usage=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name")
    parser.add_argument("--dir")
    parser.add_argument("--look", choices=sorted(LOOKS), default="clock")
    parser.add_argument("--unix", action="store_true")
    options = parser.parse_args()
    end_with_parent()
    # also where a shell has started us deaf to it, in the background
    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    runtime = Runtime(options.dir)
    try:
        print(json.dumps(start(runtime, options)), flush=True)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        pass
    except Failed as reason:
        sys.exit("lab: %s" % reason)
    finally:
        runtime.stop()
