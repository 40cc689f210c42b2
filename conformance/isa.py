"""Programs on less than this processor: with AVX2 and FMA, without AVX-512, VNNI, AMX and what came with them.

Octet leaves them out by GODEBUG. Its peers ask the processor, and have no such switch; they get a library (isa.c) that answers in
its place, which takes Linux on x86-64, a C compiler, and a processor that can make CPUID fault (cpuid_fault in /proc/cpuinfo:
Intel's since Ivy Bridge, AMD's since Zen 5, unless a hypervisor hides it).
"""

import json
import os
import pathlib
import shutil
import subprocess

from places import HERE, PYTHON

SETS = ('native', 'avx2')
GODEBUG = 'cpu.avx512f=off'  # all that octet has beyond AVX2 needs AVX-512F
# What NumPy found by the same instruction, in a process like the peers'.
ASK = 'import json, numpy._core._multiarray_umath as m;print(json.dumps([f for f, found in m.__cpu_features__.items() if found]))'


class Missing(Exception):
    """What a set of instructions takes is not there."""


def octet(name):
    """Octet's environment for one of SETS."""
    return {**os.environ, 'GODEBUG': GODEBUG} if name == 'avx2' else dict(os.environ)


def peers(name, folder):
    """The peers' environment for one of SETS; what it takes is built in the folder, and tried."""
    if name == 'native':
        return dict(os.environ)
    flags = pathlib.Path('/proc/cpuinfo').read_text().split()
    if 'cpuid_fault' not in flags:
        raise Missing(f'{name} for the peers takes a processor with cpuid_fault, which /proc/cpuinfo does not list')
    compiler = next((c for c in ('cc', 'gcc', 'clang') if shutil.which(c)), None)
    if compiler is None:
        raise Missing(f'{name} for the peers takes a C compiler (cc, gcc or clang), to build isa.c')
    library = pathlib.Path(folder) / 'isa.so'
    built = subprocess.run(
        [compiler, '-O2', '-Wall', '-shared', '-fPIC', '-o', library, HERE / 'isa.c'], stderr=subprocess.PIPE, text=True
    )
    if built.returncode:
        raise Missing(f'{compiler} does not build isa.c: {built.stderr.strip()}')
    environment = {**os.environ, 'LD_PRELOAD': str(library)}
    left = features(environment)
    if more := [f for f in left if f.startswith(('AVX512', 'AMX'))]:
        raise Missing(f'the peers would still see {", ".join(more)}')
    if not {'AVX2', 'FMA3'} <= set(left):
        raise Missing('the peers would see no AVX2 and FMA')
    return environment


def features(environment=None):
    """The features of the processor that NumPy finds in an environment."""
    asked = subprocess.run([PYTHON, '-c', ASK], env=environment, capture_output=True, text=True)
    if asked.returncode:
        raise Missing(f'NumPy does not start: {asked.stderr.strip()}')
    return json.loads(asked.stdout)
