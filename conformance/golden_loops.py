"""Small models with loops and lists, with TensorFlow's values: pkg/frontend/graphdef/testdata/loops.zip.

Each NAME.pb in it is a frozen graph; cases.json lists its inputs and outputs, and what TensorFlow makes of some inputs.
"""

import json
import os
import zipfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')  # for TensorFlow 1's cells
import keras
import numpy as np
import tensorflow as tf
import tf_keras
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from places import REPO

v1 = tf.compat.v1
ARCHIVE = REPO / 'pkg/frontend/graphdef/testdata/loops.zip'
L = keras.layers
K2 = tf_keras.layers


def spec(*shape, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype, 'x')


def recurrent(*layers):
    """Layers over sequences of 5 steps of 3 values."""
    return lambda: (keras.Sequential([keras.Input([5, 3]), *[make() for make in layers]]), [spec(None, 5, 3)])


def recurrent2(*layers):
    return lambda: (tf_keras.Sequential([K2.Input([5, 3]), *[make() for make in layers]]), [spec(None, 5, 3)])


def fixed(make):
    """The same model for one sequence at a time."""
    return lambda: (make()[0], [spec(1, 5, 3)])


def several():
    """States out, and in."""
    x = keras.Input([5, 3])
    y, h, c = L.LSTM(2, return_sequences=True, return_state=True)(x)
    return keras.Model(x, [L.LSTM(2)(y, initial_state=[h, c]), h]), [spec(None, 5, 3)]


def squares(x):
    return tf.map_fn(lambda r: r * tf.reduce_sum(r), x)


def running(x):
    return tf.scan(lambda a, r: a * 0.5 + r, x)


def growing(x):
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[2])
    for i in tf.range(4):
        array = array.write(i, x[0] * tf.cast(i, tf.float32))
    return array.stack()


MODELS = {
    'lstm': recurrent(lambda: L.LSTM(2)),
    'lstm_sequences': recurrent(lambda: L.LSTM(4, return_sequences=True), lambda: L.LSTM(2)),
    'lstm_backwards': recurrent(lambda: L.LSTM(2, go_backwards=True, return_sequences=True)),
    'lstm_no_bias': recurrent(lambda: L.LSTM(2, use_bias=False)),
    'lstm_relu': recurrent(lambda: L.LSTM(2, activation='relu')),
    'lstm_masked': recurrent(lambda: L.Masking(0.0), lambda: L.LSTM(2)),
    'lstm_states': several,
    'lstm_fixed': fixed(recurrent(lambda: L.LSTM(2, return_sequences=True))),
    'lstm_both': recurrent(lambda: L.Bidirectional(L.LSTM(2, return_sequences=True))),
    'gru': recurrent(lambda: L.GRU(2)),
    'gru_before': recurrent(lambda: L.GRU(2, reset_after=False, return_sequences=True)),
    'simple': recurrent(lambda: L.SimpleRNN(2)),
    'distributed': recurrent(lambda: L.TimeDistributed(L.Dense(2)), lambda: L.LSTM(2)),
    'lstm2': recurrent2(lambda: K2.LSTM(2, return_sequences=True), lambda: K2.LSTM(2)),
    'lstm2_backwards': recurrent2(lambda: K2.LSTM(2, go_backwards=True, return_sequences=True)),
    'gru2': recurrent2(lambda: K2.GRU(2)),
    'simple2': recurrent2(lambda: K2.SimpleRNN(2)),
    'squares': lambda: (squares, [spec(4, 2)]),
    'squares_open': lambda: (squares, [spec(None, 2)]),
    'running': lambda: (running, [spec(4, 2)]),
    'growing': lambda: (growing, [spec(1, 2)]),
}


def arrays():
    """Every operator on tensor arrays, without a loop."""
    x = v1.placeholder(tf.float32, [4, 3], 'x')

    def array(size, **k):
        return tf.TensorArray(tf.float32, size, infer_shape=False, clear_after_read=False, **k)

    a = array(4).unstack(x)
    b = array(3).write(0, x[1]).write(2, a.read(3))
    b = b.write(1, x[0] * 2.0)
    c = array(2).split(x, [2, 2])
    d = array(5, element_shape=[3]).scatter([3, 1], x[:2])
    e = array(1, dynamic_size=True, element_shape=[3]).write(2, x[0])
    return (
        a.stack(),
        b.stack(),
        b.gather([2, 0]),
        c.concat(),
        c.read(1),
        d.stack(),
        tf.cast(d.size(), tf.float32),
        e.stack(),
        a.gather([0, 1]),
    )


def array_loop():
    """A loop that reads one array and writes another one."""
    x = v1.placeholder(tf.float32, [4, 3], 'x')
    a = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(x)

    def body(i, b, s):
        return (i + 1, b.write(i, a.read(i) * s), s + tf.reduce_max(a.read(i)))

    _, b, s = v1.while_loop(lambda i, *_: i < 4, body, [0, tf.TensorArray(tf.float32, 4), 1.0])
    return b.stack(), s


def dynamic_rnn():
    """Sequences of an unknown number, of unknown lengths."""
    x = v1.placeholder(tf.float32, [None, 5, 3], 'x')
    lengths = tf.cast(tf.reduce_sum(tf.abs(x[:, 0, :]), -1), tf.int32) + 1
    cell = v1.nn.rnn_cell.BasicLSTMCell(2)
    y, state = v1.nn.dynamic_rnn(cell, x, sequence_length=lengths, dtype=tf.float32)
    return y, state.h


def static_rnn():
    x = v1.placeholder(tf.float32, [2, 5, 3], 'x')
    y, state = v1.nn.dynamic_rnn(v1.nn.rnn_cell.LSTMCell(2, use_peepholes=False), x, dtype=tf.float32)
    return y, state.c


def static_cell():
    """The cell of TensorFlow 1, of which only outputs are wanted: it has one product for input and state, and a bias of its own
    for a gate."""
    x = v1.placeholder(tf.float32, [2, 20, 3], 'x')
    return v1.nn.dynamic_rnn(v1.nn.rnn_cell.LSTMCell(2), x, dtype=tf.float32)[0]


TF1 = [arrays, array_loop, dynamic_rnn, static_rnn, static_cell]


def trained(model, rng):
    """Biases are not zero in real models."""
    for w in getattr(model, 'weights', []):
        w.assign(np.round(rng.normal(size=w.shape) * 0.6, 3).astype(np.float32))


def run(archive, name, graph_def, inputs, outputs, rng):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name='')
        shapes = [[d if d is not None else -1 for d in graph.get_tensor_by_name(n).shape] for n in inputs]
        runs = []
        with v1.Session() as session:
            for batch in (1, 3):
                sizes = [[batch if d < 0 else d for d in shape] for shape in shapes]
                feed = {n: np.round(rng.normal(size=s), 3).astype(np.float32) for n, s in zip(inputs, sizes)}
                results = [np.asarray(r, np.float32) for r in session.run(outputs, feed)]

                def one(a):
                    return {'shape': list(a.shape), 'values': [float(f'{v:.8g}') for v in a.ravel()]}

                runs.append({'inputs': [one(feed[n]) for n in inputs], 'outputs': [one(r) for r in results]})
    for nodes in [graph_def.node, *(f.node_def for f in graph_def.library.function)]:
        nodes.sort(key=lambda node: node.name)
    for node in [*graph_def.node, *(n for f in graph_def.library.function for n in f.node_def)]:
        node.ClearField('experimental_debug_info')
        for attr in [a for a in node.attr if a.startswith('_')]:
            del node.attr[attr]
    put(archive, f'{name}.pb', graph_def.SerializeToString(deterministic=True))
    return {'name': name, 'inputs': inputs, 'shapes': shapes, 'outputs': outputs, 'runs': runs}


def put(archive, name, data):
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def main():
    with zipfile.ZipFile(ARCHIVE, 'w') as archive:
        fill(archive)


def fill(archive):
    rng = np.random.default_rng(11)
    table = []
    for name, make in MODELS.items():
        keras.utils.set_random_seed(3)
        model, specs = make()
        trained(model, rng)
        frozen = convert_variables_to_constants_v2(tf.function(model).get_concrete_function(*specs), lower_control_flow=False)
        inputs, outputs = [t.name for t in frozen.inputs], [t.name for t in frozen.outputs]
        table.append(run(archive, name, frozen.graph.as_graph_def(), inputs, outputs, rng))
    v1.disable_control_flow_v2()
    for make in TF1:
        with tf.Graph().as_default() as graph:
            tf_keras.utils.set_random_seed(1)
            v1.set_random_seed(1)
            outputs = [tf.identity(t, f'result{i}').op.name for i, t in enumerate(tf.nest.flatten(make()))]
            with v1.Session() as session:
                session.run(v1.global_variables_initializer())
                frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), outputs)
        table.append(run(archive, make.__name__, frozen, ['x:0'], [o + ':0' for o in outputs], rng))
    put(archive, 'cases.json', json.dumps(table))


if __name__ == '__main__':
    main()
