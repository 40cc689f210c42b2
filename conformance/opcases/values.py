"""Input values for the cases: seeded; negative numbers, zeros, ties, large magnitudes, and valid indices where they are such.

What an integer input means is not written down in the table: kinds gives the candidates, of which the first is taken that
TensorFlow accepts.
"""

import zlib

import numpy as np
import tensorflow as tf

SEED = 20261129
SAMPLES = 3
OPEN = [2, 3, 1]  # the size of open dimensions, by sample
RANK = 2  # of inputs whose rank is open
WORDS = [b'a', b'b', b'hello world', b'', b'1.5', b'a b a', b'-3']
SCALES = [2.0, 1.0, 30.0]  # of floats, by sample

INTEGERS = {  # candidates, by name: (shape, rng, sample) to integers
    'signed': lambda shape, rng, s: rng.integers(-5, 6, shape) * (1 if s < 2 else 9),
    'nonzero': lambda shape, rng, s: rng.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5], shape),
    'index': lambda shape, rng, s: rng.integers(0, 2, shape),
    'sorted': lambda shape, rng, s: np.sort(rng.integers(0, 3, shape), axis=None).reshape(shape),
    'positive': lambda shape, rng, s: rng.integers(1, 4, shape),
    'once': lambda shape, rng, s: rng.permutation(int(np.prod(shape))).reshape(shape),
    'lexicographic': lambda shape, rng, s: np.arange(int(np.prod(shape))).reshape(shape) // max(shape[-1] if shape else 1, 1),
    'unsigned': lambda shape, rng, s: rng.integers(0, 6, shape) * (1 if s < 2 else 20),
    'one': lambda shape, rng, s: np.ones(shape),
    'zero': lambda shape, rng, s: np.zeros(shape),
}

BOUNDS = [[[[-2.0, -1, 0, 0]], [[0.0, -9]]], [[[1.0, 1, 1, 1]], [[1.0, 2]]], [[[-3.0, -2, -1, 0]], [[-1.5, 1]]]]

# what no candidate fits: by group/name, a list of the samples' inputs; None stands for a value as usual
GIVEN = {
    ('array', 'Reshape/dyn'): [[None, [3, 2]], [None, [1, 6]], [None, [2, -1]]],
    ('array', 'BroadcastTo/dyn'): [[None, [2, 3]], [None, [4, 3]], [None, [1, 3]]],
    ('array', 'SplitV/dyn sizes'): [[None, [2, 4]], [None, [3, 3]], [None, [6, 0]]],
    ('array', 'Range/f32'): [[4.0], [2.5], [0.5]],
    ('types', 'Range/float64'): [[4.0], [2.5], [0.5]],
    ('types', 'Range/float16'): [[4.0], [2.5], [0.5]],
    ('control', 'Assert'): [[[[1.0, 2, 3], [0.5, 4, 9]]]] * SAMPLES,
    ('nn', 'Keras Embedding'): [[[[0.0, 9, 3, 3, 1]]], [[[2.0, 7, 8, 0, 5]]], [[[1.0, 1, 1, 1, 1]]]],
    ('array', 'LowerBound'): BOUNDS,
    ('array', 'UpperBound'): BOUNDS,
    ('array', 'tf.searchsorted'): [
        [[-2.0, -1, 0, 0, 3], [0.0, 9]],
        [[1.0, 1, 1, 1, 1], [1.0, 0]],
        [[-3.0, -2, -1, 0, 1], [-1.5, 1]],
    ],
    ('string', 'StringToNumber'): [[[b'1.5', b'-3']], [[b'1e3', b'0']], [[b'inf', b'.25']]],
    ('string', 'DecodeRaw'): [[[b'abc', b'xyz']], [[b'a', b'b']], [[b'', b'']]],
}
OPENS = {('math', 'EnsureShape'): [2, 2, 2], ('math', 'Less/float32/dyn rank5'): [2, 1, 2]}  # instead of OPEN


LOOSE = {  # besides the group random: cases whose values TensorFlow leaves open
    ('array', 'tf.math.top_k sorted False'),
    ('reduction', 'TopKV2/i32 unsorted'),
    ('state', 'StatefulPartitionedCall'),
    ('math', 'Round/int32'),  # TensorFlow 2.21 rounds every integer to 0
    ('math', 'Round/int64'),
}


def kinds(case):
    """The candidates for a case: those of its integer inputs all alike."""
    if (case.group, case.name) in GIVEN:
        return ['given']
    if case.name.startswith('RealDiv'):
        return ['nonzero']
    if case.name == 'NMS padded via saved model':
        return ['sorted boxes']
    if 'nonmax' in case.name.lower().replace('_', '') or 'NMS' in case.name:
        return ['boxes']
    if case.name.startswith('Cast') and '->uint' in case.name:
        return ['unsigned']  # what negative floats become is up to the machine
    return list(INTEGERS)


def floats(shape, rng, sample):
    """Normal numbers, an eighth of them zero, an eighth repeated; in multiples of a half in the second sample."""
    x = rng.standard_normal(shape) * SCALES[sample]
    x = np.where(rng.random(shape) < 0.125, np.roll(x, 1), x)
    x = np.where(rng.random(shape) < 0.125, 0, x)
    return np.round(2 * x) / 2 if sample == 1 else x


def boxes(shape, rng, falling=False):
    """Boxes of some hundredths to more than half of a picture, corner by corner, or scores where the last dimension is not 4."""
    if shape[-1:] != (4,):
        places = np.arange(int(np.prod(shape)))[::-1] if falling else rng.permutation(int(np.prod(shape)))
        return places.reshape(shape) / np.prod(shape) + 0.01
    low, size = rng.random((*shape[:-1], 2)) / 2, rng.uniform(0.05, 0.6, (*shape[:-1], 2))
    return np.concatenate([low, low + size], -1)


def value(spec, kind, rng, sample, size):
    """An input's value; size is that of open dimensions."""
    if spec.shape.rank is None:
        shape = (size,) * RANK
    else:
        shape = tuple(size if n is None else n for n in spec.shape.as_list())
    dtype = spec.dtype
    if dtype == tf.string:
        return rng.choice(np.array(WORDS, object), shape) if shape else np.array(WORDS[sample], object)
    if dtype == tf.bool:
        return rng.random(shape) < 0.5
    if dtype.is_complex:
        return (floats(shape, rng, sample) + 1j * floats(shape, rng, sample)).astype(dtype.as_numpy_dtype)
    if dtype.is_floating and 'boxes' in kind:
        return boxes(shape, rng, 'sorted' in kind).astype(dtype.as_numpy_dtype)
    if dtype.is_floating and kind == 'unsigned':
        return np.abs(floats(shape, rng, sample)).astype(dtype.as_numpy_dtype)
    if dtype.is_floating:
        return floats(shape, rng, sample).astype(dtype.as_numpy_dtype)
    x = np.asarray(INTEGERS[kind](shape, rng, sample))
    return (np.abs(x) if dtype.is_unsigned else x).astype(dtype.as_numpy_dtype)


def inputs(case, specs, kind, sample):
    """The inputs of a case for a sample."""
    given = GIVEN.get((case.group, case.name), [None] * SAMPLES)[sample] or [None] * len(specs)
    size = OPENS.get((case.group, case.name), OPEN)[sample]
    found = []
    for i, (spec, known) in enumerate(zip(specs, given)):
        rng = np.random.default_rng([SEED, zlib.crc32(f'{case.group}/{case.name}'.encode()), sample, i])
        if known is None:
            found.append(value(spec, 'signed' if kind == 'given' else kind, rng, sample, size))
        else:
            found.append(np.array(known, object if spec.dtype == tf.string else spec.dtype.as_numpy_dtype))
    return found
