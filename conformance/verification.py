#!/usr/bin/env python3
"""`octet verify` beside LiteRT and numpy: the same figures from two other programs.

usage: verification.py [--octet BINARY] [NAME ...]

Each case of CASES is a float model of the corpus, or examples/fashion, and a scheme. `octet convert` makes the quantized model,
and `octet verify --json` compares them over some samples. LiteRT runs both models on these, the float one by its builtin kernels
and the quantized one by its reference kernels, and keeps all tensors. numpy computes every figure of every tensor, output and
score of what LiteRT gives.

Integers of both are equal, floats nearly: an element of the float model may be off by TOLERANCE of the greatest one, and where
activations of the quantized model are float, by that of its scheme. Each figure may differ by as much as that can change it.
Tensors with the same name and shape in both models must be among those that octet compares. .corpus/verification.json holds how
far figures differ, as shares of what is allowed; more than 1 ends the script with status 1.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np

import lite
import models
from golden_ops import EXCEPTIONS, REFERENCE
from places import CORPUS, OUT, REPO
from samples import inputs, samples
from schemes import SCHEMES, convert, stored_as

RESULTS = CORPUS / 'verification.json'
TOLERANCE = 3e-5  # LiteRT adds products up in another order
# Activations that are quantized while a model runs may fall to another side of a step.
TOLERANCES = {'dynamic': 2e-3}
FASHION = REPO / 'examples/fashion'
SEED = 23


@dataclasses.dataclass(frozen=True)
class Case:
    model: str
    scheme: str
    task: str
    count: int = 4  # samples
    labels: str = ''  # what is right: 'real', or 'drawn' at random around the float model's answers

    @property
    def name(self):
        return f'{self.model}, {self.scheme}'


CASES = [
    Case('fashion', 'int8', 'classify', 200, 'real'),
    Case('fashion', 'int16x8', 'classify', 200, 'real'),
    Case('fashion', 'dynamic', 'classify', 50, 'real'),
    Case('efficientnet_lite0', 'int8', 'classify', 6, 'real'),
    Case('keras2-image_classification', 'int8', 'classify'),
    Case('keras2-visual_wake_words', 'int8', 'classify', 4, 'drawn'),
    Case('keras2-keyword_spotting', 'int8', 'classify', 12, 'drawn'),
    Case('keras2-keyword_spotting', 'weight-only', 'classify', 12),
    Case('small_cnn', 'float16', 'classify', 8),
    Case('small_cnn', 'int16x8', 'classify', 8, 'drawn'),
    Case('squeeze_excite', 'int8 per tensor', 'classify', 8),
    Case('conv1d_audio', 'int8', 'classify', 4),
    Case('pyramid', 'int16x8', 'segment', 6, 'drawn'),
    Case('tfjs-meet', 'int8', 'segment', 2),
    Case('unet', 'int8', 'segment', 4, 'drawn'),
    Case('keras2-anomaly_detection', 'int8', 'distance'),
    Case('keras2-anomaly_detection', 'int16x8', 'distance'),
    Case('keras2-anomaly_detection', 'dynamic', 'distance'),
    Case('detector', 'int8', 'distance'),
    Case('two_inputs', 'int8', 'distance', 8),
]


def source(case, corpus):
    """A case's float model, and arrays by input: those that it is compared over, and those that it is calibrated over; and the
    real labels."""
    if case.model == 'fashion':
        with np.load(FASHION / 'test.npz') as test, np.load(FASHION / 'calibration.npz') as calibration:
            take = {'image': test['image'][: case.count].astype(np.float32)}
            return FASHION / 'model.tflite', take, {'image': calibration['image'].astype(np.float32)}, test['labels'][: case.count]
    model = corpus[case.model]
    arrays = samples(model, models.load(model.path))
    labels = np.load(OUT / case.model / 'labels.npy')[: case.count] if case.labels == 'real' else None
    return model.path, {k: v[: case.count] for k, v in arrays.items()}, {k: v[case.count // 2 :] for k, v in arrays.items()}, labels


def run(content, feeds, resolver):
    """What LiteRT computes: by tensor of the first graph an array of all samples, the details of tensors, and which are outputs."""
    if resolver == REFERENCE and (wrong := [op for op in lite.operators(content) if EXCEPTIONS.get(op, REFERENCE) != REFERENCE]):
        raise ValueError(f'there is no right reference kernel of {", ".join(wrong)}')
    runner = lite.Runner(content, resolver, keep=True)
    graph = models.parse(content).subgraphs[0]
    made = {int(i) for i in graph.inputs} | {int(i) for op in graph.operators for i in op.outputs}
    details = {d['index']: d for d in runner.lite.get_tensor_details() if d['index'] in made}
    found = {i: [] for i in details}
    for feed in feeds:
        runner.run([stored_as(d, x) for d, x in zip(runner.inputs, feed, strict=True)])
        for i, d in details.items():
            found[i].append(runner.lite.get_tensor(d['index']).copy())
    return {i: np.stack(a) for i, a in found.items()}, details, [d['index'] for d in runner.outputs]


def real(detail, stored):
    """The real numbers that a tensor stands for; None if it stands for none."""
    scales, zeros = (detail['quantization_parameters'][k] for k in ('scales', 'zero_points'))
    if stored.dtype == np.float32:
        return stored
    if len(scales) != 1 or stored.dtype not in (np.int8, np.uint8, np.int16):
        return None
    return (np.float64(scales[0]) * (stored.astype(np.int64) - zeros[0])).astype(np.float32)


def decibels(signal, noise):
    if noise == 0:
        return 200.0
    return float(np.clip(10 * np.log10(signal / noise), -200, 200)) if signal else -200.0


class Judge:
    """Compares figures and remembers the worst."""

    def __init__(self):
        self.worst, self.where, self.figures = 0.0, '', 0

    def near(self, what, have, want, allowed):
        self.figures += 1
        share = 0.0 if have == want else abs(have - want) / max(allowed, 1e-300)
        if share > self.worst:
            self.worst, self.where = share, f'{what}: {have}, want {want} within {allowed:.3g}'

    def error(self, what, row, x, detail, stored, relative):
        """Compares the figures of a tensor: x are the float model's elements, stored the quantized model's."""
        y = real(detail, stored)
        x, y = x.ravel().astype(np.float64), y.ravel().astype(np.float64)
        difference = x - y
        size = float(np.abs(x).max(initial=0))
        off = TOLERANCE * size if stored.dtype != np.float32 else (TOLERANCE + relative) * size
        noise, rms = float(np.sqrt(np.mean(difference**2))), float(np.sqrt(np.mean(x**2)))
        self.near(f'{what}: elements', row['elements'], x.size, 0)
        self.near(f'{what}: greatest error', row['max_error'], np.abs(difference).max(), off)
        self.near(f'{what}: mean error', row['mean_error'], np.abs(difference).mean(), off)
        self.near(f'{what}: least', row['low'], min(x.min(), 0), TOLERANCE * size)
        self.near(f'{what}: greatest', row['high'], max(x.max(), 0), TOLERANCE * size)
        cosine = (
            float(np.clip(np.dot(x, y) / max(np.linalg.norm(x) * np.linalg.norm(y), 1e-300), -1, 1))
            if x.any() and y.any()
            else float(x.any() == y.any())
        )
        self.near(f'{what}: cosine', row['cosine'], cosine, 1e-9 + 2 * off / max(rms, 1e-300))
        ratio = decibels(np.sum(x**2), np.sum(difference**2))
        if noise > 2 * off:  # otherwise there is nothing but what may be off
            self.near(
                f'{what}: ratio',
                row['sqnr_db'],
                ratio,
                1e-6 + 20 * np.log10((noise + off) / (noise - off)) + 20 * np.log10(1 + off / rms),
            )
        least, most = 0, 0
        if stored.dtype != np.float32:
            limits, q = np.iinfo(stored.dtype), stored.ravel()
            scale, zero = (
                float(detail['quantization_parameters']['scales'][0]),
                int(detail['quantization_parameters']['zero_points'][0]),
            )
            low, high = scale * (limits.min - zero - 0.5), scale * (limits.max - zero + 0.5)
            least, most = (
                int(np.sum((q == limits.min) & (x < low + m)) + np.sum((q == limits.max) & (x > high - m))) for m in (-off, off)
            )
        self.near(f'{what}: saturated', row['saturated'], np.clip(row['saturated'], least, most), 0)


def answers(task, y):
    """By sample, or by sample and pixel: the answer, and the numbers of classes."""
    y = y.reshape(len(y), -1) if task == 'classify' else y.reshape(len(y), *y.shape[2:]) if y.ndim == 5 else y
    return ((y[..., 0] > 0.5).astype(int) if y.shape[-1] == 1 else np.argmax(y, axis=-1)), y


def drawn(case, right, classes, rng):
    """Labels around answers: some of other classes, and of masks some of none."""
    labels = np.where(rng.random(right.shape) < 0.2, rng.integers(0, max(classes, 2), right.shape), right)
    return np.where(rng.random(right.shape) < 0.05, 255, labels) if case.task == 'segment' else labels


def overlap(right, found):
    """The mean, over the classes among either, of intersection over union."""
    ratios = [np.sum((right == k) & (found == k)) / np.sum((right == k) | (found == k)) for k in np.union1d(right, found)]
    return float(np.mean(ratios))


def score(judge, row, case, x, y, labels):
    """Compares a score: x and y are the numbers of both models' output."""
    (float_answers, float_numbers), (found, numbers) = answers(case.task, x), answers(case.task, y)
    right = float_answers if labels is None else labels
    known = right < max(float_numbers.shape[-1], 2)
    judge.near('answers', row['answers'], int(known.sum()), 0)
    judge.near('void', row.get('void', 0), int((~known).sum()), 0)
    judge.near('agreement', row['agreement'], float(np.mean(float_answers[known] == found[known])), 1e-12)
    shares = {}
    for name, a, n in (('float', float_answers, float_numbers), ('quantized', found, numbers)):
        judge.near(f'{name} top-1', row[name]['top1'], float(np.mean(a[known] == right[known])), 1e-12)
        shares[name] = row[name]['top1']
        if case.task == 'segment':
            shares[name] = overlap(right[known], a[known])
            judge.near(f'{name} mean IoU', row[name]['mean_iou'], shares[name], 1e-12)
        elif n.shape[-1] > 5:
            five = np.argsort(-n, axis=-1, kind='stable')[:, :5]
            judge.near(f'{name} top-5', row[name]['top5'], float(np.mean((five == right[:, None]).any(axis=1))), 1e-12)
    judge.near('drop', row['drop_points'], 100 * (shares['float'] - shares['quantized']), 1e-9)


def measure(octet, case, corpus):
    path, take, calibration, labels = source(case, corpus)
    content, order = path.read_bytes(), inputs(models.load(path))
    feeds = [[np.ascontiguousarray(take[x.name][i : i + 1]) for x in order] for i in range(case.count)]
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        np.savez(folder / 'take.npz', **take)
        np.savez(folder / 'calibration.npz', **calibration)
        out = folder / 'out.tflite'
        data = ['--data', folder / 'calibration.npz', '--no-cache'] if case.scheme.startswith('int') else []
        convert(octet, [path, '-o', out, *SCHEMES[case.scheme], *data])
        floats, float_details, float_outputs = run(content, feeds, lite.BUILTIN)
        found, details, outputs = run(out.read_bytes(), feeds, REFERENCE)
        if case.labels == 'drawn':
            a, numbers = answers(case.task, floats[float_outputs[0]])
            labels = drawn(case, a, numbers.shape[-1], np.random.default_rng(SEED))
        extra = []
        if labels is not None:
            np.save(folder / 'labels.npy', labels.astype(np.int32))
            extra = ['--labels', folder / 'labels.npy']
        verify = subprocess.run(
            [octet, 'verify', path, out, '--data', folder / 'take.npz', '--json', '--task', case.task, *extra],
            capture_output=True,
            text=True,
        )
        if verify.returncode:
            raise RuntimeError(verify.stderr.strip().splitlines()[-1])
        result = json.loads(verify.stdout)
    judge.near('samples', result['samples'], case.count, 0)
    relative = TOLERANCES.get(case.scheme, TOLERANCE)
    by_name = {}
    for i, d in float_details.items():
        by_name.setdefault(d['name'], []).append(i)
    compared = {t['tensor'] for t in result['tensors']}
    for t in result['tensors']:
        pair = by_name[t.get('float_name', t['name'])]
        if len(pair) == 1:
            judge.error(t['name'], t, floats[pair[0]], details[t['tensor']], found[t['tensor']], relative)
    for i, d in details.items():
        pair = by_name.get(d['name'], [])
        if (
            len(pair) == 1
            and real(d, found[i]) is not None
            and floats[pair[0]].dtype == np.float32
            and floats[pair[0]].shape == found[i].shape
        ):
            judge.near(f'{d["name"]} is compared', i in compared, True, 0)
    for k, row in enumerate(result['outputs']):
        judge.error(f'output {row["name"]}', row, floats[float_outputs[k]], details[outputs[k]], found[outputs[k]], relative)
    if case.task != 'distance':
        score(judge, result['score'], case, floats[float_outputs[0]], real(details[outputs[0]], found[outputs[0]]), labels)
    return {'tensors': len(result['tensors']), 'figures': judge.figures, 'worst': judge.worst, 'where': judge.where}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    a = parser.parse_args()
    corpus = {m.name: m for m in models.corpus()}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        for case in CASES:
            if a.name and case.model not in a.name:
                continue
            try:
                results[case.name] = row = measure(octet, case, corpus)
            except (ValueError, RuntimeError) as e:
                results[case.name] = row = {'error': str(e)[:300]}
            RESULTS.write_text(json.dumps(results, indent=1) + '\n')
            print(case.name, row, flush=True)
            if row.get('worst', 2) > 1:
                bad.append(case.name)
    if bad:
        sys.exit(f'verification: {len(bad)} cases differ: {"; ".join(bad)}')


if __name__ == '__main__':
    main()
