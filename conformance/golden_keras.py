"""Makes pkg/frontend/keras/testdata/layers.zip: models of one layer or few, and what Keras computes with them.

usage: golden_keras.py [NAME …]      only cases whose name holds one of these; the archive keeps the others

For each case: NAME/model.keras or NAME/model.h5, NAME/in.npz and NAME/out.npz, whose keys are the numbers of inputs and outputs.
"""

import io
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
import keras
import numpy as np

from keras_layers import cases, operations, recurrent, signals  # noqa: F401 - they add cases
from places import REPO

SHARD = 200  # bytes of weights in each file
OUT = REPO / 'pkg/frontend/keras/testdata/layers.zip'


def npz(arrays):
    stream = io.BytesIO()
    np.savez(stream, **{str(i): a for i, a in enumerate(arrays)})
    return stream.getvalue()


def randomize(model):
    """Weights that tell: no zeros and ones as they are made, positive where variances are."""
    random = np.random.RandomState(3)
    for v in model.variables:
        if not v.dtype.startswith('float') and v.dtype != 'bfloat16' or v.path.endswith('_scale'):
            continue
        low, high = (0.5, 1.5) if 'variance' in v.path else (-0.5, 0.5)
        v.assign(random.uniform(low, high, v.shape).astype(np.float32))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def samples(model):
    random = np.random.RandomState(5)
    arrays = []
    for t in model.inputs:
        shape = [2 if d is None else d for d in t.shape]
        if 'int' in t.dtype:
            arrays.append(random.randint(0, 5, shape).astype(t.dtype))
        elif t.dtype == 'bool':
            arrays.append(random.randint(0, 2, shape).astype(bool))
        else:
            arrays.append(random.uniform(-2, 2, shape).astype(np.float32))
    return arrays


def shard(path):
    """Splits the weights of a .keras file over several, as Keras does where they are large."""
    model = keras.models.load_model(path)
    with zipfile.ZipFile(path) as whole:
        texts = {name: whole.read(name) for name in ('config.json', 'metadata.json')}
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, 'w') as out:
        for name, text in texts.items():
            out.writestr(name, text)
        model.save_weights(pathlib.Path(folder) / 'model.weights.json', max_shard_size=SHARD / 1024**3)
        for part in sorted(pathlib.Path(folder).iterdir()):
            out.write(part, part.name)


def main():
    words = sys.argv[1:]
    OUT.parent.mkdir(exist_ok=True)
    entries = {}  # by folder
    if words and OUT.exists():
        with zipfile.ZipFile(OUT) as old:
            for name in old.namelist():
                entries.setdefault(os.path.dirname(name), {})[os.path.basename(name)] = old.read(name)
    with tempfile.TemporaryDirectory() as tmp:
        for name, make in cases.CASES.items():
            if words and not any(w in name for w in words):
                continue
            keras.utils.set_random_seed(1)
            keras.backend.clear_session()
            try:
                model = make()
                randomize(model)
                arrays = samples(model)
                out = model(arrays if len(arrays) > 1 else arrays[0], training=False)
                flat = [keras.ops.cast(t, 'float32') if 'float' in str(t.dtype) else t for t in keras.tree.flatten(out)]
                for form in ('keras', 'h5') if name in cases.BOTH else ('keras',):
                    path = pathlib.Path(tmp) / f'model.{form}'
                    model.save(path)
                    if name in cases.SHARDED:
                        shard(path)
                    entries[name if form == 'keras' else f'{name}-h5'] = {
                        f'model.{form}': path.read_bytes(),
                        'in.npz': npz(arrays),
                        'out.npz': npz([np.asarray(t) for t in flat]),
                    }
            except Exception as e:
                print(f'{name}: {type(e).__name__}: {str(e)[:200]}')
                raise
    with zipfile.ZipFile(OUT, 'w', zipfile.ZIP_DEFLATED) as archive:
        for folder in [f for name in cases.CASES for f in (name, f'{name}-h5') if f in entries]:
            for name, data in entries[folder].items():
                archive.writestr(zipfile.ZipInfo(f'{folder}/{name}', (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    print(f'{OUT.stat().st_size} bytes')


if __name__ == '__main__':
    main()
