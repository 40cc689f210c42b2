#!/usr/bin/env python3
"""Fails if the arm64 compiler fused a multiplication and an addition that our source keeps apart.

Go may compile x*y + z to one fused instruction where the processor has it; an explicit conversion, float32(x*y) + z,
forbids it. The result would then depend on the machine, so every fused instruction must come from a line that says
math.FMA, in a file that fused-allowed.txt names.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODULE = "github.com/octetlite/octet/"
INSTRUCTION = re.compile(r"\((?P<file>[^\s()]+\.go):(?P<line>\d+)\)\t(?P<op>FN?M(?:ADD|SUB)[SD])\b")
ANY = re.compile(r"\([^\s()]+\.go:\d+\)\tF(?:MUL|ADD)[SD]\b")


def allowed():
    with open(os.path.join(ROOT, ".ci", "fused-allowed.txt")) as f:
        return [s.strip() for s in f if s.strip() and not s.startswith("#")]


def source(path, line):
    with open(os.path.join(ROOT, path)) as f:
        return f.read().split("\n")[line - 1].strip()


def main():
    env = dict(os.environ, GOOS="linux", GOARCH="arm64", CGO_ENABLED="0")
    packages = sys.argv[1:] or ["./..."]
    # First without the listing, in which errors would drown.
    if subprocess.run(["go", "build", *packages], cwd=ROOT, env=env).returncode:
        return 1
    build = subprocess.run(
        ["go", "build", "-trimpath", "-gcflags=-S", *packages],
        cwd=ROOT,
        env=env,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        errors="replace",
        check=True,
    )
    seen, used, bad, floats = set(), set(), [], 0
    files = allowed()
    for text in build.stderr.split("\n"):
        floats += bool(ANY.search(text))
        m = INSTRUCTION.search(text)
        if not m or not m["file"].startswith(MODULE):
            continue
        path, line = m["file"][len(MODULE) :], int(m["line"])
        if (path, line) in seen:
            continue
        seen.add((path, line))
        code = source(path, line)
        if path in files and "math.FMA(" in code:
            used.add(path)
            continue
        bad.append(f"{path}:{line}: {m['op']}: {code}")
    for b in sorted(bad):
        print(b)
    for f in sorted(set(files) - used):
        print(f"fused-allowed.txt names {f}, which holds no fused instruction")
        bad.append(f)
    print(f"{floats} multiplications and additions compiled for arm64, {len(seen)} places fused, {len(bad)} wrong")
    if not floats:
        print("the compiler's listing holds no float instruction: this check no longer understands it")
    return 1 if bad or not floats else 0


sys.exit(main())
