"""Operators that work element by element: unary, binary with broadcasting, comparisons, selection, casts, quantization."""

import numpy as np

from golden.case import ACTIVATION, TYPES, K, Q, R, W, X, case

S = (2, 3, 4)
POSITIVE = dict(low=0.1, high=4)
INTEGER = dict(dtype='int32', low=-20, high=20)
LONG = dict(dtype='int64', low=-20, high=20)

# (label, shapes of the two operands)
SHAPES = [
    ('same', S, S),
    ('scalar', S, ()),
    ('scalar_left', (), S),
    ('one', S, (1,)),
    ('row', S, (4,)),
    ('column', S, (3, 1)),
    ('both', (2, 1, 4), (3, 1)),
    ('rank4', (1, 2, 1, 3), (2, 1, 4, 1)),
    ('rank5', (2, 1, 2, 1, 3), (1, 2, 1, 2, 1)),
]


def unary(op, results=None, label='plain', **x):
    return case(op, label, X(S, **x), results=results)


def at(op, label, values, results=None, dtype='float32', **options):
    return case(op, label, X((len(values),), dtype, values=values), results=results, **options)


def binary(op, shapes=SHAPES, label='', result=None, low=-2, high=2, dtype='float32', **options):
    name = f'{label}_' if label else ''
    return [
        case(op, name + l, X(a, dtype, low, high), X(b, dtype, low, high), results=[result or dtype], **options)
        for l, a, b in shapes
    ]


EDGES = [-100, -20, -9, -4, -1e-3, 0, 1e-3, 4, 9, 20, 100]
HALVES = [-2.5, -1.5, -0.5, -0.0, 0.5, 1.5, 2.5, 3.5, 0.49999997, 8388609.0]
FEW, TWO_SHAPES = SHAPES[:1] + SHAPES[4:7], [SHAPES[0], SHAPES[6]]

CASES = [
    *[unary(op) for op in ('ABS', 'CEIL', 'COS', 'ELU', 'FLOOR', 'NEG', 'ROUND', 'SIGN', 'SIN', 'SQUARE', 'ZEROS_LIKE')],
    *[
        unary(op, low=-8, high=8)
        for op in ('EXP', 'HARD_SWISH', 'LOGISTIC', 'RELU', 'RELU6', 'RELU_N1_TO_1', 'RELU_0_TO_1', 'TANH')
    ],
    *[unary(op, **POSITIVE) for op in ('LOG', 'RSQRT', 'SQRT')],
    *[at(op, 'edges', EDGES) for op in ('LOGISTIC', 'TANH', 'ELU', 'HARD_SWISH')],
    at('EXP', 'edges', [v for v in EDGES if v < 89]),
    *[at(op, 'halves', HALVES) for op in ('ROUND', 'FLOOR', 'CEIL')],
    *[at(op, 'large', [-1000, -50, -3.1415927, 1.5707964, 31.4, 100, 5000]) for op in ('SIN', 'COS')],
    *[at(op, 'small', [1e-38, 1e-20, 1e-6, 0.99999994, 1.0000001, 1e20, 3e38]) for op in ('LOG', 'SQRT', 'RSQRT')],
    *[case('GELU', label, X(S, low=-6, high=6), approximate=flag) for label, flag in (('exact', False), ('approximate', True))],
    *[case('LEAKY_RELU', label, X(S), alpha=alpha) for label, alpha in (('plain', 0.2), ('negative', -0.5), ('above_one', 1.5))],
    *[unary(op, [r['dtype']], r['dtype'], **r) for op in ('ABS',) for r in (INTEGER,)],
    *[unary('NEG', [r['dtype']], r['dtype'], **r) for r in (INTEGER, LONG)],
    *[unary('ZEROS_LIKE', [r['dtype']], r['dtype'], **r) for r in (INTEGER, LONG)],
    unary('SIGN', ['int32'], 'int32', **INTEGER),
    unary('LOGICAL_NOT', ['bool'], dtype='bool'),
    case('PRELU', 'channels', X((1, 3, 3, 4)), W((1, 1, 4))),
    case('PRELU', 'full', X((2, 3, 4)), W((3, 4))),
    case('PRELU', 'one', X((2, 3)), W((1,))),
    *[c for op in ('ADD', 'SUB', 'MUL') for c in binary(op)],
    *[
        c
        for op in ('ADD', 'SUB', 'MUL', 'DIV')
        for a in ('RELU', 'RELU6', 'RELU_N1_TO_1')
        for c in binary(op, TWO_SHAPES, a.lower(), low=0.5, high=9, fusedActivationFunction=ACTIVATION[a])
    ],
    *[
        c
        for op in ('ADD', 'SUB', 'MUL', 'MAXIMUM', 'MINIMUM')
        for c in binary(op, FEW, 'int32', **INTEGER) + binary(op, TWO_SHAPES, 'int64', **LONG)
    ],
    *[c for op in ('MAXIMUM', 'MINIMUM', 'SQUARED_DIFFERENCE') for c in binary(op, FEW)],
    *binary('SQUARED_DIFFERENCE', TWO_SHAPES, 'int32', **INTEGER),
    *binary('DIV', low=0.5, high=3),
    *binary('DIV', TWO_SHAPES, 'int32', dtype='int32', low=1, high=20),
    case('DIV', 'int32_signs', X((4,), 'int32', values=[7, -7, 7, -7]), X((4,), 'int32', values=[2, 2, -2, -2]), results=['int32']),
    *[
        case(op, f'{t}_signs', X((6,), t, values=[7, -7, 7, -7, 6, -6]), X((6,), t, values=[2, 2, -2, -2, 3, 3]), results=[t])
        for op, types in (('FLOOR_DIV', ('int32', 'float32')), ('FLOOR_MOD', ('int32', 'int64', 'float32')))
        for t in types
    ],
    *[c for op in ('FLOOR_DIV', 'FLOOR_MOD') for c in binary(op, FEW, low=0.5, high=9)],
    *binary('POW', FEW, low=0.2, high=2.5),
    *binary('POW', TWO_SHAPES, 'int32', dtype='int32', low=1, high=5),
    *binary('ATAN2', TWO_SHAPES[:1]),
    case('POW', 'squares', X(S), K(2.0)),
    case('POW', 'roots', X(S, **POSITIVE), K(0.5)),
    *[
        c
        for op in ('EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL')
        for c in binary(op, FEW, result='bool')
        + binary(op, FEW, 'int32', 'bool', -2, 2, 'int32')
        + binary(op, TWO_SHAPES, 'int64', 'bool', -2, 2, 'int64')
    ],
    *[c for op in ('EQUAL', 'NOT_EQUAL') for c in binary(op, TWO_SHAPES, 'bool', 'bool', dtype='bool')],
    *[c for op in ('LOGICAL_AND', 'LOGICAL_OR') for c in binary(op, FEW, dtype='bool')],
    *[c for t in ('int32', 'int16', 'uint8') for c in binary('BITWISE_XOR', FEW[:2], t, dtype=t, low=0, high=99)],
    case(
        'RIGHT_SHIFT',
        'int32',
        X((5,), 'int32', values=[-9, 9, -9, 1 << 30, -7]),
        X((5,), 'int32', values=[1, 1, 40, 3, -2]),
        results=['int32'],
    ),
    case(
        'RIGHT_SHIFT', 'uint8', X((4,), 'uint8', values=[200, 9, 255, 1]), X((4,), 'uint8', values=[1, 2, 9, 0]), results=['uint8']
    ),
    case('ADD_N', 'three', X(S), X(S), X(S)),
    case('ADD_N', 'int32', X(S, **INTEGER), X(S, **INTEGER), results=['int32']),
    case('BITCAST', 'same_size', X(S), results=['int32']),
    case('BITCAST', 'smaller', X((3,), 'int32', low=-999, high=999), results=['int16']),
    case('BITCAST', 'larger', X((3, 4), 'uint8', low=0, high=99), results=['int32']),
    case('SELECT', 'same', X(S, 'bool'), X(S), X(S)),
    case('SELECT', 'rows', X((3,), 'bool'), X((3, 4)), X((3, 4))),
    case('SELECT', 'int32', X(S, 'bool'), X(S, **INTEGER), X(S, **INTEGER), results=['int32']),
    case('SELECT_V2', 'same', X(S, 'bool'), X(S), X(S)),
    case('SELECT_V2', 'broadcast', X((3, 1), 'bool'), X(S), X((4,))),
    case('SELECT_V2', 'scalar', X((), 'bool', values=True), X(S), X(S)),
    case('SELECT_V2', 'int64', X((4,), 'bool'), X(S, **LONG), K(7, np.int64), results=['int64']),
    *[
        case('CAST', f'{a}_to_{b}', X(S, a, values=v), results=[b], inDataType=TYPES[a], outDataType=TYPES[b])
        for a, b, v in [
            ('float32', 'int32', None),
            ('float32', 'int64', None),
            ('float32', 'uint8', np.arange(24) * 10.7),
            ('float32', 'int8', np.arange(24) * 10 - 120.5),
            ('float32', 'bool', np.arange(24) % 3),
            ('int32', 'float32', np.arange(24) * 99991 - 10**6),
            ('int64', 'float32', np.arange(24) * 3),
            ('bool', 'float32', None),
            ('bool', 'int32', None),
            ('int32', 'int64', np.arange(24) - 12),
            ('int64', 'int32', np.arange(24) - 12),
            ('uint8', 'float32', np.arange(24) * 10),
            ('int8', 'float32', np.arange(24) - 12),
            ('int32', 'bool', np.arange(24) % 3),
            ('float32', 'float16', np.arange(24) * 0.3),
            ('float16', 'float32', np.arange(24) * 0.3),
        ]
    ],
    *[
        case('QUANTIZE', f'to_{t}', X((3, 8), low=-1.2, high=1.2), results=[R(t, scale, zero)])
        for t, scale, zero in (('int8', 0.007, -5), ('uint8', 0.008, 131), ('int16', 3e-5, 0))
    ],
    case('QUANTIZE', 'int8_to_int8', Q((4, 8), 'int8', 0.02, 3), results=[R('int8', 0.031, -9)]),
    case('QUANTIZE', 'uint8_to_int8', Q((4, 8), 'uint8', 0.02, 131), results=[R('int8', 0.02, 3)]),
    case('QUANTIZE', 'int8_to_uint8', Q((4, 8), 'int8', 0.02, 3), results=[R('uint8', 0.02, 131)]),
    case('QUANTIZE', 'int16_to_int8', Q((4, 8), 'int16', 1e-4, 0), results=[R('int8', 0.025, 1)]),
    case('QUANTIZE', 'halves', X((6,), values=[-0.75, -0.25, 0.25, 0.75, 1.25, 63.9]), results=[R('int8', 0.5, 1)]),
    *[
        case('DEQUANTIZE', f'from_{t}', Q((3, 8), t, scale, zero))
        for t, scale, zero in (('int8', 0.007, -5), ('uint8', 0.008, 131), ('int16', 3e-5, 0))
    ],
    case('FAKE_QUANT', 'around_zero', X(S, low=-3, high=3), min=-1.1, max=2.3, numBits=8),
    case('FAKE_QUANT', 'above_zero', X(S, low=-1, high=5), min=0.5, max=4.2, numBits=8),
    case('FAKE_QUANT', 'below_zero', X(S, low=-5, high=1), min=-4.2, max=-0.3, numBits=4),
    case('DEQUANTIZE', 'from_float16', X((3, 8), 'float16')),
    case('DEQUANTIZE', 'float16_weights', W((3, 8), 'float16')),
]
