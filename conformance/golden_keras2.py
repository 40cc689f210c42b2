#!/usr/bin/env python3
"""Makes pkg/frontend/keras/testdata/keras2.zip: models of Keras 2 in both forms, and its answers; see golden_keras.py."""

import io
import os
import pathlib
import tempfile
import zipfile

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras.src.engine.base_layer import TensorFlowOpLayer

from keras_files import keras2
from keras_sources import call
from places import REPO

OUT = REPO / 'pkg/frontend/keras/testdata/keras2.zip'
NAMES = """functions more-functions
    pictures hard_swish nested encoder_decoder sequential gru-before bilstm bigru stacked time_distributed separable
    attention masked lstm-batch1 gru simple_rnn conv1d upsampling cnn
    given_masked apart time_major cudnn connected1d connected2d""".split()


def node(op, name, **attr):
    """A layer of one operator, as TensorFlow 2.0 to 2.3 made them of any call; constants by position."""
    constants = attr.pop('constants', {})
    definition = tf.compat.v1.NodeDef(name=name, op=op, input=[f'i{i}' for i in range(attr.pop('inputs', 1) + len(constants))])
    for key, x in attr.items():
        if isinstance(x, tf.DType):
            definition.attr[key].type = x.as_datatype_enum
        elif isinstance(x, bool):
            definition.attr[key].b = x
        else:
            definition.attr[key].i = x
    return TensorFlowOpLayer(definition.SerializeToString(), name, constants=constants)


def nodes():
    x = tf_keras.Input((6, 4), name='x')
    y = node('Mul', 'double', T=tf.float32, constants={0: np.float32(2)})(x)
    y = node('AddV2', 'sum', T=tf.float32, inputs=2)([y, x])
    z = node('Reshape', 'flat', T=tf.float32, Tshape=tf.int32, constants={1: np.array([-1, 3, 8], np.int32)})(y)
    m = node('Mean', 'mean', T=tf.float32, Tidx=tf.int32, keep_dims=True, constants={1: np.array([1, 2], np.int32)})(y)
    return tf_keras.Model(x, [z, m])


def main():
    OUT.parent.mkdir(exist_ok=True)
    rows = {n: (keras2.ROWS[n], ('h5',) if f'keras2-{n}' in keras2.ELLIPSIS else ('keras', 'h5')) for n in NAMES}
    rows['nodes'] = ((nodes, keras2.normal(6, 4)), ('h5',))
    with zipfile.ZipFile(OUT, 'w', zipfile.ZIP_DEFLATED) as archive, tempfile.TemporaryDirectory() as tmp:

        def put(name, data):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)

        def npz(arrays):
            stream = io.BytesIO()
            np.savez(stream, **{f'{i:02}': a for i, a in enumerate(arrays)})
            return stream.getvalue()

        for name, ((builder, sampler), forms) in rows.items():
            model, given, _ = keras2.make(f'keras2-{name}', builder, sampler)
            answers = model
            if name in keras2.TWINS:
                answers = keras2.TWINS[name]()
                model.save(pathlib.Path(tmp) / 'weights.h5')
                answers.load_weights(pathlib.Path(tmp) / 'weights.h5')
            wanted = call(answers, given[0])
            for form in forms:
                path = pathlib.Path(tmp) / f'model.{form}'
                model.save(path)
                folder = f'{name}-{form}'
                put(f'{folder}/model.{form}', path.read_bytes())
                put(f'{folder}/in.npz', npz(given[0].values()))
                put(f'{folder}/out.npz', npz(wanted.values()))
    print(f'{OUT.stat().st_size} bytes')


if __name__ == '__main__':
    main()
