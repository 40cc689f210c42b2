#!/usr/bin/env python3
"""Random float graphs and TensorFlow's int8 answers to them, for pkg/quantize's tests.

usage: fuzz_graphs.py make [--count N]          pkg/quantize/testdata/fuzz/{graphs.tar.gz,digests.txt}
       fuzz_graphs.py check [--first SEED] [--count N]   do the committed digests still hold? (TensorFlow runs again)
       fuzz_graphs.py graph SEED OUT.tflite     one graph
       fuzz_graphs.py answer IN.tflite OUT.tflite   TensorFlow's answer to one graph

testdata/README.md beside the output defines the digests. A seed whose graph TensorFlow refuses, or crashes on, is passed over.
"""

import argparse
import gzip
import io
import multiprocessing
import os
import pathlib
import sys
import tarfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import canonical
import random_graph
from places import REPO

OUT = REPO / 'pkg/quantize/testdata/fuzz'
COUNT = 2000
REPEATS = 24  # runs of TensorFlow on a graph with operators of several results, whose answer varies
BATCH = 50  # graphs to a process: TensorFlow may abort, and leaks

# Seeds without a fair question. TensorFlow's optimizer rewrites these graphs after quantization, as it would have before in its
# own converter's files (an ADD into a bias, TRANSPOSEs that merge or move, a SOFTMAX in front of ARG_MAX), or its answer hangs on
# the order in which it keeps the readers of a value.
SKIPPED = {
    272: 'optimizer',
    666: 'optimizer',
    804: 'optimizer',
    1190: 'optimizer',
    1855: 'optimizer',
    530: 'order',
    917: 'order',
    1225: 'order',
}


def answers(content, repeats):
    """TensorFlow's distinct answers to a graph, the first first."""
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    return list(dict.fromkeys(mlir_quantize(content, input_data_type=tf.int8, output_data_type=tf.int8) for _ in range(repeats)))


def digests(content):
    repeats = REPEATS if random_graph.ambiguous(content) else 1
    return list(dict.fromkeys(canonical.digest(a) for a in answers(content, repeats)))


def work(seeds, pipe):
    """Send (seed, graph or None, digests) for each seed, in a process of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the converter talks much
    for seed in seeds:
        content, found = random_graph.build(seed), None
        if content is not None and seed not in SKIPPED:
            try:
                found = digests(content)
            except RuntimeError:  # refused: no answer to compare with
                pass
        pipe.send((seed, content, found))
    pipe.close()


def stream(first):
    """(seed, graph, digests) for each seed from the first on that TensorFlow has an answer to, in order, for ever."""
    context = multiprocessing.get_context('spawn')
    seed = first
    while True:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(range(seed, seed + BATCH), theirs))
        process.start()
        theirs.close()
        end = seed + BATCH
        while seed < end:
            try:
                done, content, found = ours.recv()
            except EOFError:
                print(f'seed {seed}: TensorFlow crashed', flush=True)
                seed += 1
                break
            seed = done + 1
            if found:
                yield done, content, found
        process.join()


def make(count):
    OUT.mkdir(parents=True, exist_ok=True)
    archive, lines = io.BytesIO(), []
    with tarfile.open(fileobj=archive, mode='w', format=tarfile.USTAR_FORMAT) as tar:
        for seed, content, found in stream(0):
            member = tarfile.TarInfo(f'{seed}.tflite')
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            lines.append(' '.join([str(seed), *found]) + '\n')
            if len(lines) % 100 == 0:
                print(f'{len(lines)} of {count}', flush=True)
            if len(lines) == count:
                break
    (OUT / 'graphs.tar.gz').write_bytes(gzip.compress(archive.getvalue(), 9, mtime=0))
    (OUT / 'digests.txt').write_text(''.join(lines))


def check(first, count):
    stored = dict(line.split(' ', 1) for line in (OUT / 'digests.txt').read_text().splitlines())
    with tarfile.open(OUT / 'graphs.tar.gz') as tar:
        graphs = {m.name.removesuffix('.tflite'): tar.extractfile(m).read() for m in tar}
    checked, wrong = 0, []
    for seed, content, found in stream(first):
        if str(seed) in stored:
            checked += 1
            if graphs[str(seed)] != content or not set(found) & set(stored[str(seed)].split()):
                wrong.append(seed)
        if checked == count or seed >= max(map(int, stored)):
            break
    print(f'{checked - len(wrong)} of {checked} graphs: TensorFlow answers as recorded')
    if wrong or not checked:
        sys.exit(f'fuzz_graphs: seeds that differ: {wrong}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    commands = parser.add_subparsers(dest='command', required=True)
    c = commands.add_parser('make')
    c.add_argument('--count', type=int, default=COUNT)
    c = commands.add_parser('check')
    c.add_argument('--first', type=int, default=0)
    c.add_argument('--count', type=int, default=COUNT)
    c = commands.add_parser('graph')
    c.add_argument('seed', type=int)
    c.add_argument('out', type=pathlib.Path)
    c = commands.add_parser('answer')
    c.add_argument('graph', type=pathlib.Path)
    c.add_argument('out', type=pathlib.Path)
    a = parser.parse_args()
    if a.command == 'make':
        make(a.count)
    elif a.command == 'check':
        check(a.first, a.count)
    elif a.command == 'graph':
        a.out.write_bytes(random_graph.build(a.seed))
    else:
        a.out.write_bytes(answers(a.graph.read_bytes(), 1)[0])


if __name__ == '__main__':
    main()
