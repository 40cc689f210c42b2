#!/usr/bin/env python3
"""How often quantized models are right: top-1 of each scheme and calibrator on labelled samples, beside TFLiteConverter's.

usage: accuracy.py [--octet BINARY] [--again] [CASE ...]     measures what is not in .corpus/accuracy.json yet
       accuracy.py --table                                   prints the table of docs/quantization.md

All of a case begin at one float flatbuffer and calibrate over the same samples, none of which is judged. LiteRT runs each file as
it does on a CPU by default (XNNPACK, where that has the operators). Of each file two numbers are kept: the samples for which the
most probable class is the label, and those for which it is what the float model says.
"""

import argparse
import csv
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')
import numpy as np
from PIL import Image

import lite
import models
from places import CORPUS, OUT, PACKAGES, REPO
from schemes import real, stored_as

RESULTS = CORPUS / 'accuracy.json'
SEED, PICTURES, NAMES, CALIBRATION = 31, 4000, 5000, 200
INT8 = ['--quantize', 'int8', '--io', 'float32']
FLAGS = {
    'float16': ['--quantize', 'float16'],
    'dynamic': ['--quantize', 'dynamic'],
    'weight-only': ['--quantize', 'weight-only'],
    'weight-only, balanced': ['--quantize', 'weight-only', '--weight-fit', 'balanced'],
    'weight-only 4 bits': ['--quantize', 'weight-only', '--weight-bits', '4'],
    'weight-only 4 bits, mse': ['--quantize', 'weight-only', '--weight-bits', '4', '--weight-fit', 'mse'],
    'weight-only 4 bits, balanced': ['--quantize', 'weight-only', '--weight-bits', '4', '--weight-fit', 'balanced'],
    'weight-only blocks of 32': ['--quantize', 'weight-only', '--weight-bits', '4', '--block-size', '32'],
    'int16x8, balanced': ['--quantize', 'int16x8', '--io', 'float32', '--weight-fit', 'balanced'],
    'int16x8': ['--quantize', 'int16x8', '--io', 'float32'],
    'int8': INT8,
    **{f'int8, {c}': [*INT8, '--calibrator', c] for c in ('percentile', 'mse', 'entropy', 'ema', 'auto')},
    'int8, balanced': [*INT8, '--weight-fit', 'balanced'],
    'int8 per tensor': [*INT8, '--per-tensor'],
}
PEER = {'int16x8, TFLiteConverter': 'int16x8', 'int8, TFLiteConverter': 'int8'}
TIMEOUT = 600  # seconds a conversion


def fashion(_octet, _folder):
    """Clothes: the first of the test pictures, and 200 of the training set to calibrate over."""
    data = PACKAGES / 'dataset-fashion-mnist/usr/share/datasets/fashion-mnist'
    pixels = np.frombuffer(gzip.decompress((data / 't10k-images-idx3-ubyte.gz').read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((data / 't10k-labels-idx1-ubyte.gz').read_bytes()), np.uint8, offset=8)
    with np.load(REPO / 'examples/fashion/calibration.npz') as stored:
        calibration = stored['image'].astype(np.float32)
    return (
        (REPO / 'examples/fashion/model.tflite').read_bytes(),
        calibration,
        pixels.reshape(-1, 28, 28, 1)[:PICTURES].astype(np.float32) / 255,
        labels[:PICTURES],
    )


def names(octet, folder):
    """Origins of names, by an LSTM over pairs of letters: 5,000 names, of which the model was trained on some, and 200 others."""
    root = PACKAGES / 'ethnicolr/ethnicolr'
    path = root / 'models/wiki/lstm'
    subprocess.run(
        [octet, 'convert', path / 'wiki_name_lstm.h5', '-o', folder / 'names.tflite'],
        check=True,
        capture_output=True,
        timeout=TIMEOUT,
    )
    vocabulary, classes = (
        [row[0] for row in csv.reader((path / f'wiki_name_{what}.csv').open(encoding='utf-8'))][1:] for what in ('vocab', 'race')
    )
    index = {pair: i for i, pair in reversed(list(enumerate(vocabulary)))}  # of equal ones the first
    people = [
        p
        for p in csv.DictReader((root / 'data/wiki/wiki_name_race.csv').open(encoding='utf-8'))
        if p['name_last'] and p['name_first']
    ]
    chosen = np.random.default_rng(SEED).permutation(len(people))[: NAMES + CALIBRATION]
    arrays = np.zeros((len(chosen), 25), np.int32)
    for row, i in zip(arrays, chosen):
        text = f'{people[i]["name_last"].strip()} {people[i]["name_first"].strip()}'.title()
        found = [index.get(text[k : k + 2], 0) for k in range(len(text) - 1)][-25:]
        row[25 - len(found) :] = found
    labels = np.array([classes.index(people[i]['race']) for i in chosen])
    return (folder / 'names.tflite').read_bytes(), arrays[NAMES:], arrays[:NAMES], labels[:NAMES]


def imagenet(_octet, _folder):
    """EfficientNet-Lite0: 20 pictures, calibrated over their mirror images."""
    folder = OUT / 'efficientnet_lite0'
    labels = np.load(folder / 'labels.npy')
    with np.load(folder / 'samples.npz') as stored:
        images = stored['image']
    return (folder / 'model.tflite').read_bytes(), images[len(labels) :], images[: len(labels)], labels


def cifar(_octet, _folder):
    """MLPerf Tiny's ResNet-8: 20 pictures from -1 to 1, which is what it takes, calibrated over their mirror images."""
    paths = sorted((PACKAGES / 'foolbox/foolbox/data').glob('cifar10_*'))
    images = np.stack([np.asarray(Image.open(p).convert('RGB'), np.float32) / 127.5 - 1 for p in paths])
    labels = np.array([int(re.fullmatch(r'cifar10_\d+_(\d+)', p.stem)[1]) for p in paths])
    return (OUT / 'keras2-image_classification/model.tflite').read_bytes(), np.ascontiguousarray(images[:, :, ::-1]), images, labels


CASES = {'fashion': fashion, 'names': names, 'imagenet': imagenet, 'cifar': cifar}


def answers(content, arrays):
    """The most probable class of each sample."""
    runner, found = lite.Runner(content, lite.XNNPACK), []
    for i in range(len(arrays)):
        feed = stored_as(runner.inputs[0], np.ascontiguousarray(arrays[i : i + 1]).astype(arrays.dtype))
        found.append(int(np.argmax(real(runner.outputs[0], runner.run([feed])[0]))))
    return np.array(found)


def by_peer(content, calibration, scheme):
    import oracle
    from samples import inputs

    flatbuffer = models.parse(content)
    arrays = {inputs(flatbuffer)[0].name: calibration}
    if scheme == 'int16x8':
        return oracle.quantize16(content, flatbuffer, arrays, 'float32')
    return oracle.quantize(oracle.calibrate(content, flatbuffer, arrays), 'float32')


def measure(octet, case, known):
    """Yields what is not known of a case: the name of a file, and its numbers or an error."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        content, calibration, arrays, labels = CASES[case](octet, folder)
        model, data, out = folder / 'float.tflite', folder / 'samples.npz', folder / 'out.tflite'
        model.write_bytes(content)
        flatbuffer = models.parse(content)
        name = (
            flatbuffer.signatureDefs[0].inputs[0].name.decode()
            if flatbuffer.signatureDefs
            else flatbuffer.subgraphs[0].tensors[flatbuffer.subgraphs[0].inputs[0]].name.decode()
        )
        dtype = lite.Runner(content).inputs[0]['dtype']
        calibration, arrays = calibration.astype(dtype), arrays.astype(dtype)
        np.savez(data, **{name: calibration})
        expected = answers(content, arrays)
        yield 'float', {'samples': len(labels), 'right': int(np.sum(expected == labels)), 'same': len(labels)}
        for which in [w for w in (*FLAGS, *PEER) if w not in known]:
            try:
                if which in PEER:
                    made = by_peer(content, calibration, PEER[which])
                else:
                    calibrated = ['--data', data, '--no-cache'] if which.startswith('int') else []
                    subprocess.run(
                        [octet, 'convert', model, '-o', out, *FLAGS[which], *calibrated],
                        check=True,
                        capture_output=True,
                        text=True,
                        timeout=TIMEOUT,
                    )
                    made = out.read_bytes()
                found = answers(made, arrays)
                yield (
                    which,
                    {
                        'samples': len(labels),
                        'right': int(np.sum(found == labels)),
                        'same': int(np.sum(found == expected)),
                        'bytes': len(made),
                    },
                )
            except subprocess.CalledProcessError as e:
                yield which, {'error': e.stderr.strip().splitlines()[-1][:300]}
            except (ValueError, RuntimeError) as e:
                yield which, {'error': str(e)[:300]}


def stored():
    """The results by case and file."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def table(results):
    cases = [c for c in CASES if c in results]
    print('| | ' + ' | '.join(f'{c}, {results[c]["float"]["samples"]:,}' for c in cases) + ' |\n| --- |' + ' ---: |' * len(cases))
    for which in ('float', *FLAGS, *PEER):
        cells = []
        for c in cases:
            row = results[c].get(which, {'error': ''})
            n = row.get('samples')
            cells.append(
                '–'
                if 'error' in row
                else f'{row["right"]} ({row["same"]})'
                if n < 100
                else f'{100 * row["right"] / n:.2f} ({100 * row["same"] / n:.2f})'
            )
        print(f'| {which} | ' + ' | '.join(cells) + ' |')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('case', nargs='*', help=f'only these of {", ".join(CASES)}')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--again', action='store_true', help='measure what is there')
    parser.add_argument('--table', action='store_true', help='print what is there')
    a = parser.parse_args()
    if a.table:
        return table(stored())
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        for case in a.case or CASES:
            known = {} if a.again else stored().get(case, {})
            if {'float', *FLAGS, *PEER} <= known.keys():
                continue
            for which, row in measure(octet, case, known):
                results = stored()
                results.setdefault(case, {})[which] = row
                RESULTS.write_text(json.dumps(results, indent=1) + '\n')
                print(f'{case}, {which}: {row}', flush=True)
    bad = [
        f'{case}, {which}' for case, rows in stored().items() for which, row in rows.items() if 'error' in row and which not in PEER
    ]
    if bad:
        sys.exit(f'accuracy: no result of {", ".join(bad)}')


if __name__ == '__main__':
    main()
