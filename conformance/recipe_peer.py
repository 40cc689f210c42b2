#!/usr/bin/env python3
"""What a recipe of AI Edge Quantizer's makes of a model there, and what Octet makes of it by the same ranges.

usage: recipe_peer.py [--octet BINARY] [--table] [NAME ...]

The recipes are presets of AI Edge Quantizer's and mixed ones, by operator and by name. It calibrates where a recipe needs that,
and Octet quantizes by its calibration results (--ranges). Operators other than QUANTIZE and DEQUANTIZE are paired in their order;
of each pair every operand and result is compared: stored as integers or not, type, scales, zero points, content of constants.
What is behind a DEQUANTIZE is what is dequantized. .corpus/recipes.json holds, for each model and recipe, how many tensors are
equal, and how many differ, by operator and kind of difference. --table prints it as docs/schemes.md has it.
"""

import argparse
import collections
import difflib
import json
import os
import pathlib
import subprocess
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')
import numpy as np

import models
from costs import Model
from lite import NAMES
from places import CORPUS, REPO

RESULTS = CORPUS / 'recipes.json'
DEFAULT = [
    'keras2-keyword_spotting',
    'keras2-emotion_model',
    'keras2-image_classification',
    'keras2-visual_wake_words',
    'keras2-tflite_micro_magic_wand',
    'keras2-anomaly_detection',
    'tfjs-blazeface-front',
]
TIMEOUT = 300  # seconds a model and recipe
FLOATS = {'FLOAT32', 'FLOAT16'}


def tensors(bits, symmetric=True, granularity='CHANNELWISE'):
    return {'num_bits': bits, 'symmetric': symmetric, 'granularity': granularity, 'dtype': 'INT'}


def rule(kind, operation='*', regex='.*', bits=8):
    """A rule of AI Edge Quantizer's."""
    config = {
        'int8': {'activation_tensor_config': tensors(8, False, 'TENSORWISE'), 'compute_precision': 'INTEGER'},
        'int16x8': {'activation_tensor_config': tensors(16, True, 'TENSORWISE'), 'compute_precision': 'INTEGER'},
        'dynamic': {'compute_precision': 'INTEGER'},
        'weight-only': {'compute_precision': 'FLOAT', 'explicit_dequantize': True},
    }.get(kind)
    if config is None:
        return {'regex': regex, 'operation': operation, 'algorithm_key': 'no_quantize'}
    return {
        'regex': regex,
        'operation': operation,
        'algorithm_key': 'min_max_uniform_quantize',
        'op_config': {'weight_tensor_config': tensors(bits), **config},
    }


def preset(name):
    import ai_edge_quantizer

    return json.loads((pathlib.Path(ai_edge_quantizer.__file__).parent / 'recipes' / f'{name}_recipe.json').read_text())


RECIPES = {
    'static int8': lambda: preset('default_a8w8'),
    'static int16x8': lambda: preset('default_a16w8'),
    'dynamic': lambda: preset('dynamic_wi8_afp32'),
    'dynamic, legacy': lambda: preset('dynamic_legacy_wi8_afp32'),
    'weight-only': lambda: [rule('weight-only')],
    'weight-only 4 bits': lambda: [rule('weight-only', bits=4)],
    'sample of advanced usage': lambda: preset('sample_advanced_usage'),
    'int8, convolutions weight-only': lambda: [rule('int8'), rule('weight-only', 'CONV_2D')],
    'int8, some names float': lambda: [rule('int8'), rule('none', regex='[13579]/')],
    'dense int8, depthwise dynamic': lambda: [
        rule('int8', 'FULLY_CONNECTED'),
        rule('dynamic', 'DEPTHWISE_CONV_2D'),
        rule('int8', 'CONV_2D', '2'),
    ],
    'int16x8, dense weight-only 4 bits': lambda: [rule('int16x8'), rule('weight-only', 'FULLY_CONNECTED', bits=4)],
}


def numbers(array):
    return [] if array is None else np.asarray(array).tolist()


class Graph:
    """The main graph of a flatbuffer."""

    def __init__(self, content):
        self.content, self.model = content, models.parse(content)
        self.tensors, self.made, self.operators = self.model.subgraphs[0].tensors, {}, []
        for o in self.model.subgraphs[0].operators:
            c = self.model.operatorCodes[o.opcodeIndex]
            kind = NAMES[max(c.builtinCode, c.deprecatedBuiltinCode)]
            self.made |= {int(i): (kind, o) for i in o.outputs}
            if kind not in ('QUANTIZE', 'DEQUANTIZE'):
                self.operators.append((kind, o))

    def constant(self, t):
        """A constant's bytes, which may be behind the flatbuffer; None if there are none."""
        b = self.model.buffers[t.buffer]
        if b.offset > 1:
            return self.content[b.offset : b.offset + b.size]
        return None if b.data is None or not len(b.data) else np.asarray(b.data, np.uint8).tobytes()

    def describe(self, i):
        """How a tensor is stored: its type, scales, zero points, and a constant's content."""
        kind, o = self.made.get(i, ('', None))
        if kind == 'DEQUANTIZE':
            return self.describe(int(o.inputs[0])) | {'dequantized': True}
        t = self.tensors[i]
        q, content = t.quantization, self.constant(t)
        return {
            'type': TYPES[t.type],
            'scales': numbers(q and q.scale),
            'zeros': numbers(q and q.zeroPoint),
            'content': content,
            'dequantized': False,
            'activation': content is None,
        }


TYPES = {v: k for k, v in vars(models.schema.TensorType).items() if not k.startswith('_')}


WIDTHS = {'INT64': '<i8', 'INT32': '<i4', 'INT16': '<i2', 'INT8': 'i1'}


def difference(a, b):
    """The kind of difference of Octet's tensor and the peer's; '' if they are equal."""
    if a['type'] in FLOATS and b['type'] in FLOATS:
        return '' if a['content'] == b['content'] else 'float content'
    if a['type'] in FLOATS or b['type'] in FLOATS:
        if b['activation'] and b['dequantized']:
            return 'rounded to integers in front of a float operator by the peer'
        return 'float in Octet' if a['type'] in FLOATS else 'float in the peer'
    if a['type'] != b['type']:
        return f'{a["type"]}, {b["type"]} in the peer'
    if a['activation'] and a['dequantized'] != b['dequantized']:
        return 'dequantized in Octet' if a['dequantized'] else 'dequantized in the peer'
    if len(a['scales']) != len(b['scales']):
        return 'number of scales'
    if not np.allclose(a['scales'], b['scales'], rtol=1e-6, atol=0):
        x, y = np.array(a['scales']), np.array(b['scales'])
        small = np.maximum(x, y) < 1e-3 * max(x.max(), y.max())
        return 'scales of channels next to 0' if np.allclose(x[~small], y[~small], rtol=1e-6, atol=0) else 'scale'
    if a['zeros'] != b['zeros'] and any(a['zeros'] + b['zeros']):
        return 'zero point'
    if a['content'] != b['content'] and a['type'] in WIDTHS:
        x, y = (np.frombuffer(t['content'], WIDTHS[t['type']]).astype(np.float64) for t in (a, b))
        if x.shape != y.shape or np.max(np.abs(x - y)) > max(1, 1e-5 * np.max(np.abs(x))):
            return 'content'
        return 'content, in the last digit'
    return "scale's last digit" if a['scales'] != b['scales'] else '' if a['content'] == b['content'] else 'content'


def shown(described):
    """What a description says of a tensor, in short."""
    return {k: v[:2] if isinstance(v, list) else v for k, v in described.items() if k != 'content'}


def compare(ours, theirs):
    """How many tensors are equal, and how many differ by operator and kind."""
    a, b = Graph(ours), Graph(theirs)
    equal, different, examples = 0, collections.Counter(), {}
    pairs = difflib.SequenceMatcher(None, [k for k, _ in a.operators], [k for k, _ in b.operators], autojunk=False)
    matched = 0
    for i, j, n in pairs.get_matching_blocks():
        for (kind, o), (_, p) in zip(a.operators[i : i + n], b.operators[j : j + n]):
            matched += 1
            for side in ('inputs', 'outputs'):
                for number, (x, y) in enumerate(zip(getattr(o, side), getattr(p, side))):
                    if x < 0 or y < 0:
                        continue
                    one, other = a.describe(int(x)), b.describe(int(y))
                    if why := difference(one, other):
                        what = f'{kind} {side[:-1]} {number}: {why}'
                        different[what] += 1
                        examples.setdefault(what, [a.tensors[x].name.decode()[:80], shown(one), shown(other)])
                    else:
                        equal += 1
    unpaired = len(a.operators) - matched, len(b.operators) - matched
    return {'equal': equal, 'different': dict(different.most_common()), 'unpaired': unpaired, 'examples': examples}


def by_edge(model, made):
    """The peer's flatbuffer and the calibration results by name, if the recipe needs them."""
    from ai_edge_quantizer import calibrator, quantizer

    q = quantizer.Quantizer(bytearray(model.content), made)
    ranges = None
    if q.need_calibration:
        key = (model.flatbuffer.signatureDefs or [None])[0]
        data = [
            {x.name: np.ascontiguousarray(model.arrays[x.name][i : i + 1]) for x in model.order}
            for i in range(min(len(a) for a in model.arrays.values()))
        ]
        ranges = q.calibrate(
            {key and key.signatureKey.decode(): data}, num_threads=1, mode=calibrator.CalibrationMode.CALIBRATION_PROFILER_BASED
        )
    content = bytes(q.quantize(ranges, enable_progress_report=False).quantized_model)
    return content, ranges and {
        n: {k: np.asarray(v).tolist() for k, v in r.items() if k in ('min', 'max')} for n, r in ranges.items()
    }


def measure(octet, model, name, folder):
    """The comparison, or what either side says against the recipe."""
    made = RECIPES[name]()
    try:
        theirs, ranges = by_edge(model, made)
    except Exception as e:  # whatever it raises: the other recipes are still wanted
        return {'error': f'AI Edge Quantizer: {type(e).__name__}: {e}'[:300]}
    (folder / 'recipe.json').write_text(json.dumps(made))
    arguments = [octet, 'convert', model.path, '-o', folder / 'out.tflite', '--recipe', folder / 'recipe.json']
    if ranges is not None:
        (folder / 'ranges.json').write_text(json.dumps(ranges))
        arguments += ['--ranges', folder / 'ranges.json', '--io', 'float32']
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT)
    if run.returncode:
        return {'error': f'Octet: {run.stderr.strip()}'[:300]}
    return compare((folder / 'out.tflite').read_bytes(), theirs)


def table(results):
    print('| recipe | models | tensors | equal | which differ |\n| --- | ---: | ---: | ---: | --- |')
    for name in RECIPES:
        rows = [r[name] for r in results.values() if name in r and 'error' not in r[name]]
        different = collections.Counter()
        for r in rows:
            for what, n in r['different'].items():
                different[what.partition(': ')[2]] += n
        equal = sum(r['equal'] for r in rows)
        print(
            f'| {name} | {len(rows)} | {equal + sum(different.values())} | {equal} | '
            + '; '.join(f'{n} {what}' for what, n in different.most_common(8))
            + ' |'
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--table', action='store_true', help='print what is there')
    a = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if a.table:
        return table(results)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        octet = a.octet or folder / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        for name in a.name or DEFAULT:
            model = Model(name)
            for made in RECIPES:
                found = results.setdefault(name, {})[made] = measure(octet, model, made, folder)
                print(
                    name,
                    made,
                    found.get('error') or f'{found["equal"]} equal, {found["different"]}, unpaired {found["unpaired"]}',
                    flush=True,
                )
                RESULTS.write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__':
    main()
