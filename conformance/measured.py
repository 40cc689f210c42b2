"""What a program takes from its start to its end: CPU seconds, seconds by the clock, and the greatest resident set.

A process begins with the resident set of the one that starts it, and Linux never counts less; so a small process starts the
program, and not this one, which may hold NumPy, models and samples.
"""

import json
import os
import subprocess
import sys
import typing

LAUNCHER = """
import json, os, signal, sys, time
figures, command = int(sys.argv[1]), sys.argv[2:]
os.set_inheritable(figures, False)
begun = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - begun
found = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, seconds, used.ru_maxrss * 1024]
os.write(figures, json.dumps(found).encode())
"""  # ru_maxrss is in KiB on Linux


class Used(typing.NamedTuple):
    status: int  # of the exit; below 0 the signal that ended it
    cpu: float  # seconds of user and system
    seconds: float  # by the clock
    memory: int  # greatest resident set, bytes; that of an idle launcher, about 10 MB, at least
    out: str  # what it wrote, where options say PIPE
    err: str


def run(command, **options):
    """Runs a program; options are those of subprocess.run. That it can't be started is an error."""
    r, w = os.pipe()
    with os.fdopen(r) as figures:
        try:
            launcher = [sys.executable, '-S', '-c', LAUNCHER, str(w), *map(str, command)]
            done = subprocess.run(launcher, pass_fds=[w], text=True, **options)
        finally:
            os.close(w)
        text = figures.read()
    if not text:
        raise OSError(f'{command[0]} could not be started: {done.stderr or "see above"}')
    return Used(*json.loads(text), done.stdout, done.stderr)
