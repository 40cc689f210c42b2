"""Matrix products, norms, activations; Keras layers."""

import keras
import tensorflow as tf

from opcases.base import IMAGE, VOLUME, case, const, f16, f32, i8, i32, layer, positive, raw, spec, uniform

case('nn', 'LeakyRelu/f32', [spec([2, 3])], lambda x: raw.LeakyRelu(features=x, alpha=0.3))
case('nn', 'LeakyRelu/alpha1', [spec([2, 3])], lambda x: raw.LeakyRelu(features=x, alpha=1.0))
for ta in (False, True):
    for tb in (False, True):
        case(
            'nn',
            'MatMul/const rhs ta=%d tb=%d' % (ta, tb),
            [spec([3, 2] if ta else [2, 3])],
            lambda x, ta=ta, tb=tb: raw.MatMul(
                a=x, b=const(uniform(4, 3) if tb else uniform(3, 4)), transpose_a=ta, transpose_b=tb
            ),
        )
        case(
            'nn',
            'MatMul/dyn rhs ta=%d tb=%d' % (ta, tb),
            [spec([3, 2] if ta else [2, 3]), spec([4, 3] if tb else [3, 4])],
            lambda x, y, ta=ta, tb=tb: raw.MatMul(a=x, b=y, transpose_a=ta, transpose_b=tb),
        )
case('nn', 'MatMul/i32', [spec([2, 3], i32), spec([3, 4], i32)], lambda x, y: raw.MatMul(a=x, b=y))
case('nn', 'MatMul/const lhs', [spec([3, 4])], lambda y: raw.MatMul(a=const(uniform(2, 3)), b=y))
case('nn', 'MatMul/dyn batch const rhs', [spec([None, 3])], lambda x: raw.MatMul(a=x, b=const(uniform(3, 4))))
case(
    'nn',
    'MatMul+BiasAdd+Relu',
    [spec([2, 3])],
    lambda x: tf.nn.relu(tf.nn.bias_add(tf.matmul(x, const(uniform(3, 4))), const(uniform(4)))),
)
case('nn', 'MatMul+Add+Relu6', [spec([2, 3])], lambda x: tf.nn.relu6(tf.matmul(x, const(uniform(3, 4))) + const(uniform(4))))
case('nn', 'MatMul+Add+Mul', [spec([2, 3])], lambda x: (tf.matmul(x, const(uniform(3, 4))) + const(uniform(4))) * const(uniform(4)))
case('nn', 'MatMul of Mul', [spec([2, 3])], lambda x: tf.matmul(x * const(uniform(3)), const(uniform(3, 4))))
case('nn', 'MatMul of Reshape', [spec([2, 3, 1])], lambda x: tf.matmul(tf.reshape(x, [2, 3]), const(uniform(3, 4))))
case('nn', 'MatMul+Tanh', [spec([2, 3])], lambda x: tf.tanh(tf.matmul(x, const(uniform(3, 4)))))
for ax in (False, True):
    for ay in (False, True):
        case(
            'nn',
            'BatchMatMulV2/rank3 const rank2 adj=%d%d' % (ax, ay),
            [spec([5, 3, 2] if ax else [5, 2, 3])],
            lambda x, ax=ax, ay=ay: raw.BatchMatMulV2(x=x, y=const(uniform(4, 3) if ay else uniform(3, 4)), adj_x=ax, adj_y=ay),
        )
        case(
            'nn',
            'BatchMatMulV2/rank3 both dyn adj=%d%d' % (ax, ay),
            [spec([5, 3, 2] if ax else [5, 2, 3]), spec([5, 4, 3] if ay else [5, 3, 4])],
            lambda x, y, ax=ax, ay=ay: raw.BatchMatMulV2(x=x, y=y, adj_x=ax, adj_y=ay),
        )
case('nn', 'BatchMatMul/V1', [spec([5, 2, 3]), spec([5, 3, 4])], lambda x, y: raw.BatchMatMul(x=x, y=y))
case('nn', 'BatchMatMulV3/f32', [spec([5, 2, 3]), spec([5, 3, 4])], lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=f32))
case('nn', 'BatchMatMulV3/i8->i32', [spec([5, 2, 3], i8), spec([5, 3, 4], i8)], lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=i32))
case('nn', 'BatchMatMulV2/rank6', [spec([1, 1, 1, 5, 2, 3]), spec([1, 1, 1, 5, 3, 4])], lambda x, y: raw.BatchMatMulV2(x=x, y=y))
case('nn', 'BatchMatMulV2/bcast', [spec([1, 2, 3]), spec([5, 3, 4])], lambda x, y: raw.BatchMatMulV2(x=x, y=y))
case('nn', 'BatchMatMulV2/dyn batch', [spec([None, 2, 3]), spec([None, 3, 4])], lambda x, y: raw.BatchMatMulV2(x=x, y=y))
case('nn', 'BatchMatMulV2/const rank3 rhs', [spec([5, 2, 3])], lambda x: raw.BatchMatMulV2(x=x, y=const(uniform(5, 3, 4))))
case('nn', 'BatchMatMulV2/rank2', [spec([2, 3]), spec([3, 4])], lambda x, y: raw.BatchMatMulV2(x=x, y=y))
case('nn', 'BatchMatMulV2/const rhs [1,k,n]', [spec([5, 2, 3])], lambda x: raw.BatchMatMulV2(x=x, y=const(uniform(1, 3, 4))))
case('nn', 'tf.tensordot', [spec([2, 5, 3])], lambda x: tf.tensordot(x, const(uniform(3, 4)), 1))
case(
    'nn',
    'Transpose+BatchMatMul',
    [spec([5, 2, 3]), spec([5, 4, 3])],
    lambda x, y: raw.BatchMatMulV2(x=x, y=tf.transpose(y, [0, 2, 1])),
)
case(
    'nn',
    'Dilation2D',
    [spec(IMAGE)],
    lambda x: raw.Dilation2D(input=x, filter=const(uniform(3, 3, 3)), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding='SAME'),
)
case('nn', 'L2 pool', [spec(IMAGE)], lambda x: tf.sqrt(tf.nn.avg_pool2d(tf.square(x), 2, 2, 'VALID')))
case(
    'nn',
    'FusedBatchNormV3/training',
    [spec(IMAGE)],
    lambda x: raw.FusedBatchNormV3(
        x=x, scale=positive(), offset=positive(1), mean=const([]), variance=const([]), is_training=True, epsilon=0.001
    )[0],
)
case(
    'nn',
    'FusedBatchNormV3/NCHW',
    [spec([1, 3, 8, 8])],
    lambda x: raw.FusedBatchNormV3(
        x=x, scale=positive(), offset=positive(1), mean=positive(2), variance=positive(3), is_training=False, data_format='NCHW'
    )[0],
)
case(
    'nn',
    'FusedBatchNormV3/f16',
    [spec(IMAGE, f16)],
    lambda x: raw.FusedBatchNormV3(
        x=x, scale=positive(), offset=positive(1), mean=positive(2), variance=positive(3), is_training=False
    )[0],
)
case(
    'nn',
    'FusedBatchNormV3/NDHWC',
    [spec(VOLUME)],
    lambda x: raw.FusedBatchNormV3(
        x=x, scale=positive(), offset=positive(1), mean=positive(2), variance=positive(3), is_training=False, data_format='NDHWC'
    )[0],
)
case(
    'nn',
    'FusedBatchNormV3/non-const',
    [spec(IMAGE), spec([3])],
    lambda x, s: raw.FusedBatchNormV3(x=x, scale=s, offset=positive(1), mean=positive(2), variance=positive(3), is_training=False)[
        0
    ],
)
case(
    'nn',
    'FusedBatchNormV3+Relu',
    [spec(IMAGE)],
    lambda x: tf.nn.relu(
        raw.FusedBatchNormV3(x=x, scale=positive(), offset=positive(1), mean=positive(2), variance=positive(3), is_training=False)[
            0
        ]
    ),
)
case(
    'nn',
    'BatchNormWithGlobalNormalization',
    [spec(IMAGE)],
    lambda x: raw.BatchNormWithGlobalNormalization(
        t=x,
        m=positive(),
        v=positive(1),
        beta=positive(2),
        gamma=positive(3),
        variance_epsilon=0.001,
        scale_after_normalization=True,
    ),
)
case('nn', 'BiasAdd/NHWC', [spec(IMAGE)], lambda x: raw.BiasAdd(value=x, bias=positive()))
case('nn', 'BiasAdd/NCHW', [spec([1, 3, 8, 8])], lambda x: raw.BiasAdd(value=x, bias=positive(), data_format='NCHW'))
case('nn', 'BiasAdd/i32', [spec([2, 3], i32)], lambda x: raw.BiasAdd(value=x, bias=const([1, 2, 3], i32)))
case('nn', 'BiasAddV1', [spec(IMAGE)], lambda x: raw.BiasAddV1(value=x, bias=positive()))
case('nn', 'BiasAddGrad', [spec(IMAGE)], lambda x: raw.BiasAddGrad(out_backprop=x))
for r in (1, 2, 3, 4, 5):
    case('nn', 'Softmax/rank%d' % r, [spec([2] * r)], lambda x: raw.Softmax(logits=x))
case('nn', 'LogSoftmax', [spec([2, 3])], lambda x: raw.LogSoftmax(logits=x))
case('nn', 'Softmax axis=1 of 3', [spec([2, 3, 4])], lambda x: tf.nn.softmax(x, axis=1))
case('nn', 'Softmax/f16', [spec([2, 3], f16)], lambda x: raw.Softmax(logits=x))
case(
    'nn',
    'SoftmaxCrossEntropyWithLogits',
    [spec([2, 3])] * 2,
    lambda x, y: raw.SoftmaxCrossEntropyWithLogits(features=x, labels=y)[0],
)
case(
    'nn',
    'SparseSoftmaxCrossEntropyWithLogits',
    [spec([2, 3]), spec([2], i32)],
    lambda x, y: raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=y)[0],
)
case('nn', 'LRN', [spec(IMAGE)], lambda x: raw.LRN(input=x))
case('nn', 'LRN/attrs', [spec(IMAGE)], lambda x: raw.LRN(input=x, depth_radius=2, bias=2.0, alpha=0.0001, beta=0.75))
case('nn', 'l2_normalize last', [spec([2, 3])], lambda x: tf.nn.l2_normalize(x, -1))
case('nn', 'l2_normalize 4d last', [spec(IMAGE)], lambda x: tf.nn.l2_normalize(x, 3))
case('nn', 'l2_normalize axis0', [spec([2, 3])], lambda x: tf.nn.l2_normalize(x, 0))
case('nn', 'gelu exact', [spec([2, 3])], lambda x: tf.nn.gelu(x, False))
case('nn', 'gelu tanh', [spec([2, 3])], lambda x: tf.nn.gelu(x, True))
case('nn', 'hard_swish', [spec(IMAGE)], lambda x: x * tf.nn.relu6(x + 3.0) / 6.0)
case('nn', 'hard_swish mul', [spec(IMAGE)], lambda x: x * tf.nn.relu6(x + 3.0) * (1.0 / 6.0))
case('nn', 'hard_swish order2', [spec(IMAGE)], lambda x: x * (tf.nn.relu6(x + 3.0) * (1.0 / 6.0)))
case('nn', 'swish', [spec([2, 3])], lambda x: tf.nn.silu(x))
case('nn', 'hard_sigmoid', [spec([2, 3])], lambda x: tf.nn.relu6(x + 3.0) / 6.0)
case('nn', 'hard_swish clip', [spec(IMAGE)], lambda x: x * tf.clip_by_value(x + 3.0, 0.0, 6.0) / 6.0)
case('nn', 'prelu relu form', [spec([1, 4, 4, 3])], lambda x: tf.nn.relu(x) + const(uniform(1, 1, 3)) * -tf.nn.relu(-x))
case('nn', 'prelu keras form', [spec([1, 4, 4, 3])], lambda x: tf.nn.relu(x) + -const(uniform(1, 1, 3)) * tf.nn.relu(-x))
case('nn', 'leaky max form', [spec([2, 3])], lambda x: tf.maximum(x, x * 0.2))
case(
    'nn',
    'layernorm',
    [spec([2, 8])],
    lambda x: (lambda m: (x - m) * tf.math.rsqrt(tf.reduce_mean(tf.square(x - m), -1, keepdims=True) + 1e-06))(
        tf.reduce_mean(x, -1, keepdims=True)
    ),
)
case('nn', 'InTopKV2', [spec([2, 3]), spec([2], i32)], lambda x, y: raw.InTopKV2(predictions=x, targets=y, k=2))
case('nn', 'CTCGreedyDecoder', [spec([3, 1, 4]), spec([1], i32)], lambda x, y: raw.CTCGreedyDecoder(inputs=x, sequence_length=y)[1])
for nm, ly, sh in (
    ('Dense', lambda: keras.layers.Dense(4, 'relu'), (3,)),
    ('Dense rank3', lambda: keras.layers.Dense(4), (5, 3)),
    ('PReLU', lambda: keras.layers.PReLU(shared_axes=[1, 2]), (4, 4, 3)),
    ('GroupNormalization', lambda: keras.layers.GroupNormalization(1), (4, 4, 3)),
    ('LayerNormalization', lambda: keras.layers.LayerNormalization(), (8,)),
    ('BatchNormalization', lambda: keras.layers.BatchNormalization(), (4, 4, 3)),
    ('UpSampling2D bilinear', lambda: keras.layers.UpSampling2D(2, interpolation='bilinear'), (4, 4, 3)),
    ('UpSampling2D nearest', lambda: keras.layers.UpSampling2D(2), (4, 4, 3)),
    ('Conv2DTranspose', lambda: keras.layers.Conv2DTranspose(4, 3, 2, 'same'), (4, 4, 3)),
    ('SeparableConv2D', lambda: keras.layers.SeparableConv2D(4, 3, padding='same'), (8, 8, 3)),
    ('Embedding', lambda: keras.layers.Embedding(10, 4), (5,)),
    ('GlobalAveragePooling2D', lambda: keras.layers.GlobalAveragePooling2D(), (4, 4, 3)),
    ('Softmax', lambda: keras.layers.Softmax(), (4,)),
    ('hard_silu', lambda: keras.layers.Activation('hard_silu'), (4, 4, 3)),
    ('gelu', lambda: keras.layers.Activation('gelu'), (4,)),
    ('hard_sigmoid', lambda: keras.layers.Activation('hard_sigmoid'), (4,)),
    ('LeakyReLU', lambda: keras.layers.LeakyReLU(0.2), (4,)),
    ('ReLU max6', lambda: keras.layers.ReLU(6.0), (4,)),
    ('ReLU slope/threshold', lambda: keras.layers.ReLU(6.0, 0.1, 0.5), (4,)),
    ('selu', lambda: keras.layers.Activation('selu'), (4,)),
    ('softsign', lambda: keras.layers.Activation('softsign'), (4,)),
    ('mish', lambda: keras.layers.Activation('mish'), (4,)),
    ('Conv1DTranspose', lambda: keras.layers.Conv1DTranspose(4, 3, 2, 'same'), (8, 3)),
    ('MaxPooling1D', lambda: keras.layers.MaxPooling1D(2), (8, 3)),
    ('ZeroPadding2D', lambda: keras.layers.ZeroPadding2D(1), (4, 4, 3)),
    ('Resizing', lambda: keras.layers.Resizing(8, 8), (4, 4, 3)),
    ('UnitNormalization', lambda: keras.layers.UnitNormalization(), (4,)),
    ('Conv2D causal-like dil', lambda: keras.layers.Conv1D(4, 3, padding='causal', dilation_rate=2), (8, 3)),
    ('Flatten', lambda: keras.layers.Flatten(), (4, 4, 3)),
    ('Cropping2D', lambda: keras.layers.Cropping2D(1), (4, 4, 3)),
    ('Normalization', lambda: keras.layers.Normalization(mean=1.0, variance=2.0), (4,)),
    ('Rescaling', lambda: keras.layers.Rescaling(1.0 / 255, -1.0), (4,)),
    ('DepthwiseConv2D', lambda: keras.layers.DepthwiseConv2D(3, padding='same'), (8, 8, 3)),
):
    case('nn', 'Keras ' + nm, keras=layer(ly, sh))
case(
    'nn',
    'FusedBatchNormGradV3',
    [spec(IMAGE), spec(IMAGE)],
    lambda x, g: raw.FusedBatchNormGradV3(
        y_backprop=g,
        x=x,
        scale=positive(),
        reserve_space_1=positive(),
        reserve_space_2=positive(1),
        reserve_space_3=positive(2),
        is_training=False,
    )[0],
)
case('nn', 'SparseMatMul', [spec([2, 3]), spec([3, 4])], lambda x, y: raw.SparseMatMul(a=x, b=y))
case('nn', 'ResizeNearestNeighborGrad', [spec([1, 8, 8, 3])], lambda x: raw.ResizeNearestNeighborGrad(grads=x, size=[4, 4]))
case('nn', 'unfold_batchmatmul', [spec([5, 2, 3]), spec([5, 3, 4])], lambda x, y: raw.BatchMatMulV2(x=x, y=y))
case('nn', 'keras.ops.softmax', [spec([2, 3, 4])], lambda x: keras.ops.softmax(x, 1))
case('nn', 'keras.ops.one_hot', [spec([2], i32)], lambda x: keras.ops.one_hot(x, 4))
case(
    'nn',
    'Keras MultiHeadAttention',
    keras=lambda: (lambda i: keras.Model(i, keras.layers.MultiHeadAttention(2, 4)(i, i)))(keras.Input((5, 8), batch_size=1)),
)
case(
    'nn',
    'Keras Attention',
    keras=lambda: (lambda i: keras.Model(i, keras.layers.Attention()([i, i])))(keras.Input((5, 8), batch_size=1)),
)
case('nn', 'Keras Conv3D', keras=layer(lambda: keras.layers.Conv3D(4, 3, activation='relu'), (8, 8, 8, 3)))
case('nn', 'Keras Conv2D groups', keras=layer(lambda: keras.layers.Conv2D(6, 3, groups=3), (8, 8, 3)))
case('nn', 'Keras ELU/Softplus/ReLU', keras=layer(lambda: keras.layers.ELU(alpha=0.5), (4,)))
case('nn', 'Keras Dense dyn batch', keras=lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, 'relu')]))
case(
    'nn',
    'Keras Flatten dyn batch',
    keras=lambda: keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)]),
)
case(
    'nn',
    'Keras Conv1D dyn batch',
    keras=lambda: keras.Sequential([keras.Input((8, 3)), keras.layers.Conv1D(4, 3, activation='relu')]),
)
case('nn', 'Keras GlobalMaxPooling2D', keras=layer(lambda: keras.layers.GlobalMaxPooling2D(), (4, 4, 3)))
case('nn', 'Keras AveragePooling2D same', keras=layer(lambda: keras.layers.AveragePooling2D(2, padding='same'), (5, 5, 3)))
case(
    'nn', 'Keras RMSNorm-like', [spec([2, 8])], lambda x: x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + 1e-06)
)
