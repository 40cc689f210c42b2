"""TensorFlow 1: SavedModels written from a session, with ref and resource variables, and graphs with its control flow."""

import functools

import numpy as np
import tensorflow as tf

import source

v1 = tf.compat.v1


def variable(name, *shape, **more):
    """A variable of seeded values."""
    values = np.random.default_rng(len(name) + sum(shape)).normal(0, 0.4, shape).astype(np.float32)
    return v1.get_variable(name, shape, initializer=v1.constant_initializer(values), **more)


def network(x):
    """A convolution, batch normalization in its fused form, and a dense layer."""
    y = tf.nn.conv2d(x, variable('conv/kernel', 3, 3, 3, 8), 2, 'SAME')
    scale, shift = tf.abs(variable('bn/gamma', 8)) + 0.5, variable('bn/beta', 8)
    y, *_ = v1.nn.fused_batch_norm(
        y, scale, shift, variable('bn/mean', 8), tf.abs(variable('bn/variance', 8)) + 0.5, is_training=False
    )
    y = tf.reshape(tf.nn.relu6(y), [-1, 8 * 8 * 8])
    return tf.nn.softmax(v1.nn.xw_plus_b(y, variable('dense/kernel', 512, 5), variable('dense/bias', 5)))


def parts(x):
    """A variable in three parts, and an embedding."""
    split = v1.fixed_size_partitioner(3)
    table = v1.get_variable('table', [12, 4], initializer=v1.random_normal_initializer(seed=3), partitioner=split)
    return tf.concat([v1.nn.embedding_lookup(list(table), i, 'div') for i in tf.unstack(x, axis=1)], -1)


def saved(name, build, shape, dtype, resource, given=None):
    """A SavedModel as v1 builders write it."""

    def make(path):
        with tf.Graph().as_default() as graph, v1.variable_scope('', use_resource=resource), v1.Session(graph=graph) as session:
            x = v1.placeholder(dtype, shape, name='x')
            y = tf.identity(build(x), name='y')
            session.run([v1.global_variables_initializer(), v1.tables_initializer()])
            v1.saved_model.simple_save(session, path, {'x': x}, {'y': y}, legacy_init_op=v1.tables_initializer())

    return source.saved_model(name, 'tensorflow 1, session', make, given)


# ---- control flow of TensorFlow 1, as a frozen graph


def cond(x):
    return v1.cond(tf.reduce_sum(x) > 0, lambda: tf.nn.relu(x) + 1.0, lambda: x * 2.0)


def nested_cond(x):
    """Branches that capture, one of them branching on, and one that gives a constant."""
    scaled, total = x * 0.5, tf.reduce_sum(x)

    def more():
        return v1.cond(total > 2, lambda: scaled * scaled, lambda: tf.zeros_like(x))

    return v1.cond(total > 0, more, lambda: tf.fill([2, 4], 3.0)) + x


def cond_of_several(x):
    a, b = v1.cond(x[0, 0] > 0, lambda: (x + 1.0, tf.reduce_max(x)), lambda: (x - 1.0, tf.constant(7.0)))
    return a * b


def loop(x):
    return v1.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, tf.tanh(y) * 2.0), [tf.constant(0), x])[1]


def loop_with_captures(x):
    w = tf.constant(np.random.default_rng(1).normal(0, 0.5, (4, 4)).astype(np.float32))
    limit, shift = tf.reduce_max(x) * 0 + 4.0, tf.reduce_mean(x, 0)
    return v1.while_loop(lambda i, y: i < limit, lambda i, y: (i + 1.0, tf.matmul(y, w) + shift), [tf.constant(0.0), x])[1]


def nested_loops(x):
    def inner(y):
        return v1.while_loop(lambda j, z: j < 3, lambda j, z: (j + 1, z * 1.5 - 0.1), [tf.constant(0), y])[1]

    return v1.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, inner(y)), [tf.constant(0), x])[1]


def cond_in_loop(x):
    def body(i, y):
        return i + 1, v1.cond(tf.equal(i % 2, 0), lambda: y + 1.0, lambda: y * 0.5)

    return v1.while_loop(lambda i, y: i < 6, body, [tf.constant(0), x])[1]


def loop_in_cond(x):
    return v1.cond(tf.reduce_sum(x) > 0, lambda: loop(x), lambda: x)


def arrays(x):
    """A recurrence over TensorArrayV3, as dynamic_rnn makes it."""
    w = tf.constant(np.random.default_rng(2).normal(0, 0.5, (8, 4)).astype(np.float32))
    steps = tf.TensorArray(tf.float32, 2).unstack(x)

    def body(t, h, out):
        h = tf.tanh(tf.matmul(tf.concat([steps.read(t)[None], h], 1), w))
        return t + 1, h, out.write(t, h)

    _, h, out = v1.while_loop(lambda t, *_: t < 2, body, [tf.constant(0), tf.zeros([1, 4]), tf.TensorArray(tf.float32, 2)])
    return tf.concat([out.concat(), h], 0)


def lstm(x):
    """LSTM steps in a loop; x is [time, 4]."""
    w = tf.constant(np.random.default_rng(3).normal(0, 0.5, (4 + 5, 20)).astype(np.float32))
    b = tf.constant(np.random.default_rng(4).normal(0, 0.5, 20).astype(np.float32))
    steps = tf.TensorArray(tf.float32, 2).unstack(x)

    def body(t, c, h, out):
        i, g, f, o = tf.split(tf.nn.bias_add(tf.matmul(tf.concat([steps.read(t)[None], h], 1), w), b), 4, 1)
        c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        return t + 1, c, h, out.write(t, h)

    zero = tf.zeros([1, 5])
    return v1.while_loop(lambda t, *_: t < 2, body, [tf.constant(0), zero, zero, tf.TensorArray(tf.float32, 2)])[3].stack()


def graph(name, build, shape):
    with tf.Graph().as_default() as g:
        v1.disable_control_flow_v2()
        x = v1.placeholder(tf.float32, shape, name='x')
        tf.identity(build(x), name='y')
        v1.enable_control_flow_v2()
    return source.graph(name, 'tensorflow 1, graph', g.as_graph_def(), ['x'], ['y'])


FLOWS = [cond, nested_cond, cond_of_several, loop, loop_with_captures, nested_loops, cond_in_loop, loop_in_cond, arrays, lstm]
INDICES = [{'x': np.array([[0, 11], [4, 5]], np.int32)}, {'x': np.array([[7, 8], [3, 3]], np.int32)}]
SOURCES = {
    'v1-ref': functools.partial(saved, 'v1-ref', network, [None, 16, 16, 3], tf.float32, False),
    'v1-resource': functools.partial(saved, 'v1-resource', network, [None, 16, 16, 3], tf.float32, True),
    'v1-parts-ref': functools.partial(saved, 'v1-parts-ref', parts, [2, 2], tf.int32, False, INDICES),
    'v1-parts-resource': functools.partial(saved, 'v1-parts-resource', parts, [2, 2], tf.int32, True, INDICES),
    'v1-saved-loop': functools.partial(saved, 'v1-saved-loop', loop_with_captures, [2, 4], tf.float32, True),
}
for build in FLOWS:
    SOURCES[f'v1-{build.__name__}'] = functools.partial(graph, f'v1-{build.__name__}', build, [2, 4])
