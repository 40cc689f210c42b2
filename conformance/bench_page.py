#!/usr/bin/env python3
"""Put what two runs of bench.py measured into the tables of docs/benchmarks.md, whose words stay.

usage: bench_page.py NATIVE.json AVX2.json

The files are what `bench.py --json NATIVE.json` and `bench.py --isa avx2 --json AVX2.json` wrote, of which the tables that both
have are taken. A table of the page is found by its first cell.
"""

import json
import pathlib
import sys

from places import REPO

PAGE = REPO / 'docs' / 'benchmarks.md'
NAMES = {
    'mobilenetv2': 'MobileNetV2',
    'resnet50': 'ResNet50, 160 px',
    'efficientnetb0': 'EfficientNetB0',
    'efficientnet_lite0': 'EfficientNet-Lite0',
    'folded-mediapipe-palm_detection_full': 'palm_detection (mediapipe)',
    'tfjs-posenet': 'posenet (tfjs)',
    'tfjs-movenet-lightning': 'movenet-lightning (tfjs)',
}


def digits(x):
    """Three of them, or as many as a microsecond has."""
    if x is None:
        return '–'
    return f'{x:.{next(n for n, end in ((3, 1), (2, 10), (1, 100), (0, float("inf"))) if x < end)}f}'


def ratio(a, b):
    return f'{a / b:.2f}' if a and b else '–'


def times(a, b):
    return f'{a / b:.3g}×' if a and b else '–'


def calibration(run, label):
    head = [label, 'Octet', 'XNNPACK', 'TensorFlow', 'AI Edge', 'AI Edge, profiler']
    head += ['Octet / XNNPACK', 'TensorFlow / Octet', 'AI Edge / Octet', 'profiler / Octet']
    rows = []
    for name, r in run.items():
        c = r['calibration']
        o, x, *rest = (c[key] for key in ('octet', 'xnnpack', 'tensorflow', 'preserve', 'profiler'))
        rows.append([name, *map(digits, (o, x, *rest)), ratio(o, x), *(ratio(p, o) for p in rest)])
    return head, rows


def inference(native, avx2):
    head = ['in process, CPU ms per sample', 'Octet, ranges', 'XNNPACK, plain', 'Octet / XNNPACK']
    head += ['AVX2: Octet', 'XNNPACK', 'Octet / XNNPACK']
    rows = []
    for name in native:
        row = [name]
        for run in (native, avx2):
            o, x = (run[name]['inference'][key] for key in ('ranges', 'xnnpack'))
            row += [digits(o), digits(x), ratio(o, x)]
        rows.append(row)
    return head, rows


def histograms(native, avx2):
    head = ['histograms add', 'to ranges, CPU ms', '', 'AVX2: to ranges', '']
    rows = []
    for name in native:
        row = [name]
        for run in (native, avx2):
            o, h = (run[name]['inference'][key] for key in ('ranges', 'histograms'))
            row += [digits(o), f'{100 * (h / o - 1):.0f} %' if o and h else '–']
        rows.append(row)
    return head, rows


def cores(native, avx2):
    more = ['2 cores', '2 / 1', 'two programs / 1', 'XNNPACK, 2 / 1']
    head = ['samples per second', 'Octet, 1 core', *more, 'AVX2: 1 core', *more]
    rows = []
    for name in native:
        row = [name]
        for run in (native, avx2):
            c = run[name]['cores']
            one, two = c['octet1'], c['octet2']
            row += [f'{one:.0f}', f'{two:.0f}', ratio(two, one), ratio(c.get('apart'), one), ratio(c['xnnpack2'], c['xnnpack1'])]
        rows.append(row)
    return head, rows


def conversion(native, avx2):
    head = ['int8, 100 samples', 'Octet', 'TFLiteConverter', 'faster', 'AVX2: Octet', 'TFLiteConverter', 'faster']
    head += ['memory: Octet', 'TFLiteConverter', 'less']
    rows = []
    for name in native:
        row = [name]
        for run in (native, avx2):
            o, t = (run[name]['conversion'][p] for p in ('octet', 'tensorflow'))
            row += [*(f'{p["seconds"]:.2f} s' if p else '–' for p in (o, t)), times(t and t['seconds'], o['seconds'])]
        o, t = (native[name]['conversion'][p] for p in ('octet', 'tensorflow'))
        row += [*(f'{p["bytes"] / 1e6:.0f} MB' if p else '–' for p in (o, t)), times(t and t['bytes'], o['bytes'])]
        rows.append(row)
    return head, rows


def int8(native, avx2):
    head = [
        'int8, CPU ms per sample',
        'Octet',
        'XNNPACK',
        'reference kernels',
        'Octet / XNNPACK',
        'AVX2: Octet',
        'XNNPACK',
        'Octet / XNNPACK',
    ]
    rows = []
    for name in native:
        n, a = native[name]['int8'], avx2[name]['int8']
        rows.append(
            [
                name,
                *map(digits, (n['octet'], n['xnnpack'], n['reference'])),
                ratio(n['octet'], n['xnnpack']),
                *map(digits, (a['octet'], a['xnnpack'])),
                ratio(a['octet'], a['xnnpack']),
            ]
        )
    return head, rows


def replaced(lines, head, rows):
    """The lines with the table that begins with head's first cell made of rows."""
    begins = [i for i, line in enumerate(lines) if line.startswith(f'| {head[0]} |')]
    if len(begins) != 1:
        sys.exit(f'bench_page: {PAGE} has {len(begins)} tables that begin with "{head[0]}", want 1')
    begin = end = begins[0]
    while end < len(lines) and lines[end].startswith('|'):
        end += 1
    table = [
        ' | '.join(cells)
        for cells in ([*head], ['---', *['---:'] * (len(head) - 1)], *([NAMES.get(r[0], r[0]), *r[1:]] for r in rows))
    ]
    return [*lines[:begin], *(f'| {line} |' for line in table), *lines[end:]]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    native, avx2 = (json.loads(pathlib.Path(p).read_text()) for p in sys.argv[1:])
    lines = PAGE.read_text().splitlines()
    for name, table in (
        ('calibration', lambda: calibration(native, 'AVX-512: CPU ms per sample')),
        ('calibration', lambda: calibration(avx2, 'AVX2: CPU ms per sample')),
        ('inference', lambda: inference(native, avx2)),
        ('inference', lambda: histograms(native, avx2)),
        ('cores', lambda: cores(native, avx2)),
        ('conversion', lambda: conversion(native, avx2)),
        ('int8', lambda: int8(native, avx2)),
    ):
        if all(name in r for run in (native, avx2) for r in run.values()):
            lines = replaced(lines, *table())
    PAGE.write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
