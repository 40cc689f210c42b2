"""Patterns that a converter fuses, and near misses of them."""

import numpy as np
import tensorflow as tf

from opcases.base import (
    IMAGE,
    VOLUME,
    bias,
    boolean,
    case,
    const,
    conv,
    depthwise,
    f32,
    i32,
    i64,
    positive,
    raw,
    spec,
    transposed,
    uniform,
)

case('fusion', 'leaky max(mul,x)', [spec([2, 3])], lambda x: tf.maximum(x * 0.2, x))
case('fusion', 'leaky alpha>1', [spec([2, 3])], lambda x: tf.maximum(x * 1.2, x))
case('fusion', 'leaky select form', [spec([2, 3])], lambda x: raw.Select(condition=x >= 0.0, x=x, y=x * 0.2))
case('fusion', 'leaky selectv2 form', [spec([2, 3])], lambda x: tf.where(x >= 0.0, x, x * 0.2))
case('fusion', 'min(max(x,0),1)', [spec([2, 3])], lambda x: tf.minimum(tf.maximum(x, 0.0), 1.0))
case('fusion', 'max(min(x,1),0)', [spec([2, 3])], lambda x: tf.maximum(tf.minimum(x, 1.0), 0.0))
case('fusion', 'max(x,0)', [spec([2, 3])], lambda x: tf.maximum(x, 0.0))
case('fusion', 'max(0,x)', [spec([2, 3])], lambda x: tf.maximum(0.0, x))
case('fusion', 'min(relu,6)', [spec([2, 3])], lambda x: tf.minimum(tf.nn.relu(x), 6.0))
case('fusion', 'relu(min(x,6))', [spec([2, 3])], lambda x: tf.nn.relu(tf.minimum(x, 6.0)))
case('fusion', 'max(min(x,6),0)', [spec([2, 3])], lambda x: tf.maximum(tf.minimum(x, 6.0), 0.0))
case('fusion', 'clip 0..6', [spec([2, 3])], lambda x: tf.clip_by_value(x, 0.0, 6.0))
case('fusion', 'clip 0..1', [spec([2, 3])], lambda x: tf.clip_by_value(x, 0.0, 1.0))
case('fusion', 'Add+min(max(0),1)', [spec([2, 3])], lambda x: tf.minimum(tf.maximum(x + 2.0, 0.0), 1.0))
case('fusion', 'clip -1..1 order2', [spec([2, 3])], lambda x: tf.maximum(tf.minimum(x, 1.0), -1.0))
case('fusion', 'exp/sum softmax', [spec([2, 3])], lambda x: tf.exp(x) / tf.reduce_sum(tf.exp(x), -1, keepdims=True))
case('fusion', 'softmax(x-max)', [spec([2, 3])], lambda x: tf.nn.softmax(x - tf.reduce_max(x, -1, keepdims=True)))
case(
    'fusion',
    'log_softmax decomposed',
    [spec([2, 3])],
    lambda x: (lambda s: s - tf.math.log(tf.reduce_sum(tf.exp(s), -1, keepdims=True)))(x - tf.reduce_max(x, -1, keepdims=True)),
)
case('fusion', 'argmax(softmax)', [spec([2, 3])], lambda x: tf.argmax(tf.nn.softmax(x), -1))
case('fusion', 'log(softmax)', [spec([2, 3])], lambda x: tf.math.log(tf.nn.softmax(x)))
case('fusion', 'sigmoid decomposed', [spec([2, 3])], lambda x: 1.0 / (tf.exp(-x) + 1.0))
case('fusion', 'sigmoid decomposed 1+exp', [spec([2, 3])], lambda x: 1.0 / (1.0 + tf.exp(-x)))
case(
    'fusion',
    'elu decomposed',
    [spec([2, 3])],
    lambda x: raw.Select(condition=x > 0.0, x=x, y=tf.exp(raw.Select(condition=x > 0.0, x=tf.zeros([2, 3]), y=x)) - 1.0),
)
case('fusion', 'Relu(SquaredDifference)', [spec([2, 3])] * 2, lambda x, y: tf.nn.relu(tf.math.squared_difference(x, y)))
case('fusion', 'gelu erf other order', [spec([2, 3])], lambda x: x * 0.5 * (1.0 + tf.math.erf(x / 1.4142135)))
case('fusion', 'gelu erfc', [spec([2, 3])], lambda x: 0.5 * x * tf.math.erfc(-x * 0.70710677))
case(
    'fusion', 'gelu tanh x**3', [spec([2, 3])], lambda x: 0.5 * x * (1.0 + tf.tanh(0.7978845608 * (x + 0.044715 * tf.pow(x, 3.0))))
)
case('fusion', 'gelu tanh x*x*x', [spec([2, 3])], lambda x: 0.5 * x * (1.0 + tf.tanh(0.7978845608 * (x + 0.044715 * x * x * x))))
case('fusion', 'gelu quick (sigmoid 1.702)', [spec([2, 3])], lambda x: x * tf.sigmoid(1.702 * x))
case('fusion', 'l2norm div sqrt', [spec([2, 3])], lambda x: x / tf.sqrt(tf.reduce_sum(tf.square(x), -1, keepdims=True)))
case('fusion', 'l2norm x*x', [spec([2, 3])], lambda x: x / tf.sqrt(tf.reduce_sum(x * x, -1, keepdims=True)))
case(
    'fusion', 'l2norm eps add', [spec([2, 3])], lambda x: x * tf.math.rsqrt(tf.reduce_sum(tf.square(x), -1, keepdims=True) + 1e-06)
)
case('fusion', 'l2norm eps big', [spec([2, 3])], lambda x: x * tf.math.rsqrt(tf.reduce_sum(tf.square(x), -1, keepdims=True) + 0.01))
case('fusion', 'l2norm tf.norm', [spec([2, 3])], lambda x: x / tf.norm(x, axis=-1, keepdims=True))
for p in ('SAME', 'VALID'):
    case('fusion', 'Mul vec C +Conv ' + p, [spec(IMAGE)], lambda x, p=p: conv(x * const(uniform(3)), p=p))
    case('fusion', 'Mul scalar +Conv ' + p, [spec(IMAGE)], lambda x, p=p: conv(x * 2.0, p=p))
    case('fusion', 'Add scalar +Conv ' + p, [spec(IMAGE)], lambda x, p=p: conv(x + 2.0, p=p))
    case('fusion', 'Sub scalar +Conv ' + p, [spec(IMAGE)], lambda x, p=p: conv(x - 2.0, p=p))
    case('fusion', 'Div scalar +Conv ' + p, [spec(IMAGE)], lambda x, p=p: conv(x / 2.0, p=p))
    case('fusion', 'Mul scalar +DW ' + p, [spec(IMAGE)], lambda x, p=p: depthwise(x * 2.0, p=p))
    case('fusion', 'Add vec +Conv ' + p, [spec(IMAGE)], lambda x, p=p: conv(x + const(uniform(3)), p=p))
case('fusion', 'Sub const - conv', [spec(IMAGE)], lambda x: 2.0 - conv(x))
case('fusion', 'const + conv (const lhs)', [spec(IMAGE)], lambda x: bias() + conv(x))
case('fusion', 'Conv + rank4 bias', [spec(IMAGE)], lambda x: conv(x) + const(uniform(1, 1, 1, 4)))
case('fusion', 'Conv + [8,8,4] const', [spec(IMAGE)], lambda x: conv(x) + const(uniform(8, 8, 4)))
case('fusion', 'Conv*[1] scalar', [spec(IMAGE)], lambda x: conv(x) * 3.0)
case('fusion', 'Conv used twice + bias', [spec(IMAGE)], lambda x: (lambda y: (y + bias(), y * 2.0))(conv(x)))
case('fusion', 'Conv+Relu+Relu6', [spec(IMAGE)], lambda x: tf.nn.relu6(tf.nn.relu(conv(x))))
case('fusion', 'Conv relu used twice', [spec(IMAGE)], lambda x: (lambda y: (tf.nn.relu(y), y))(conv(x)))
case('fusion', 'DW+Mul', [spec(IMAGE)], lambda x: depthwise(x) * const(uniform(6)))
case('fusion', 'TransposeConv+Mul', [spec(IMAGE)], lambda x: transposed(x) * bias())
case(
    'fusion',
    'TransposeConv+BN',
    [spec(IMAGE)],
    lambda x: raw.FusedBatchNormV3(
        x=transposed(x), scale=const(np.ones(4)), offset=bias(), mean=bias(), variance=const(np.ones(4)), is_training=False
    )[0],
)
case(
    'fusion',
    'Conv+Bias+BN+Relu',
    [spec(IMAGE)],
    lambda x: tf.nn.relu(
        raw.FusedBatchNormV3(
            x=tf.nn.bias_add(conv(x), bias()),
            scale=const(np.ones(4)),
            offset=bias(),
            mean=bias(),
            variance=const(np.ones(4)),
            is_training=False,
        )[0]
    ),
)
case(
    'fusion',
    'Conv3D+Add',
    [spec(VOLUME)],
    lambda x: raw.Conv3D(input=x, filter=const(uniform(2, 3, 3, 3, 4)), strides=[1] * 5, padding='VALID') + bias(),
)
case(
    'fusion',
    'Conv3D+BN',
    [spec(VOLUME)],
    lambda x: raw.FusedBatchNormV3(
        x=raw.Conv3D(input=x, filter=const(uniform(2, 3, 3, 3, 4)), strides=[1] * 5, padding='VALID'),
        scale=const(np.ones(4)),
        offset=bias(),
        mean=bias(),
        variance=const(np.ones(4)),
        is_training=False,
        data_format='NDHWC',
    )[0],
)
case('fusion', 'FC Add scalar', [spec([2, 3])], lambda x: tf.matmul(x, const(uniform(3, 4))) + 2.0)
case('fusion', 'FC Sub', [spec([2, 3])], lambda x: tf.matmul(x, const(uniform(3, 4))) - bias())
case('fusion', 'FC Mul scalar', [spec([2, 3])], lambda x: tf.matmul(x, const(uniform(3, 4))) * 2.0)
case('fusion', 'FC Div', [spec([2, 3])], lambda x: tf.matmul(x, const(uniform(3, 4))) / bias())
case('fusion', 'Add+FC', [spec([2, 3])], lambda x: tf.matmul(x + const(uniform(3)), const(uniform(3, 4))))
case('fusion', 'Mul scalar+FC', [spec([2, 3])], lambda x: tf.matmul(x * 2.0, const(uniform(3, 4))))
case('fusion', 'FC + [1,4]', [spec([2, 3])], lambda x: tf.matmul(x, const(uniform(3, 4))) + const(uniform(1, 4)))
case('fusion', 'FC + nonconst bias', [spec([2, 3]), spec([4])], lambda x, b: tf.matmul(x, const(uniform(3, 4))) + b)
case('fusion', 'FC+FC', [spec([2, 3])], lambda x: tf.matmul(tf.matmul(x, const(uniform(3, 4))), const(uniform(4, 5))))
case('fusion', 'FC+clip', [spec([2, 3])], lambda x: tf.clip_by_value(tf.matmul(x, const(uniform(3, 4))), -1.0, 1.0))
case('fusion', 'FC + [2,4] const', [spec([2, 3])], lambda x: tf.matmul(x, const(uniform(3, 4))) + const(uniform(2, 4)))
case('fusion', 'Flatten+FC dyn', [spec([None, 4, 3])], lambda x: tf.matmul(tf.reshape(x, [-1, 12]), const(uniform(12, 4))))
case('fusion', 'FC+Reshape', [spec([6, 3])], lambda x: tf.reshape(tf.matmul(x, const(uniform(3, 4))), [2, 3, 4]))
case(
    'fusion',
    'Reshape+FC+Reshape',
    [spec([2, 3, 5])],
    lambda x: tf.reshape(tf.matmul(tf.reshape(x, [6, 5]), const(uniform(5, 4))), [2, 3, 4]),
)
case('fusion', 'FC last dim 1', [spec([2, 1])], lambda x: tf.matmul(x, const(uniform(1, 4))))
case('fusion', 'tensordot last dim 1', [spec([2, 5, 1])], lambda x: tf.tensordot(x, const(uniform(1, 4)), 1))
case('fusion', 'Relu(Transpose)', [spec([2, 3, 4])], lambda x: tf.nn.relu(tf.transpose(x, [0, 2, 1])))
case(
    'fusion',
    'Transpose(Add(Transpose))',
    [spec([1, 3, 4, 5])],
    lambda x: tf.transpose(tf.transpose(x, [0, 2, 3, 1]) + const(uniform(3)), [0, 3, 1, 2]),
)
case('fusion', 'Reshape(Reshape)', [spec([2, 3, 4])], lambda x: tf.reshape(tf.reshape(x, [6, 4]), [24]))
case('fusion', 'Relu(Reshape)', [spec([2, 3, 4])], lambda x: tf.nn.relu(tf.reshape(x, [6, 4])))
case('fusion', 'Mean+Reshape keepdims', [spec(IMAGE)], lambda x: tf.reshape(tf.reduce_mean(x, [1, 2]), [1, 1, 1, 3]))
case('fusion', 'Mean+ExpandDims', [spec(IMAGE)], lambda x: tf.expand_dims(tf.expand_dims(tf.reduce_mean(x, [1, 2]), 1), 1))
case('fusion', 'Mean+Mean', [spec(IMAGE)], lambda x: tf.reduce_mean(tf.reduce_mean(x, 1), 1))
case(
    'fusion',
    'Gelu Transpose BMM',
    [spec([2, 3, 4]), spec([2, 5, 4])],
    lambda x, y: tf.matmul(tf.transpose(x, [0, 2, 1]), tf.transpose(y, [0, 2, 1]), transpose_a=True),
)
case(
    'fusion',
    'Transpose after BMM',
    [spec([2, 3, 4]), spec([2, 5, 4])],
    lambda x, y: tf.transpose(tf.matmul(x, y, transpose_b=True), [0, 2, 1]),
)
case('fusion', 'Tile+Add', [spec([1, 3]), spec([2, 3])], lambda x, y: tf.tile(x, [2, 1]) + y)
case('fusion', 'Fill+Mul', [spec([2, 3])], lambda x: tf.fill([2, 3], 2.0) * x)
case('fusion', 'ExpandDims+Add bcast', [spec([3]), spec([2, 3])], lambda x, y: tf.expand_dims(x, 0) + y)
case('fusion', 'Add+Add consts', [spec([2, 3])], lambda x: x + const(uniform(3)) + const(uniform(3) + 1))
case('fusion', 'Mul+Mul consts', [spec([2, 3])], lambda x: x * const(uniform(3)) * const(uniform(3) + 1))
case('fusion', 'Neg(Neg)', [spec([2, 3])], lambda x: tf.negative(tf.negative(x)))
case('fusion', 'Sub neg', [spec([2, 3])] * 2, lambda x, y: x + -y)
case('fusion', 'x-x+y', [spec([2, 3])] * 2, lambda x, y: y + (x - x))
case('fusion', 'Pow 1', [spec([2, 3])], lambda x: tf.pow(x, 1.0))
case('fusion', 'rsqrt mul -> div?', [spec([2, 3])] * 2, lambda x, y: x * tf.math.rsqrt(y))
case('fusion', 'x/sqrt(y)', [spec([2, 3])] * 2, lambda x, y: x / tf.sqrt(y))
case('fusion', 'onehot matmul', [spec([3], i32)], lambda i: tf.matmul(tf.one_hot(i, 5), const(uniform(5, 4))))
case('fusion', 'equal iota -> onehot', [spec([3, 1], i32)], lambda i: tf.equal(i, tf.range(5)))
case('fusion', 'cast(onehot bool)', [spec([3], i32)], lambda i: tf.cast(tf.one_hot(i, 5, True, False), f32))
case('fusion', 'cast bool != 0', [spec([3], boolean)], lambda i: tf.not_equal(tf.cast(i, i32), 0))
case(
    'fusion',
    'select(not c)',
    [spec([3], boolean), spec([3]), spec([3])],
    lambda p, x, y: raw.Select(condition=tf.logical_not(p), x=x, y=y),
)
case('fusion', 'Not(Less)', [spec([3])] * 2, lambda x, y: tf.logical_not(x < y))
case('fusion', 'Gather(Cast)', [spec([5], i32), spec([2], i32)], lambda x, i: tf.gather(tf.cast(x, f32), i))
case('fusion', 'topk+slice', [spec([2, 8])], lambda x: raw.TopKV2(input=x, k=8)[0][:, :2])
case('fusion', 'unpack+concat', [spec([1, 3, 2])], lambda x: tf.concat(tf.unstack(x, axis=1), -1))
case('fusion', 'split+concat same', [spec([2, 6])], lambda x: tf.concat(tf.split(x, 3, 1), 1))
case('fusion', 'gather_nd arange', [spec([3, 2])], lambda x: tf.gather_nd(x, [[0], [1], [2]]))
case('fusion', 'cast twice', [spec([2, 3], i32)], lambda x: tf.cast(tf.cast(x, f32), i32))
case('fusion', 'cast noop', [spec([2, 3])], lambda x: tf.cast(x, f32) + 1.0)
case('fusion', 'Pad+DW VALID', [spec(IMAGE)], lambda x: depthwise(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), p='VALID'))
case('fusion', 'Pad+Conv s2 k3 sym', [spec(IMAGE)], lambda x: conv(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), (2, 2), 'VALID'))
case('fusion', 'Pad+Conv k5 sym2', [spec(IMAGE)], lambda x: conv(tf.pad(x, [[0, 0], [2, 2], [2, 2], [0, 0]]), p='VALID', k=(5, 5)))
case(
    'fusion',
    'Pad+Conv k7 s2 pad3 224',
    [spec([1, 224, 224, 3])],
    lambda x: conv(tf.pad(x, [[0, 0], [3, 3], [3, 3], [0, 0]]), (2, 2), 'VALID', k=(7, 7)),
)
case('fusion', 'Pad+MaxPool', [spec(IMAGE)], lambda x: tf.nn.max_pool2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, 'VALID'))
case(
    'fusion',
    'Pad+Pad',
    [spec(IMAGE)],
    lambda x: tf.pad(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), [[0, 0], [1, 1], [1, 1], [0, 0]]),
)
case(
    'fusion',
    'Pad+Conv3D',
    [spec(VOLUME)],
    lambda x: raw.Conv3D(
        input=tf.pad(x, [[0, 0], [1, 1], [1, 1], [1, 1], [0, 0]]),
        filter=const(uniform(3, 3, 3, 3, 4)),
        strides=[1] * 5,
        padding='VALID',
    ),
)
case(
    'fusion',
    'Pad+Conv1D',
    [spec([1, 8, 3])],
    lambda x: tf.nn.conv1d(tf.pad(x, [[0, 0], [1, 1], [0, 0]]), const(uniform(3, 3, 4)), 1, 'VALID'),
)
case(
    'fusion',
    'resize nearest via reshape/tile 4d',
    [spec([1, 4, 4, 3])],
    lambda x: tf.reshape(tf.tile(tf.reshape(x, [1, 4, 1, 4, 1, 3]), [1, 1, 2, 1, 2, 1]), [1, 8, 8, 3]),
)
case(
    'fusion',
    'dilated STB even',
    [spec([1, 8, 8, 3])],
    lambda x: raw.BatchToSpaceND(
        input=depthwise(raw.SpaceToBatchND(input=x, block_shape=[2, 2], paddings=[[2, 2], [2, 2]]), p='VALID'),
        block_shape=[2, 2],
        crops=[[0, 0], [0, 0]],
    ),
)
case(
    'fusion',
    'dilated STB + bias inside',
    [spec([1, 8, 8, 3])],
    lambda x: raw.BatchToSpaceND(
        input=tf.nn.bias_add(conv(raw.SpaceToBatchND(input=x, block_shape=[2, 2], paddings=[[2, 2], [2, 2]]), p='VALID'), bias()),
        block_shape=[2, 2],
        crops=[[0, 0], [0, 0]],
    ),
)
case(
    'fusion',
    'layernorm+FC',
    [spec([2, 8])],
    lambda x: tf.matmul((x - tf.reduce_mean(x, -1, keepdims=True)) * const(uniform(8)), const(uniform(8, 4))),
)
case(
    'fusion',
    'BN without conv then conv',
    [spec(IMAGE)],
    lambda x: conv(
        raw.FusedBatchNormV3(x=x, scale=positive(), offset=positive(1), mean=positive(2), variance=positive(3), is_training=False)[
            0
        ],
        p='VALID',
    ),
)
case('fusion', 'hard_swish relu6 first', [spec(IMAGE)], lambda x: tf.nn.relu6(x + 3.0) * x / 6.0)
case('fusion', 'hard_swish relu6/6*x', [spec(IMAGE)], lambda x: tf.nn.relu6(x + 3.0) / 6.0 * x)
case('fusion', 'hard_swish 3+x', [spec(IMAGE)], lambda x: x * tf.nn.relu6(3.0 + x) / 6.0)
case('fusion', 'hard_swish .16667', [spec(IMAGE)], lambda x: x * tf.nn.relu6(x + 3.0) * 0.16667)
case('fusion', 'swish x*sigmoid', [spec(IMAGE)], lambda x: x * tf.sigmoid(x))
case('fusion', 'mish', [spec([2, 3])], lambda x: x * tf.tanh(tf.math.softplus(x)))
case('fusion', 'relu(-x) prelu const tensor', [spec([1, 4, 4, 3])], lambda x: tf.nn.relu(x) + const(uniform(3)) * tf.nn.relu(-x))
case('fusion', 'prelu alpha rank4', [spec([1, 4, 4, 3])], lambda x: tf.nn.relu(x) + -const(uniform(1, 1, 1, 3)) * tf.nn.relu(-x))
case('fusion', 'prelu (x-|x|)*a/2', [spec([1, 4, 4, 3])], lambda x: tf.nn.relu(x) + const(uniform(1, 1, 3)) * (x - tf.abs(x)) * 0.5)
case('fusion', 'prelu where', [spec([1, 4, 4, 3])], lambda x: tf.where(x > 0.0, x, x * const(uniform(1, 1, 3))))
case('fusion', 'prelu min form', [spec([1, 4, 4, 3])], lambda x: tf.maximum(0.0, x) + const(uniform(1, 1, 3)) * tf.minimum(0.0, x))
case('fusion', 'Add vec+FC+bias', [spec([2, 3])], lambda x: tf.matmul(x + const(uniform(3)), const(uniform(3, 4))) + bias())
case('fusion', 'FC+Relu+Relu6', [spec([2, 3])], lambda x: tf.nn.relu6(tf.nn.relu(tf.matmul(x, const(uniform(3, 4))))))
case('fusion', 'Concat+Relu', [spec([2, 3])] * 2, lambda x, y: tf.nn.relu(tf.concat([x, y], 0)))
case('fusion', 'L2norm+Relu', [spec([2, 3])], lambda x: tf.nn.relu(tf.nn.l2_normalize(x, -1)))
case('fusion', 'Transposes around add', [spec([2, 3, 4])] * 2, lambda x, y: tf.transpose(x, [0, 2, 1]) + tf.transpose(y, [0, 2, 1]))
case('fusion', 'Relu of Relu6', [spec([2, 3])], lambda x: tf.nn.relu(tf.nn.relu6(x)))
case('fusion', 'log(1+x)', [spec([2, 3])], lambda x: tf.math.log(1.0 + x))
case('fusion', 'AddN of 2 i32', [spec([2, 3], i32)] * 2, lambda a, b: raw.AddN(inputs=[a, b]))
case('fusion', 'Sum+Sqrt EuclideanNorm-like', [spec([2, 3])], lambda x: tf.norm(x, axis=1))
case('fusion', 'shape slice pack reshape', [spec([None, 3, 4])], lambda x: tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], 4]))
case(
    'fusion',
    'Conv bias relu 1D keras style',
    [spec([1, 8, 3])],
    lambda x: tf.nn.relu(tf.nn.conv1d(x, const(uniform(3, 3, 4)), 1, 'SAME') + bias()),
)
case('fusion', 'StridedSlice full', [spec([2, 3])], lambda x: x[:, :])
case('fusion', 'Pack of unpack', [spec([3, 2])], lambda x: tf.stack(tf.unstack(x)))
case('fusion', 'Select const true', [spec([2, 3])] * 2, lambda x, y: raw.Select(condition=tf.fill([2, 3], True), x=x, y=y))
case('fusion', 'BroadcastTo same elems', [spec([1, 2, 3])], lambda x: tf.broadcast_to(x, [1, 2, 3]))
case('fusion', 'Reduce over size1', [spec([1, 3])], lambda x: tf.reduce_sum(x, 0))
case('fusion', 'Cumsum dim1', [spec([1, 3])], lambda x: tf.cumsum(x, 0))
case('fusion', 'Mul by 0', [spec([2, 3])], lambda x: x * 0.0)
case('fusion', 'Sub 0', [spec([2, 3])], lambda x: x - 0.0)
case('fusion', 'Div 1', [spec([2, 3])], lambda x: x / 1.0)
case('fusion', 'Cast i32->i64->i32', [spec([2, 3], i32)], lambda x: tf.cast(tf.cast(x, i64), i32))
case('fusion', 'TransposeConv+Relu no bias', [spec(IMAGE)], lambda x: tf.nn.relu(transposed(x)))
case(
    'fusion',
    'TransposeConv+Bias+clip(-1,1)',
    [spec(IMAGE)],
    lambda x: tf.clip_by_value(tf.nn.bias_add(transposed(x), bias()), -1.0, 1.0),
)
case('fusion', 'topk+Slice op', [spec([2, 8])], lambda x: raw.Slice(input=raw.TopKV2(input=x, k=8)[0], begin=[0, 0], size=[2, 2]))
case('fusion', 'FC dyn weights + Relu', [spec([2, 3]), spec([4, 3])], lambda x, w: tf.nn.relu(tf.matmul(x, w, transpose_b=True)))
case('fusion', 'BMM+Relu', [spec([5, 2, 3]), spec([5, 3, 4])], lambda x, y: tf.nn.relu(tf.matmul(x, y)))
case('fusion', 'BMM+Bias const', [spec([5, 2, 3]), spec([5, 3, 4])], lambda x, y: tf.matmul(x, y) + bias())
case('fusion', 'Dense rank3 + bias + relu', [spec([5, 2, 3])], lambda x: tf.nn.relu(tf.matmul(x, const(uniform(3, 4))) + bias()))
case('fusion', 'L2norm x*x reshape form', [spec([2, 3])], lambda x: x / tf.reshape(tf.sqrt(tf.reduce_sum(x * x, -1)), [2, 1]))
case('fusion', 'leaky max(x,mul)', [spec([2, 3])], lambda x: tf.maximum(x, 0.2 * x))
case('fusion', 'Conv+Add nonconst bias', [spec(IMAGE), spec([4])], lambda x, b: conv(x) + b)
case(
    'fusion',
    'Conv dyn filter + bias',
    [spec(IMAGE), spec([3, 3, 3, 4])],
    lambda x, w: raw.Conv2D(input=x, filter=w, strides=[1] * 4, padding='SAME') + bias(),
)
case('fusion', 'Conv+swish', [spec(IMAGE)], lambda x: (lambda y: y * tf.sigmoid(y))(conv(x)))
case('fusion', 'Conv+hard_swish', [spec(IMAGE)], lambda x: (lambda y: y * tf.nn.relu6(y + 3.0) / 6.0)(conv(x) + bias()))
case('fusion', 'relu then add then relu (resnet)', [spec(IMAGE)], lambda x: tf.nn.relu(conv(x, co=3) + x))
case('fusion', 'Conv+Sub scalar+Mul', [spec(IMAGE)], lambda x: (conv(x) - 1.0) * 2.0)
case('fusion', 'x/255-0.5 + Conv VALID', [spec(IMAGE)], lambda x: conv(x / 255.0 - 0.5, p='VALID'))
case('fusion', 'x/127.5-1 + Conv SAME', [spec(IMAGE)], lambda x: conv(x / 127.5 - 1.0, p='SAME'))
