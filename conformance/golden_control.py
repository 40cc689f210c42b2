"""Loops, conditionals and lists, with TensorFlow's values: pkg/frontend/graphdef/testdata/control.zip.

NAME.pb in it is the graph of a function below; cases.json lists its inputs, its outputs, and what TensorFlow makes of some inputs.
"""

import json
import os
import zipfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np
import tensorflow as tf

from places import REPO

ARCHIVE = REPO / 'pkg/frontend/graphdef/testdata/control.zip'
F, I, L, B = tf.float32, tf.int32, tf.int64, tf.bool
raw = tf.raw_ops
CASES = []


def case(*inputs, runs=((), ())):
    """Adds a function of inputs of the given shapes and types. A run fixes the values of the first inputs; the others are
    random."""

    def add(function):
        specs = [tf.TensorSpec(i, F) if isinstance(i, list) else tf.TensorSpec(*i) for i in inputs]
        CASES.append((function, specs, runs))
        return function

    return add


def loop(n, body, *variables, **options):
    """A loop of n rounds, with a counter that the body is given first."""
    return tf.while_loop(lambda i, *_: i < n, lambda i, *v: (i + 1, *body(i, *v)), [0, *variables], **options)[1:]


def reserve(n, dtype=F, shape=-1):
    return raw.TensorListReserve(element_shape=shape, num_elements=n, element_dtype=dtype)


def stack(handle, shape, dtype=F):
    return raw.TensorListStack(input_handle=handle, element_shape=shape, element_dtype=dtype)


def array(size, dtype=F, **options):
    return tf.TensorArray(dtype, size, **options)


FLIPS = ((True,), (False,))


@case([2])
def shifted(x):
    """Variables that become others: the runtime must not overwrite one before it is read."""
    return loop(20, lambda i, a, b, c: (c, a, b * 0.5 + a), x, x + 1.0, x * 2.0)


@case([None, 2])
def shifted_open(x):
    return loop(20, lambda i, a, b: (a * 0.5 + b, a), x, x * 2.0)


@case([2])
def grown(x):
    """Variables whose shapes change."""
    shapes = [tf.TensorShape([]), tf.TensorShape([None]), tf.TensorShape([None])]
    return loop(3, lambda i, a, b: (tf.concat([a, b], 0), a[:1]), x, x * 2.0, shape_invariants=shapes)


@case([None, 17, 3])
def recurrent(x):
    """A list whose elements' shape, with an open batch, is known from the body alone."""
    w, u = tf.constant(RNG.normal(size=[3, 4]), F), tf.constant(RNG.normal(size=[4, 4]), F)
    steps = array(17).unstack(tf.transpose(x, [1, 0, 2]))

    def body(i, h, out):
        h = tf.tanh(steps.read(i) @ w + h @ u)
        return h, out.write(i, h)

    h, out = loop(17, body, tf.zeros([tf.shape(x)[0], 4]), array(17))
    return h, tf.transpose(out.stack(), [1, 0, 2])


@case([None, None, 3])
def recurrent_open(x):
    """The same with an open number of steps, and lengths."""
    n = tf.shape(x)[1]
    steps = array(n).unstack(tf.transpose(x, [1, 0, 2]))

    def body(i, h, out):
        h = tf.where(i < 2, steps.read(i) + h, h)
        return h, out.write(i, h)

    h, out = loop(n, body, tf.zeros([tf.shape(x)[0], 3]), array(n))
    return h, out.stack()


@case([None, 4])
def mapped(x):
    return tf.map_fn(lambda r: r * tf.reduce_sum(r), x)


@case([None, 4])
def scanned(x):
    return tf.scan(lambda a, r: a * 0.5 + r, x)


@case([3, 4])
def nested(x):
    """A loop in a loop, with a captured tensor and the outer one's counter."""
    return loop(20, lambda i, y: (loop(i % 3, lambda j, z: (z * 0.2 + x,), y)[0] + 1.0,), x)


@case([3])
def through(x):
    """A tensor that an inner loop hands on, and so the outer one."""
    return loop(20, lambda i, y, z: loop(i % 3, lambda j, y, z: (y * 0.5 + z, z), y, z), x, x * 2.0)


@case([None, 3])
def lists_in_lists(x):
    """A list that only the inner loop of the outer one's body fills."""

    def body(i, out):
        return loop(3, lambda j, out: (out.write(i * 3 + j, x * tf.cast(i + j, F)),), out)

    return loop(18, body, array(54))[0].stack()


@case(([3], I), [3])
def branches(n, x):
    """A conditional in a loop, whose rounds depend on an input."""
    return loop(n[0], lambda i, y: (tf.cond(tf.reduce_sum(y) > 3.0, lambda: y - 1.0, lambda: y * 2.0),), x)


@case(([], I), [2, 3], runs=[(k,) for k in (-1, 0, 1, 2, 3, 7)])
def switched(i, x):
    """Indices in range and out of it."""
    return tf.switch_case(i, [lambda: x + 1.0, lambda: x * 2.0, lambda: x - 3.0, lambda: -x])


@case(([], B), [2, 3], runs=FLIPS)
def constants(p, x):
    """Branches that return an argument, and constants."""
    return tf.cond(p, lambda: (x + 1.0, x, tf.constant(2.0)), lambda: (x * 2.0, x, tf.constant(3.0)))


@case(([], B), [None, 3], runs=FLIPS)
def shapes(p, x):
    """Branches whose results have different shapes."""
    return tf.cond(p, lambda: tf.concat([x, x], 0), lambda: x) + 1.0


@case([None, 2], runs=[(np.ones([n, 2]),) for n in (1, 2, 3)])
def open_condition(x):
    """A condition on an open dimension."""
    return tf.cond(tf.shape(x)[0] > 2, lambda: x * 2.0, lambda: x + 1.0)


@case(([], I), [2], runs=[(0,), (5,)])
def numbers(n, x):
    """A condition that is a number."""
    return raw.If(cond=n, input=[x], Tout=[F], then_branch=graph(lambda x: x + 1.0, x), else_branch=graph(lambda x: x * 3.0, x))


def graph(function, *args):
    return tf.function(function).get_concrete_function(*[tf.TensorSpec(a.shape, a.dtype) for a in args])


@case([2], ([], I), runs=[([1.0, 2.0], 1), ([3.0, 4.0], 6)])
def resized(x, n):
    """A list that grows where it is written behind its end."""
    out = array(0, dynamic_size=True, element_shape=[2])
    return loop(n, lambda i, out: (out.write(i, x * tf.cast(i, F)),), out)[0].stack()


@case([2])
def pushed(x):
    empty = raw.EmptyTensorList(element_shape=[2], max_num_elements=-1, element_dtype=F)
    handle = loop(17, lambda i, h: (raw.TensorListPushBack(input_handle=h, tensor=x * tf.cast(i, F)),), empty)[0]
    return stack(handle, [2]), raw.TensorListLength(input_handle=handle)


@case([3, 2])
def popped(x):
    handle, last = raw.TensorListPopBack(
        input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[2]), element_shape=[2], element_dtype=F
    )
    return last, stack(handle, [2])


@case(([], B), [2], runs=FLIPS)
def chosen(p, x):
    """Lists of which only one branch knows the shape of the elements."""
    handle = reserve(3)
    return stack(tf.cond(p, lambda: raw.TensorListSetItem(input_handle=handle, index=1, item=x), lambda: handle), [2])


@case(([], B), [2], runs=FLIPS)
def lengths(p, x):
    """Lists whose elements have no known shape, and that differ in length."""
    handle = reserve(3)
    handle = tf.cond(p, lambda: raw.TensorListResize(input_handle=handle, size=5), lambda: handle)
    return stack(handle, [2]) + x


@case([2, 3])
def accumulated(x):
    """A list that is read where it was written."""
    out = array(18, clear_after_read=False, element_shape=[2, 3]).write(0, x)
    return loop(17, lambda i, out: (out.write(i + 1, out.read(i) * 1.2),), out)[0].stack()


@case([2, 3])
def cut(x):
    handle = raw.TensorListFromTensor(tensor=x, element_shape=[3])
    return [stack(raw.TensorListResize(input_handle=handle, size=n), [3]) for n in (5, 1, 2)]


@case([2, 3], ([], I), runs=[([[1.0] * 3] * 2, n) for n in (5, 1, 2)])
def cut_open(x, n):
    handle = raw.TensorListFromTensor(tensor=x, element_shape=[3])
    return stack(raw.TensorListResize(input_handle=handle, size=n), [3])


@case([4, 3])
def scattered(x):
    """Indices with gaps, repeated ones, and all in order."""

    def put(indices, n):
        return stack(raw.TensorListScatterV2(tensor=x, indices=indices, num_elements=n, element_shape=[3]), [3])

    return put([0, 5, 2, 1], -1), put([3, 1, 3, 0], 7), put([0, 1, 2, 3], -1)


@case([6, 3])
def joined(x):
    handle = raw.TensorListSplit(tensor=x, element_shape=[-1, 3], lengths=tf.constant([2, 2, 2], L))
    both = raw.TensorListConcatV2(input_handle=handle, element_shape=[2, 3], leading_dims=tf.constant([], L), element_dtype=F)
    twice = raw.TensorListConcatLists(input_a=handle, input_b=handle, element_dtype=F)
    return *both, stack(twice, [2, 3])


@case([4, 2])
def gathered(x):
    handle = raw.TensorListFromTensor(tensor=x, element_shape=[2])
    handle = raw.TensorListScatterIntoExistingList(input_handle=handle, tensor=x[:2] * 9.0, indices=[3, 1])
    return raw.TensorListGather(input_handle=handle, indices=[3, 0, 3], element_shape=[2], element_dtype=F)


@case(([2], L))
def integers(x):
    return loop(17, lambda i, out: (out.write(i, x * tf.cast(i, L)),), array(17, L))[0].stack()


@case([2])
def truths(x):
    return tf.cast(loop(17, lambda i, out: (out.write(i, x > tf.cast(i - 8, F)),), array(17, B))[0].stack(), I)


@case([2])
def never(x):
    """A condition that is false at once."""
    return tf.while_loop(lambda i, y: i < 0, lambda i, y: (i + 1, y * 2.0), [0, x])


@case([4])
def until(x):
    """A condition on data."""
    return tf.while_loop(lambda y: tf.reduce_sum(y) < 100.0, lambda y: (y * 1.1 + 1.0,), [x])


@case([2, 3])
def unread(x):
    """A variable that nothing reads, and a limit of rounds."""
    return loop(20, lambda i, y, z: (y + 1.0, z + y), x, x, maximum_iterations=25)[0]


@case([2])
def asserted(x):
    with tf.control_dependencies([tf.debugging.assert_less(tf.reduce_sum(x), 1e6)]):
        return tf.identity(x) * 2.0


@case([2])
def from_nothing(x):
    """Variables that begin without elements."""
    shapes = [tf.TensorShape([]), tf.TensorShape([None, 2]), tf.TensorShape([None])]

    def grow(i, a, b):
        return tf.concat([a, x[None] * tf.cast(i, F)], 0), tf.concat([x, b], 0)

    return loop(20, grow, tf.zeros([0, 2]), tf.zeros([0]), shape_invariants=shapes)


@case([None, 20, 2])
def sequences(x):
    """Two counters that are one, and a list that is written with zeros where a sequence has ended."""
    steps = array(20).unstack(tf.transpose(x, [1, 0, 2]))

    def body(i, time, h, out):
        h = h * 0.5 + steps.read(time)
        return time + 1, h, out.write(time, tf.where(time < 15, h, tf.zeros_like(h)))

    out = loop(20, body, 0, tf.zeros_like(x[:, 0]), array(20), maximum_iterations=20)[2]
    return tf.transpose(out.stack(), [1, 0, 2])


def sample(spec, given):
    shape = [RNG.integers(1, 4) if n is None else n for n in spec.shape]
    if given is None:
        given = RNG.normal(size=shape) if spec.dtype == F else RNG.integers(1, 7, shape)
    return np.asarray(given, spec.dtype.as_numpy_dtype)


def encode(a):
    return {'dtype': a.dtype.name, 'shape': list(a.shape), 'values': [float(f'{x:.9g}') for x in a.astype(float).ravel()]}


RNG = np.random.default_rng(7)


def write(path, cases):
    """Writes an archive of (function, specs, runs)."""
    table = []
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:

        def add(name, content):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)

        for function, specs, runs in cases:
            traced = tf.function(function).get_concrete_function(*specs)
            graph_def = traced.graph.as_graph_def()
            for node in [n for f in [*graph_def.library.function] for n in f.node_def] + [*graph_def.node]:
                node.ClearField('experimental_debug_info')
                for key in [k for k in node.attr if k.startswith('_')]:
                    del node.attr[key]
            add(f'{function.__name__}.pb', graph_def.SerializeToString(deterministic=True))
            entry = {
                'name': function.__name__,
                'inputs': [t.name for t in traced.inputs],
                'outputs': [t.name for t in traced.outputs],
                'runs': [],
            }
            entry['shapes'] = [[n or -1 for n in s.shape] for s in specs]
            for given in runs:
                inputs = [sample(s, given[i] if i < len(given) else None) for i, s in enumerate(specs)]
                outputs = [t.numpy() for t in tf.nest.flatten(traced(*map(tf.constant, inputs)))]
                entry['runs'].append({'inputs': [encode(a) for a in inputs], 'outputs': [encode(a) for a in outputs]})
            table.append(entry)
        add('cases.json', '[\n' + ',\n'.join(json.dumps(entry) for entry in table) + '\n]\n')


def main():
    write(ARCHIVE, CASES)


if __name__ == '__main__':
    main()
