#!/usr/bin/env python3
"""Do two flatbuffers compute the same? Bit-identical outputs in LiteRT for random inputs, builtin kernels and XNNPACK.

usage: roundtrip.py A.tflite B.tflite [A.tflite B.tflite …]

Prints a line for each pair; exit status 1 if any differ, or if LiteRT refuses only one of a pair.
"""

import hashlib
import pathlib
import sys

import numpy as np

from lite import BUILTIN, XNNPACK, Runner, random_inputs

SAMPLES = 3


def details(runner):
    return [
        (kind, d['shape'].tolist(), np.dtype(d['dtype']).name, d['quantization'])
        for kind, ds in (('input', runner.inputs), ('output', runner.outputs))
        for d in ds
    ]


def load(content, resolver):
    try:
        return Runner(content, resolver)
    except (RuntimeError, ValueError):
        return None


def compare(a, b):
    """What differs between the flatbuffers' behaviour, or None; and whether LiteRT loaded them."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(a).digest()[:8], 'little'))
    for name, resolver in (('builtin kernels', BUILTIN), ('XNNPACK', XNNPACK)):
        ours, theirs = load(a, resolver), load(b, resolver)
        if ours is None or theirs is None:
            return (
                None if ours is theirs else f'LiteRT loads only {"the second" if ours is None else "the first"} ({name})'
            ), False
        if details(ours) != details(theirs):
            return f'inputs or outputs differ: {details(ours)} and {details(theirs)}', True
        for _ in range(SAMPLES):
            arrays = random_inputs(ours.inputs, rng)
            for i, (x, y) in enumerate(zip(ours.run(arrays), theirs.run(arrays))):
                if x.dtype != y.dtype or x.shape != y.shape or x.tobytes() != y.tobytes():
                    return f'output {i} differs ({name})', True
    return None, True


def main():
    paths = sys.argv[1:]
    if not paths or len(paths) % 2:
        sys.exit(__doc__.strip())
    failed = 0
    for a, b in zip(paths[::2], paths[1::2]):
        wrong, loaded = compare(pathlib.Path(a).read_bytes(), pathlib.Path(b).read_bytes())
        failed += wrong is not None
        print(f'{a} {b}: {wrong or ("equal" if loaded else "LiteRT loads neither")}', flush=True)
    print(f'{len(paths) // 2 - failed} of {len(paths) // 2} pairs equal')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
