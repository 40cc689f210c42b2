"""Graphs with TensorFlow 1's control flow, as TensorFlow makes them: pkg/frontend/raise/testdata.

Each NAME.pb is a frozen graph; cases.json lists its inputs, its outputs, and what TensorFlow makes of some inputs.
TensorFlow numbers some nodes of lowered functions differently from run to run.
"""

import json
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')  # for TensorFlow 1's cells
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from places import REPO

v1 = tf.compat.v1
FOLDER = REPO / 'pkg/frontend/raise/testdata'


def scalar(name, dtype=tf.float32):
    return v1.placeholder(dtype, [], name)


def count():
    """A loop over a counter and a sum, with a captured tensor."""
    n, step = scalar('n', tf.int32), scalar('step')
    _, total = v1.while_loop(lambda i, _: i < n, lambda i, s: (i + 1, s + step), [0, 1.0], name='loop')
    return total


def nested():
    """A loop in a loop; both capture a tensor, and the inner one the outer one's variable."""
    n, x = scalar('n', tf.int32), scalar('x')

    def outer(i, s):
        _, s = v1.while_loop(lambda j, _: j < i, lambda j, t: (j + 1, t * 0.5 + x), [0, s], name='inner')
        return i + 1, s + 1.0

    return v1.while_loop(lambda i, _: i < n, outer, [0, x], name='outer')


def conditional():
    """A conditional with captured values, a constant in a branch, and several results."""
    p, x, y = scalar('p', tf.bool), scalar('x'), scalar('y')
    a, b = v1.cond(p, lambda: (x + y, tf.constant(2.0)), lambda: (x, x * y), name='choice')
    return a, b * 3.0


def constants():
    """A conditional between two constants, which depend on the predicate by control alone."""
    return v1.cond(scalar('p', tf.bool), lambda: tf.constant(1.5), lambda: tf.constant(-2.5)) + 1.0


def conditionals():
    """Conditionals in both branches of a conditional, whose predicates are made within and without."""
    p, q, x = scalar('p', tf.bool), scalar('q', tf.bool), scalar('x')

    def inner():
        return v1.cond(x > 0, lambda: x * 2, lambda: -x)

    return v1.cond(p, inner, lambda: v1.cond(q, lambda: x + 10, lambda: tf.constant(7.0)))


def chained():
    """Two conditionals of one predicate, of which the second needs the first."""
    p, x = scalar('p', tf.bool), scalar('x')
    y = v1.cond(p, lambda: x + 1, lambda: x - 1)
    return v1.cond(p, lambda: y * x, lambda: y / 2) + y


def mixed():
    """A conditional in a loop, a loop in a conditional, and an assertion."""
    n, x = scalar('n', tf.int32), scalar('x')

    def body(i, s):
        with tf.control_dependencies([v1.assert_less(i, 100)]):
            s = tf.identity(s)
        return i + 1, v1.cond(tf.equal(i % 2, 0), lambda: s + x, lambda: s * 2)

    def loop():
        return v1.while_loop(lambda i, _: i < n, body, [0, x])[1]

    return v1.cond(n > 2, loop, lambda: tf.constant(-1.0))


def case():
    """A choice of one of several branches."""
    k, x = scalar('k', tf.int32), scalar('x')
    return v1.case([(tf.equal(k, 0), lambda: x), (tf.equal(k, 1), lambda: x * x)], default=lambda: -x, exclusive=True)


def dynamic_rnn():
    """A recurrent network with sequence lengths, over tensor arrays."""
    x = v1.placeholder(tf.float32, [2, 5, 3], 'x')
    cell = v1.nn.rnn_cell.GRUCell(4)
    out, state = v1.nn.dynamic_rnn(cell, x, sequence_length=tf.constant([3, 5]), dtype=tf.float32)
    return out, state


def map_fn():
    """A function of each element."""
    x = v1.placeholder(tf.float32, [4, 2], 'x')
    return v1.map_fn(lambda r: r * tf.reduce_sum(r), x)


TF1 = [count, nested, conditional, constants, conditionals, chained, mixed, case, dynamic_rnn, map_fn]


def functional(kind):
    """A model of today, of which freezing makes TensorFlow 1's control flow."""
    if kind == 'lowered_lstm':
        model = tf.keras.Sequential(
            [tf.keras.layers.Input([6, 3], batch_size=1), tf.keras.layers.LSTM(4, return_sequences=True), tf.keras.layers.LSTM(2)]
        )
        return model, [tf.TensorSpec([1, 6, 3], tf.float32, 'x')]
    if kind == 'lowered_gru':
        model = tf.keras.Sequential([tf.keras.layers.Input([5, 3], batch_size=1), tf.keras.layers.GRU(2)])
        return model, [tf.TensorSpec([1, 5, 3], tf.float32, 'x')]
    if kind == 'lowered_while':

        def f(n, x):
            while n > 0:
                n -= 1
                x = x * 2.0 if x < 10.0 else x - 5.0
            return x

        return f, [tf.TensorSpec([], tf.int32, 'n'), tf.TensorSpec([], tf.float32, 'x')]
    if kind == 'lowered_switch':
        return lambda k, x: tf.switch_case(k, [lambda: x, lambda: x * x, lambda: -x]), [
            tf.TensorSpec([], tf.int32, 'k'),
            tf.TensorSpec([], tf.float32, 'x'),
        ]
    raise ValueError(kind)


LOWERED = ['lowered_while', 'lowered_switch', 'lowered_lstm', 'lowered_gru']
SCALARS = {
    'n': [0, 1, 5],
    'step': [0.5, -1.0, 2.0],
    'x': [1.5, -2.0, 0.25],
    'y': [3.0, 0.5, -1.0],
    'p': [True, False, True],
    'q': [False, True, True],
    'k': [0, 1, 2],
}


def feeds(graph, inputs, rng):
    for i in range(3):
        for extra in (False, True):
            feed = {}
            for name in inputs:
                tensor = graph.get_tensor_by_name(name)
                value = SCALARS[name.split(':')[0]][i] if tensor.shape.rank == 0 else np.round(rng.normal(size=tensor.shape), 3)
                if tensor.dtype == tf.bool and extra:
                    value = not value
                feed[name] = np.asarray(value, tensor.dtype.as_numpy_dtype)
            yield feed


def run(name, graph_def, inputs, outputs, rng):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name='')
        with v1.Session() as session:
            runs = []
            for feed in feeds(graph, inputs, rng):
                results = session.run(outputs, feed)
                runs.append(
                    {
                        'inputs': [feed[n].ravel().tolist() for n in inputs],
                        'outputs': [np.asarray(r).ravel().tolist() for r in results],
                    }
                )
    graph_def.node.sort(key=lambda node: node.name)
    for node in graph_def.node:
        node.ClearField('experimental_debug_info')
        for attr in [a for a in node.attr if a.startswith('_')]:
            del node.attr[attr]
    (FOLDER / f'{name}.pb').write_bytes(graph_def.SerializeToString(deterministic=True))
    return {'name': name, 'inputs': inputs, 'outputs': outputs, 'runs': runs}


def main():
    rng = np.random.default_rng(5)
    table = []
    v1.disable_control_flow_v2()
    for make in TF1:
        with tf.Graph().as_default() as graph:
            tf.keras.utils.set_random_seed(1)
            v1.set_random_seed(1)
            outputs = [tf.identity(t, f'result{i}').op.name for i, t in enumerate(tf.nest.flatten(make()))]
            with v1.Session() as session:
                session.run(v1.global_variables_initializer())
                frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), outputs)
        inputs = [n.name + ':0' for n in frozen.node if n.op == 'Placeholder']
        table.append(run(make.__name__, frozen, inputs, [o + ':0' for o in outputs], rng))
    v1.enable_control_flow_v2()
    for kind in LOWERED:
        tf.keras.utils.set_random_seed(7)
        model, specs = functional(kind)
        frozen = convert_variables_to_constants_v2(tf.function(model).get_concrete_function(*specs), lower_control_flow=True)
        inputs, outputs = [t.name for t in frozen.inputs], [t.name for t in frozen.outputs]
        graph_def = frozen.graph.as_graph_def()
        table.append(run(kind, graph_def, inputs, outputs, rng))
    (FOLDER / 'cases.json').write_text('[\n' + ',\n'.join(json.dumps(case) for case in table) + '\n]\n')


if __name__ == '__main__':
    main()
