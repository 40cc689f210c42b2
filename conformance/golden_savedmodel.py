"""Makes the small SavedModels that the tests of package savedmodel read: every way in which a model keeps its variables.

Each is a folder with the model, and golden.npz: inputs, and TensorFlow's outputs for them, as in/NAME and out/NAME.
"""

import os
import shutil

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import numpy as np
import tensorflow as tf

from places import REPO

OUT = REPO / 'pkg/frontend/savedmodel/testdata'
v1 = tf.compat.v1


def numbers(seed, *shape):
    return np.random.RandomState(seed).uniform(-1, 1, shape).astype(np.float32)


class Objects(tf.Module):
    """TensorFlow 2: variables are bound to functions, two functions deep; a constant is captured too."""

    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(numbers(1, 3, 4), name='same')
        self.bias = tf.Variable(numbers(2, 4), name='same')
        self.scale = tf.constant(numbers(3, 4))

    @tf.function
    def dense(self, x):
        return tf.matmul(x, self.kernel) + self.bias

    @tf.function(input_signature=[tf.TensorSpec([None, 3], name='x'), tf.TensorSpec([], name='gain')])
    def serve(self, x, gain):
        y = self.dense(x)
        return {'scaled': y * self.scale * gain, 'plain': y}

    @tf.function(input_signature=[tf.TensorSpec([2, 3], name='x')])
    def relu(self, x):
        return {'y': tf.nn.relu(self.dense(x))}


def objects(folder):
    m = Objects()
    tf.saved_model.save(m, folder, signatures={'serving_default': m.serve, 'relu': m.relu})
    x, gain = numbers(4, 2, 3), np.float32(0.5)
    out = m.serve(x, gain)
    return {'x': x, 'gain': gain}, {k: v.numpy() for k, v in out.items()}


def session(folder, build):
    """TensorFlow 1: build returns inputs, outputs; values of inputs are made from their shapes."""
    with tf.Graph().as_default(), v1.Session() as s:
        inputs, outputs = build()
        s.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(folder)
        ports = [{k: v1.saved_model.build_tensor_info(t) for k, t in m.items()} for m in (inputs, outputs)]
        sig = v1.saved_model.build_signature_def(*ports, 'predict')
        builder.add_meta_graph_and_variables(s, ['serve'], {'serving_default': sig})
        builder.save()
        feed = {k: numbers(7, *[d or 2 for d in t.shape.as_list()]) for k, t in inputs.items()}
        got = s.run(outputs, {inputs[k]: x for k, x in feed.items()})
        return feed, got


def variable(name, value, **how):
    return v1.get_variable(name, initializer=tf.constant(value), **how)


def references():
    x = v1.placeholder(tf.float32, [None, 3], name='x')
    w = variable('w', numbers(1, 3, 4), use_resource=False)
    b = variable('b', numbers(2, 4), use_resource=False)
    return {'x': x}, {'y': tf.matmul(x, w) + b}


def resources():
    x = v1.placeholder(tf.float32, [None, 3], name='x')
    w = variable('w', numbers(1, 3, 4), use_resource=True)
    rows = variable('rows', numbers(2, 5, 4), use_resource=True)
    return {'x': x}, {'y': tf.matmul(x, w) + tf.gather(rows, [1])}


def partitioned():
    x = v1.placeholder(tf.float32, [None, 3], name='x')
    w = v1.get_variable(
        'w',
        [3, 4],
        initializer=v1.random_uniform_initializer(-1, 1, seed=1),
        use_resource=False,
        partitioner=v1.fixed_size_partitioner(2),
    )
    return {'x': x}, {'y': tf.matmul(x, tf.convert_to_tensor(w))}


def main():
    made = {
        'objects': objects,
        'references': lambda f: session(f, references),
        'resources': lambda f: session(f, resources),
        'partitioned': lambda f: session(f, partitioned),
    }
    for name, make in made.items():
        folder = OUT / name
        shutil.rmtree(folder, ignore_errors=True)
        inputs, outputs = make(str(folder))
        for extra in ('fingerprint.pb', 'assets'):
            p = folder / extra
            if p.is_dir():
                p.rmdir()
            elif p.exists():
                p.unlink()
        arrays = {f'in/{k}': x for k, x in inputs.items()} | {f'out/{k}': x for k, x in outputs.items()}
        np.savez(folder / 'golden.npz', **arrays)


if __name__ == '__main__':
    main()
