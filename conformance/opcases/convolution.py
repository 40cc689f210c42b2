"""Convolutions and pools."""

import tensorflow as tf

from opcases.base import IMAGE, VOLUME, bias, case, const, conv, depthwise, f16, i32, positive, raw, spec, transposed, uniform

case('nn', 'Conv2D/SAME', [spec(IMAGE)], lambda x: conv(x))
case('nn', 'Conv2D/VALID s2', [spec(IMAGE)], lambda x: conv(x, (2, 2), 'VALID'))
case('nn', 'Conv2D/dil2', [spec(IMAGE)], lambda x: conv(x, d=(2, 2)))
case('nn', 'Conv2D/1x1', [spec(IMAGE)], lambda x: conv(x, k=(1, 1)))
case('nn', 'Conv2D/EXPLICIT', [spec(IMAGE)], lambda x: conv(x, (2, 2), 'EXPLICIT', ep=[0, 0, 1, 1, 1, 1, 0, 0]))
case('nn', 'Conv2D/NCHW', [spec([1, 3, 8, 8])], lambda x: conv(x, df='NCHW'))
case('nn', 'Conv2D/EXPLICIT =SAME', [spec(IMAGE)], lambda x: conv(x, (1, 1), 'EXPLICIT', ep=[0, 0, 1, 1, 1, 1, 0, 0]))
case('nn', 'Conv2D/grouped', [spec([1, 8, 8, 6])], lambda x: conv(x, ci=3, co=4))
case('nn', 'Conv2D/grouped = depthwise', [spec([1, 8, 8, 3])], lambda x: conv(x, ci=1, co=6))
case(
    'nn',
    'Conv2D/dyn filter',
    [spec(IMAGE), spec([3, 3, 3, 4])],
    lambda x, w: raw.Conv2D(input=x, filter=w, strides=[1, 1, 1, 1], padding='SAME'),
)
case('nn', 'Conv2D/dyn HW', [spec([None, None, None, 3])], lambda x: conv(x))
case(
    'nn',
    'Conv2D/s2 dil2',
    [spec(IMAGE)],
    lambda x: raw.Conv2D(input=x, filter=const(uniform(3, 3, 3, 4)), strides=[1, 2, 2, 1], padding='SAME', dilations=[1, 2, 2, 1]),
)
case(
    'nn',
    'Conv2D/f16',
    [spec(IMAGE, f16)],
    lambda x: raw.Conv2D(input=x, filter=const(uniform(3, 3, 3, 4), f16), strides=[1, 1, 1, 1], padding='SAME'),
)
case('nn', 'Conv2D+BiasAdd+Relu', [spec(IMAGE)], lambda x: tf.nn.relu(tf.nn.bias_add(conv(x), bias())))
case('nn', 'Conv2D+Add scalar', [spec(IMAGE)], lambda x: conv(x) + 2.0)
case('nn', 'Conv2D+Mul+Add', [spec(IMAGE)], lambda x: conv(x) * bias() + const(uniform(4) + 2))
case('nn', 'Conv2D+Bias+Tanh', [spec(IMAGE)], lambda x: tf.tanh(tf.nn.bias_add(conv(x), bias())))
case('nn', 'Conv2D+Bias+LeakyRelu', [spec(IMAGE)], lambda x: tf.nn.leaky_relu(tf.nn.bias_add(conv(x), bias())))
case('nn', 'Conv2D+Bias+Sigmoid', [spec(IMAGE)], lambda x: tf.sigmoid(tf.nn.bias_add(conv(x), bias())))
case('nn', 'Conv2D+clip(-1,1)', [spec(IMAGE)], lambda x: tf.clip_by_value(conv(x), -1.0, 1.0))
case('nn', 'Conv2D+min(max(0),1)', [spec(IMAGE)], lambda x: tf.minimum(tf.maximum(conv(x), 0.0), 1.0))
case('nn', 'Conv2D+Div', [spec(IMAGE)], lambda x: conv(x) / bias())
case('nn', 'Conv2D+Sub', [spec(IMAGE)], lambda x: conv(x) - bias())
case('nn', 'Pad+Conv2D VALID', [spec(IMAGE)], lambda x: conv(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), p='VALID'))
case(
    'nn',
    'Pad+Conv2D VALID s2 (SAME-like)',
    [spec(IMAGE)],
    lambda x: conv(tf.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]]), (2, 2), 'VALID'),
)
case('nn', 'Pad asym +Conv2D s2', [spec(IMAGE)], lambda x: conv(tf.pad(x, [[0, 0], [1, 0], [1, 0], [0, 0]]), (2, 2), 'VALID'))
case('nn', 'Mul+Conv2D', [spec(IMAGE)], lambda x: conv(x * const(uniform(3))))
case('nn', 'DW/SAME', [spec(IMAGE)], lambda x: depthwise(x))
case('nn', 'DW/s2 VALID', [spec(IMAGE)], lambda x: depthwise(x, (2, 2), 'VALID'))
case('nn', 'DW/dil', [spec(IMAGE)], lambda x: depthwise(x, d=(2, 2)))
case('nn', 'DW/EXPLICIT', [spec(IMAGE)], lambda x: depthwise(x, (2, 2), 'EXPLICIT', ep=[0, 0, 1, 1, 1, 1, 0, 0]))
case('nn', 'DW/strides 1,2', [spec(IMAGE)], lambda x: depthwise(x, (1, 2)))
case('nn', 'DW+Bias+Relu6', [spec(IMAGE)], lambda x: tf.nn.relu6(tf.nn.bias_add(depthwise(x), const(uniform(6)))))
case(
    'nn',
    'DW/dyn filter',
    [spec(IMAGE), spec([3, 3, 3, 2])],
    lambda x, w: raw.DepthwiseConv2dNative(input=x, filter=w, strides=[1, 1, 1, 1], padding='SAME'),
)
case(
    'nn',
    'SpaceToBatch+Conv+BatchToSpace',
    [spec([1, 12, 12, 3])],
    lambda x: raw.BatchToSpaceND(
        input=conv(raw.SpaceToBatchND(input=x, block_shape=[2, 2], paddings=[[2, 2], [2, 2]]), p='VALID'),
        block_shape=[2, 2],
        crops=[[0, 0], [0, 0]],
    ),
)
case(
    'nn',
    'tf.nn.convolution dil (SAME)',
    [spec(IMAGE)],
    lambda x: tf.nn.convolution(x, const(uniform(3, 3, 3, 4)), padding='SAME', dilations=2),
)
case('nn', 'Conv1D', [spec([1, 8, 3])], lambda x: tf.nn.conv1d(x, const(uniform(3, 3, 4)), 1, 'SAME'))
case('nn', 'Conv1D dil2', [spec([1, 8, 3])], lambda x: tf.nn.conv1d(x, const(uniform(3, 3, 4)), 1, 'SAME', dilations=2))
case(
    'nn',
    'Conv1D dyn batch+bias+relu',
    [spec([None, 8, 3])],
    lambda x: tf.nn.relu(tf.nn.bias_add(tf.nn.conv1d(x, const(uniform(3, 3, 4)), 1, 'SAME'), bias())),
)
case('nn', 'Conv2DBackpropInput/SAME s2', [spec(IMAGE)], lambda x: transposed(x))
case('nn', 'Conv2DBackpropInput/VALID', [spec(IMAGE)], lambda x: transposed(x, 'VALID', os_=(1, 17, 17, 4)))
case('nn', 'Conv2DBackpropInput/dil2', [spec(IMAGE)], lambda x: transposed(x, s=(1, 1), d=(2, 2), os_=(1, 8, 8, 4)))
case('nn', 'Conv2DBackpropInput+Bias+Relu', [spec(IMAGE)], lambda x: tf.nn.relu(tf.nn.bias_add(transposed(x), bias())))
case(
    'nn',
    'Conv2DBackpropInput dyn shape',
    [spec([None, 8, 8, 3])],
    lambda x: raw.Conv2DBackpropInput(
        input_sizes=tf.stack([tf.shape(x)[0], 16, 16, 4]),
        filter=const(uniform(3, 3, 4, 3)),
        out_backprop=x,
        strides=[1, 2, 2, 1],
        padding='SAME',
    ),
)
case(
    'nn',
    'Conv2DBackpropFilter',
    [spec(IMAGE), spec([1, 8, 8, 4])],
    lambda x, y: raw.Conv2DBackpropFilter(input=x, filter_sizes=[3, 3, 3, 4], out_backprop=y, strides=[1, 1, 1, 1], padding='SAME'),
)
case(
    'nn',
    'DepthwiseConv2dNativeBackpropInput',
    [spec(IMAGE)],
    lambda x: raw.DepthwiseConv2dNativeBackpropInput(
        input_sizes=[1, 8, 8, 3], filter=const(uniform(3, 3, 3, 1)), out_backprop=x, strides=[1, 1, 1, 1], padding='SAME'
    ),
)
case(
    'nn',
    'Conv3D/SAME',
    [spec(VOLUME)],
    lambda x: raw.Conv3D(input=x, filter=const(uniform(2, 3, 3, 3, 4)), strides=[1, 1, 2, 2, 1], padding='SAME'),
)
case(
    'nn',
    'Conv3D/dil',
    [spec(VOLUME)],
    lambda x: raw.Conv3D(input=x, filter=const(uniform(2, 3, 3, 3, 4)), strides=[1] * 5, padding='SAME', dilations=[1, 2, 2, 2, 1]),
)
case(
    'nn',
    'Conv3D+Bias+Relu',
    [spec(VOLUME)],
    lambda x: tf.nn.relu(
        tf.nn.bias_add(raw.Conv3D(input=x, filter=const(uniform(2, 3, 3, 3, 4)), strides=[1] * 5, padding='VALID'), bias())
    ),
)
case(
    'nn',
    'Conv3DBackpropInputV2',
    [spec(VOLUME)],
    lambda x: raw.Conv3DBackpropInputV2(
        input_sizes=[1, 8, 16, 16, 4], filter=const(uniform(3, 3, 3, 4, 3)), out_backprop=x, strides=[1, 2, 2, 2, 1], padding='SAME'
    ),
)
case(
    'nn',
    'Conv3D/NCDHW',
    [spec([1, 3, 4, 8, 8])],
    lambda x: raw.Conv3D(input=x, filter=const(uniform(2, 3, 3, 3, 4)), strides=[1] * 5, padding='SAME', data_format='NCDHW'),
)
for n in ('MaxPool', 'AvgPool'):
    a = 'input' if n == 'MaxPool' else 'value'
    for p in ('SAME', 'VALID'):
        case(
            'nn',
            '%s/%s' % (n, p),
            [spec(IMAGE)],
            lambda x, n=n, a=a, p=p: getattr(raw, n)(**{a: x}, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding=p),
        )
    case(
        'nn',
        n + '/NCHW',
        [spec([1, 3, 8, 8])],
        lambda x, n=n, a=a: getattr(raw, n)(
            **{a: x}, ksize=[1, 1, 2, 2], strides=[1, 1, 2, 2], padding='VALID', data_format='NCHW'
        ),
    )
    case(
        'nn',
        n + '/ksize in C',
        [spec([1, 8, 8, 4])],
        lambda x, n=n, a=a: getattr(raw, n)(**{a: x}, ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2], padding='VALID'),
    )
    case(
        'nn',
        n + '+Relu',
        [spec(IMAGE)],
        lambda x, n=n, a=a: tf.nn.relu(getattr(raw, n)(**{a: x}, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='VALID')),
    )
case(
    'nn',
    'MaxPool/EXPLICIT',
    [spec(IMAGE)],
    lambda x: raw.MaxPool(
        input=x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='EXPLICIT', explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0]
    ),
)
case(
    'nn',
    'MaxPool/i32',
    [spec(IMAGE, i32)],
    lambda x: raw.MaxPool(input=x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME'),
)
case('nn', 'MaxPoolV2', [spec(IMAGE)], lambda x: raw.MaxPoolV2(input=x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME'))
case(
    'nn',
    'MaxPoolWithArgmax',
    [spec(IMAGE)],
    lambda x: raw.MaxPoolWithArgmax(input=x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME'),
)
case(
    'nn',
    'MaxPool3D',
    [spec(VOLUME)],
    lambda x: raw.MaxPool3D(input=x, ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding='SAME'),
)
case(
    'nn',
    'AvgPool3D',
    [spec(VOLUME)],
    lambda x: raw.AvgPool3D(input=x, ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding='SAME'),
)
case('nn', 'FractionalMaxPool', [spec(IMAGE)], lambda x: raw.FractionalMaxPool(value=x, pooling_ratio=[1.0, 1.5, 1.5, 1.0])[0])
for n in ('FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'):
    case(
        'nn',
        n + '/infer',
        [spec(IMAGE)],
        lambda x, n=n: getattr(raw, n)(
            x=x, scale=positive(), offset=positive(1), mean=positive(2), variance=positive(3), is_training=False, epsilon=0.001
        )[0],
    )
    case(
        'nn',
        'Conv2D+' + n,
        [spec([1, 8, 8, 3])],
        lambda x, n=n: getattr(raw, n)(
            x=conv(x, co=3),
            scale=positive(),
            offset=positive(1),
            mean=positive(2),
            variance=positive(3),
            is_training=False,
            epsilon=0.001,
        )[0],
    )
case(
    'nn',
    'DW+FusedBatchNormV3+Relu6',
    [spec(IMAGE)],
    lambda x: tf.nn.relu6(
        raw.FusedBatchNormV3(
            x=depthwise(x, m=1), scale=positive(), offset=positive(1), mean=positive(2), variance=positive(3), is_training=False
        )[0]
    ),
)
case(
    'nn',
    'MaxPoolGrad',
    [spec(IMAGE), spec([1, 4, 4, 3]), spec([1, 4, 4, 3])],
    lambda x, y, g: raw.MaxPoolGrad(orig_input=x, orig_output=y, grad=g, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='VALID'),
)
case(
    'nn',
    'AvgPoolGrad',
    [spec([1, 4, 4, 3])],
    lambda g: raw.AvgPoolGrad(orig_input_shape=[1, 8, 8, 3], grad=g, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='VALID'),
)
case(
    'nn',
    'Conv2D/NCHW chain',
    [spec([1, 3, 8, 8])],
    lambda x: tf.nn.relu(
        tf.nn.bias_add(
            raw.Conv2D(
                input=tf.nn.relu(tf.nn.bias_add(conv(x, df='NCHW'), bias(), data_format='NCHW')),
                filter=const(uniform(3, 3, 4, 4)),
                strides=[1] * 4,
                padding='SAME',
                data_format='NCHW',
            ),
            bias(),
            data_format='NCHW',
        )
    ),
)
case(
    'nn',
    'NCHW BN relu pool chain',
    [spec([1, 3, 8, 8])],
    lambda x: raw.MaxPool(
        input=tf.nn.relu(
            raw.FusedBatchNormV3(
                x=conv(x, df='NCHW'),
                scale=bias() + 2.0,
                offset=bias(),
                mean=bias(),
                variance=bias() + 2.0,
                is_training=False,
                data_format='NCHW',
            )[0]
        ),
        ksize=[1, 1, 2, 2],
        strides=[1, 1, 2, 2],
        padding='VALID',
        data_format='NCHW',
    ),
)
case('nn', 'NCHW mean over HW', [spec([1, 3, 8, 8])], lambda x: tf.reduce_mean(conv(x, df='NCHW'), [2, 3]))
case('nn', 'NCHW residual add', [spec([1, 3, 8, 8])], lambda x: conv(x, df='NCHW', co=3) + x)
case('nn', 'NCHW concat', [spec([1, 3, 8, 8])], lambda x: tf.concat([conv(x, df='NCHW'), x], 1))
case(
    'nn',
    'NCHW pad+conv',
    [spec([1, 3, 8, 8])],
    lambda x: conv(tf.pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]]), (2, 2), 'VALID', df='NCHW'),
)
case(
    'nn',
    'DW/NCHW',
    [spec([1, 3, 8, 8])],
    lambda x: raw.DepthwiseConv2dNative(
        input=x, filter=const(uniform(3, 3, 3, 1)), strides=[1, 1, 1, 1], padding='SAME', data_format='NCHW'
    ),
)
case(
    'nn',
    'Conv2DBackpropInput/NCHW',
    [spec([1, 3, 8, 8])],
    lambda x: raw.Conv2DBackpropInput(
        input_sizes=[1, 4, 16, 16],
        filter=const(uniform(3, 3, 4, 3)),
        out_backprop=x,
        strides=[1, 1, 2, 2],
        padding='SAME',
        data_format='NCHW',
    ),
)
case(
    'nn',
    'Conv2DBackpropInput/EXPLICIT',
    [spec(IMAGE)],
    lambda x: raw.Conv2DBackpropInput(
        input_sizes=[1, 15, 15, 4],
        filter=const(uniform(3, 3, 4, 3)),
        out_backprop=x,
        strides=[1, 2, 2, 1],
        padding='EXPLICIT',
        explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0],
    ),
)
case(
    'nn',
    'FakeQuant per-channel weights conv',
    [spec(IMAGE)],
    lambda x: raw.Conv2D(
        input=x,
        filter=raw.FakeQuantWithMinMaxVarsPerChannel(
            inputs=const(uniform(3, 3, 3, 4)), min=[-1.0] * 4, max=[1.0] * 4, narrow_range=True
        ),
        strides=[1] * 4,
        padding='SAME',
    ),
)
case(
    'nn',
    'FakeQuant in/weights/out conv',
    [spec(IMAGE)],
    lambda x: raw.FakeQuantWithMinMaxVars(
        inputs=conv(raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=1.0))
        if False
        else raw.Conv2D(
            input=raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=1.0),
            filter=raw.FakeQuantWithMinMaxVars(inputs=const(uniform(3, 3, 3, 4)), min=-1.0, max=1.0, narrow_range=True),
            strides=[1] * 4,
            padding='SAME',
        ),
        min=-4.0,
        max=4.0,
    ),
)
case(
    'nn',
    'FakeQuant in/weights/out conv +optimizations',
    [spec(IMAGE)],
    lambda x: raw.FakeQuantWithMinMaxVars(
        inputs=raw.Conv2D(
            input=raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=1.0),
            filter=raw.FakeQuantWithMinMaxVars(inputs=const(uniform(3, 3, 3, 4)), min=-1.0, max=1.0, narrow_range=True),
            strides=[1] * 4,
            padding='SAME',
        ),
        min=-4.0,
        max=4.0,
    ),
)
