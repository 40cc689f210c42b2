"""Cases of spectra, buckets and random numbers."""

import numpy as np

from .case import K, X, case

CASES = [
    case('BUCKETIZE', 'float32', X((3, 5)), results=['int32'], boundaries=[-1.0, 0.0, 0.5]),
    case('BUCKETIZE', 'int32', X((3, 5), 'int32', -5, 5), results=['int32'], boundaries=[-1.0, 0.0, 2.5]),
    case(
        'BUCKETIZE', 'bounds', X((4,), values=np.array([-1, 0, 0.5, 7], np.float32)), results=['int32'], boundaries=[-1.0, 0.0, 0.5]
    ),
    case('RANDOM_UNIFORM', 'seeds', K([3, 5]), seed=1, seed2=2),
    case('RANDOM_STANDARD_NORMAL', 'seeds', K([3, 5]), seed=3, seed2=1 << 40),
    case('MULTINOMIAL', 'int32', X((2, 3)), K(7), results=['int32'], seed=5, seed2=6),
    case('MULTINOMIAL', 'int64', X((3, 4)), K(5), results=['int64'], seed=5, seed2=6),
]


def spectrum(model, rng, size, lengths):
    """The spectrum of noise, and the input."""
    g = model.main
    x = g.input(size)
    y = g.tensor((*size[:-2], lengths[0], lengths[1] // 2 + 1), 'complex64')
    g.op('RFFT2D', [x, g.constant(np.array(lengths, np.int32))], [y])
    return y, [rng.uniform(-2, 2, size).astype(np.float32)]


def parts(model, rng, size, lengths, square=False):
    y, inputs = spectrum(model, rng, size, lengths)
    g = model.main
    shape = (*size[:-2], lengths[0], lengths[1] // 2 + 1)
    if square:
        z = g.tensor(shape, 'complex64')
        g.op('MUL', [y, y], [z])
        y = z
    g.outputs = []
    for op in 'REAL', 'IMAG', 'COMPLEX_ABS':
        out = g.tensor(shape)
        g.op(op, [y], [out])
        g.outputs.append(out)
    return inputs


def spectrum_of_images(model, rng):
    return parts(model, rng, (2, 4, 8), (4, 8))


def spectrum_padded(model, rng):
    return parts(model, rng, (3, 5), (4, 16))


def spectrum_squared(model, rng):
    return parts(model, rng, (2, 1, 8), (1, 8), square=True)


def spectrum_cast(model, rng):
    """Casts of complex numbers, which keep the real part, as models with mel spectra have them."""
    y, inputs = spectrum(model, rng, (2, 4, 8), (4, 8))
    g = model.main
    g.outputs = []
    for kind in 'float32', 'int32', 'uint8', 'bool':
        out = g.tensor((2, 4, 5), kind)
        g.op('CAST', [y], [out])
        g.outputs.append(out)
    return inputs


GRAPHS = [spectrum_of_images, spectrum_padded, spectrum_squared, spectrum_cast]
