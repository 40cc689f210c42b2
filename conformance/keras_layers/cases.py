"""The cases: functions that make a model, by name. BOTH lists those that are saved in HDF5, too, SHARDED those of several files."""

import keras
from keras import layers as L
from keras import ops

CASES = {}
BOTH = set()


def model(*shapes, dtype=None):
    """A model of a function of inputs with these shapes, without the batch."""

    def wrap(f, name, both=False):
        def make():
            inputs = [keras.Input(s, dtype=(dtype or 'float32'), name=f'in{i}') for i, s in enumerate(shapes)]
            return keras.Model(inputs if len(inputs) > 1 else inputs[0], f(*inputs))

        assert name not in CASES, name
        CASES[name] = make
        if both:
            BOTH.add(name)

    return wrap


def layer(name, shape, make, both=False, dtype=None):
    """One layer on one input."""
    model(shape, dtype=dtype)(lambda x: make()(x), name, both)


ACTIVATIONS = (
    'celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid log_softmax mish '
    'relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid squareplus tanh tanh_shrink'
).split()
for a in ACTIVATIONS:
    layer(f'activation/{a}', (3, 4), lambda a=a: L.Activation(a))
layer('dense/relu', (5,), lambda: L.Dense(4, activation='relu'), both=True)
layer('dense/rank3', (3, 5), lambda: L.Dense(4))
layer('dense/rank4_no_bias', (2, 3, 5), lambda: L.Dense(4, use_bias=False, activation='gelu'))
layer('dense/layer_activation', (5,), lambda: L.Dense(4, activation=L.LeakyReLU(0.1)))
for i, (eq, out, bias) in enumerate(
    [
        ('abc,cd->abd', (None, 6), 'd'),
        ('ab,bc->ac', 6, 'c'),
        ('abc,cde->abde', (None, 2, 3), 'de'),
        ('...x,xy->...y', 4, 'y'),
        ('abc,cd->abd', (None, 6), None),
        ('abcd,cde->abe', (None, 4), 'e'),
    ]
):
    layer(
        f'einsum_dense/{i}',
        (3, 4, 5) if eq.startswith('abcd') else (3, 4) if eq[2:3] != ',' else (4,),
        lambda eq=eq, out=out, bias=bias: L.EinsumDense(eq, out, bias_axes=bias, activation='tanh'),
    )
layer('embedding', (3,), lambda: L.Embedding(5, 4), dtype='int32', both=True)
layer('embedding/float_input', (3,), lambda: L.Embedding(5, 4), dtype='int64')

for same in ('same', 'valid'):
    layer(f'conv1d/{same}', (9, 3), lambda s=same: L.Conv1D(4, 3, padding=s, strides=2), both=same == 'same')
    layer(
        f'conv2d/{same}',
        (8, 7, 3),
        lambda s=same: L.Conv2D(4, (3, 2), padding=s, strides=(2, 1), activation='relu'),
        both=same == 'same',
    )
    layer(f'conv2d/{same}_dilated', (8, 8, 3), lambda s=same: L.Conv2D(4, 3, padding=s, dilation_rate=2))
    layer(f'conv3d/{same}', (6, 5, 4, 2), lambda s=same: L.Conv3D(3, 2, padding=s))
    layer(f'depthwise1d/{same}', (9, 3), lambda s=same: L.DepthwiseConv1D(3, padding=s, depth_multiplier=2))
    layer(
        f'depthwise2d/{same}',
        (8, 8, 3),
        lambda s=same: L.DepthwiseConv2D(3, padding=s, strides=2, depth_multiplier=2),
        both=same == 'same',
    )
    layer(f'separable1d/{same}', (9, 3), lambda s=same: L.SeparableConv1D(4, 3, padding=s, strides=2))
    layer(
        f'separable2d/{same}', (8, 8, 3), lambda s=same: L.SeparableConv2D(4, 3, padding=s, depth_multiplier=2), both=same == 'same'
    )
    layer(f'conv1d_transpose/{same}', (5, 3), lambda s=same: L.Conv1DTranspose(4, 3, padding=s, strides=2))
    layer(f'conv2d_transpose/{same}', (5, 4, 3), lambda s=same: L.Conv2DTranspose(4, 3, padding=s, strides=2), both=same == 'same')
    layer(f'conv2d_transpose/{same}_stride3', (5, 4, 3), lambda s=same: L.Conv2DTranspose(4, 2, padding=s, strides=3))
    layer(f'conv3d_transpose/{same}', (3, 3, 3, 2), lambda s=same: L.Conv3DTranspose(2, 2, padding=s, strides=2))
    for n, shape in ((1, (9, 3)), (2, (8, 7, 3)), (3, (6, 5, 4, 2))):
        layer(f'max_pooling{n}d/{same}', shape, lambda n=n, s=same: getattr(L, f'MaxPooling{n}D')(2, padding=s))
        layer(f'average_pooling{n}d/{same}', shape, lambda n=n, s=same: getattr(L, f'AveragePooling{n}D')(3, strides=2, padding=s))
layer('conv1d/causal', (9, 3), lambda: L.Conv1D(4, 3, padding='causal', dilation_rate=2))
layer('conv2d/groups', (6, 6, 4), lambda: L.Conv2D(6, 3, groups=2))
layer('conv2d/channels_first', (3, 8, 8), lambda: L.Conv2D(4, 3, data_format='channels_first', padding='same'))
layer('conv2d_transpose/output_padding', (5, 4, 3), lambda: L.Conv2DTranspose(4, 3, strides=2, output_padding=1))
for n, shape in ((1, (9, 3)), (2, (8, 7, 3)), (3, (6, 5, 4, 2))):
    for kind in ('Max', 'Average'):
        layer(f'global_{kind.lower()}_pooling{n}d', shape, lambda n=n, k=kind: getattr(L, f'Global{k}Pooling{n}D')())
        layer(
            f'global_{kind.lower()}_pooling{n}d/keep', shape, lambda n=n, k=kind: getattr(L, f'Global{k}Pooling{n}D')(keepdims=True)
        )

layer('batch_normalization', (4, 4, 3), L.BatchNormalization, both=True)
layer('batch_normalization/bare', (4, 3), lambda: L.BatchNormalization(center=False, scale=False))
layer('batch_normalization/axis1', (3, 4, 4), lambda: L.BatchNormalization(axis=1))
layer('layer_normalization', (4, 3), L.LayerNormalization, both=True)
layer('layer_normalization/axes', (4, 3), lambda: L.LayerNormalization(axis=[1, 2]))
layer('layer_normalization/bare', (4, 3), lambda: L.LayerNormalization(center=False, scale=False))
layer('layer_normalization/axis1', (4, 3), lambda: L.LayerNormalization(axis=1))
layer('group_normalization', (4, 4, 6), lambda: L.GroupNormalization(3))
layer('group_normalization/instance', (4, 6), lambda: L.GroupNormalization(-1))
layer('unit_normalization', (4, 3), L.UnitNormalization)
layer('unit_normalization/axes', (4, 3), lambda: L.UnitNormalization(axis=[1, 2]))
layer('rms_normalization', (4, 3), L.RMSNormalization)
layer('spectral_normalization', (5,), lambda: L.SpectralNormalization(L.Dense(4)))

layer('relu/limits', (3, 4), lambda: L.ReLU(max_value=1.5, negative_slope=0.2, threshold=0.1))
layer('relu/slope', (3, 4), lambda: L.ReLU(negative_slope=0.2))
layer('relu/max', (3, 4), lambda: L.ReLU(max_value=1))
layer('relu/6', (3, 4), lambda: L.ReLU(max_value=6))
layer('leaky_relu', (3, 4), L.LeakyReLU, both=True)
layer('prelu', (3, 4), L.PReLU)
layer('prelu/shared', (4, 4, 3), lambda: L.PReLU(shared_axes=[1, 2]), both=True)
layer('elu', (3, 4), lambda: L.ELU(0.5))
layer('softmax', (3, 4), L.Softmax)
layer('softmax/axis1', (3, 4), lambda: L.Softmax(axis=1))
for name in 'Dropout SpatialDropout1D GaussianDropout GaussianNoise AlphaDropout'.split():
    layer(f'nothing/{name}', (3, 4), lambda n=name: getattr(L, n)(0.3))
layer('nothing/ActivityRegularization', (3, 4), L.ActivityRegularization)
layer('nothing/Identity', (3, 4), L.Identity)

for name in 'Add Subtract Multiply Maximum Minimum Average Concatenate'.split():
    model((3, 4), (3, 4))(lambda x, y, n=name: getattr(L, n)()([x, y]), f'merge/{name}', name == 'Add')
for name in 'Add Multiply Maximum Minimum Average Concatenate'.split():
    model((4,), (4,), (4,))(lambda x, y, z, n=name: getattr(L, n)()([x, y, z]), f'merge3/{name}')
model((3, 4), (4,))(lambda x, y: L.Multiply()([x, y]), 'merge/ranks')
model((4, 4, 3), (1, 1, 3))(lambda x, y: L.Multiply()([x, y]), 'merge/broadcast')
model((3, 4), (3, 5))(lambda x, y: L.Concatenate(axis=-1)([x, y]), 'merge/concat_last')
model((3, 4), (2, 4))(lambda x, y: L.Concatenate(axis=1)([x, y]), 'merge/concat_1')
model((3, 4), (5, 4))(lambda x, y: L.Dot(axes=2)([x, y]), 'merge/dot2')
model((4,), (4,))(lambda x, y: L.Dot(axes=1, normalize=True)([x, y]), 'merge/dot_normalized')

layer('flatten', (3, 4, 2), L.Flatten, both=True)
layer('flatten/vector', (3,), L.Flatten)
layer('flatten/channels_first', (3, 4, 2), lambda: L.Flatten(data_format='channels_first'))
layer('reshape', (12,), lambda: L.Reshape((3, 4)), both=True)
layer('reshape/open', (3, 4), lambda: L.Reshape((-1, 2)))
layer('permute', (3, 4, 2), lambda: L.Permute((2, 3, 1)))
layer('repeat_vector', (4,), lambda: L.RepeatVector(3))
layer('zero_padding1d', (5, 2), lambda: L.ZeroPadding1D((1, 2)))
layer('zero_padding2d', (4, 4, 2), lambda: L.ZeroPadding2D(((1, 2), (0, 3))), both=True)
layer('zero_padding2d/one', (4, 4, 2), lambda: L.ZeroPadding2D(1))
layer('zero_padding3d', (3, 3, 3, 2), lambda: L.ZeroPadding3D(((1, 0), (0, 1), (1, 1))))
layer('cropping1d', (5, 2), lambda: L.Cropping1D((1, 2)))
layer('cropping2d', (6, 6, 2), lambda: L.Cropping2D(((1, 2), (0, 3))))
layer('cropping3d', (4, 4, 4, 2), lambda: L.Cropping3D(1))
layer('up_sampling1d', (4, 2), lambda: L.UpSampling1D(3))
layer('up_sampling2d', (4, 3, 2), lambda: L.UpSampling2D((2, 3)), both=True)
layer('up_sampling2d/bilinear', (4, 3, 2), lambda: L.UpSampling2D(2, interpolation='bilinear'))
layer('up_sampling3d', (2, 3, 2, 2), lambda: L.UpSampling3D(2))
layer('rescaling', (4, 4, 3), lambda: L.Rescaling(1 / 127.5, offset=-1))
layer('rescaling/channels', (4, 4, 3), lambda: L.Rescaling([0.1, 0.2, 0.3], offset=[1.0, 2.0, 3.0]))
layer('normalization', (4, 3), lambda: L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0]))
layer('normalization/scalar', (4, 3), lambda: L.Normalization(axis=None, mean=1.0, variance=4.0))
layer('normalization/invert', (4, 3), lambda: L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0], invert=True))
layer('normalization/adapted', (4, 3), L.Normalization)
layer('resizing', (5, 6, 3), lambda: L.Resizing(8, 9))
layer('resizing/nearest', (5, 6, 3), lambda: L.Resizing(8, 9, interpolation='nearest'))
layer('center_crop', (6, 7, 3), lambda: L.CenterCrop(4, 4))
layer('category_encoding/multi_hot', (3,), lambda: L.CategoryEncoding(6, output_mode='multi_hot'), dtype='int32')
layer('category_encoding/one_hot', (1,), lambda: L.CategoryEncoding(6, output_mode='one_hot'), dtype='int32')
layer('category_encoding/count', (3,), lambda: L.CategoryEncoding(6, output_mode='count'), dtype='int32')
layer('discretization', (3,), lambda: L.Discretization(bin_boundaries=[-1.0, 0.0, 1.0]))

for cell in ('LSTM', 'GRU', 'SimpleRNN'):
    layer(f'{cell.lower()}/last', (5, 3), lambda c=cell: getattr(L, c)(4), both=True)
    layer(f'{cell.lower()}/all', (5, 3), lambda c=cell: getattr(L, c)(4, return_sequences=True))
    layer(f'{cell.lower()}/long', (20, 3), lambda c=cell: getattr(L, c)(4, return_sequences=True))
    layer(f'{cell.lower()}/long_last', (20, 3), lambda c=cell: getattr(L, c)(4))
    layer(f'{cell.lower()}/backwards', (5, 3), lambda c=cell: getattr(L, c)(4, return_sequences=True, go_backwards=True))
    layer(f'{cell.lower()}/no_bias', (5, 3), lambda c=cell: getattr(L, c)(4, use_bias=False))
    layer(f'{cell.lower()}/relu', (5, 3), lambda c=cell: getattr(L, c)(4, activation='relu'))
    layer(f'{cell.lower()}/state', (5, 3), lambda c=cell: getattr(L, c)(4, return_state=True))
    layer(f'{cell.lower()}/bidirectional', (5, 3), lambda c=cell: L.Bidirectional(getattr(L, c)(4)), both=True)
    layer(
        f'{cell.lower()}/bidirectional_all',
        (5, 3),
        lambda c=cell: L.Bidirectional(getattr(L, c)(4, return_sequences=True), merge_mode='sum'),
    )
    layer(f'{cell.lower()}/rnn_of_cell', (5, 3), lambda c=cell: L.RNN(getattr(L, f'{c}Cell')(4)))
layer('gru/reset_before', (5, 3), lambda: L.GRU(4, reset_after=False))
layer('gru/hard', (5, 3), lambda: L.GRU(4, recurrent_activation='hard_sigmoid'))
layer('lstm/hard', (20, 3), lambda: L.LSTM(4, recurrent_activation='hard_sigmoid', return_sequences=True))
layer('rnn/stacked', (5, 3), lambda: L.RNN([L.LSTMCell(4), L.GRUCell(3)], return_sequences=True))
model((5, 3), (4,), (4,))(lambda x, h, c: L.LSTM(4)(x, initial_state=[h, c]), 'lstm/initial_state')
layer('time_distributed/dense', (5, 3), lambda: L.TimeDistributed(L.Dense(4)), both=True)
layer('time_distributed/conv', (3, 6, 6, 2), lambda: L.TimeDistributed(L.Conv2D(4, 3)))

model((5, 6))(lambda x: L.MultiHeadAttention(2, 3)(x, x), 'mha/self')
model((5, 6), (4, 6))(lambda x, y: L.MultiHeadAttention(2, 3, value_dim=4)(x, y), 'mha/cross')
model((5, 6))(lambda x: L.MultiHeadAttention(2, 3, use_bias=False)(x, x, use_causal_mask=True), 'mha/causal')
model((5, 6))(lambda x: L.MultiHeadAttention(2, 3, output_shape=4)(x, x), 'mha/output_shape')
model((5, 6))(lambda x: L.GroupQueryAttention(3, 4, 2)(x, x), 'gqa')
model((5, 6), (4, 6))(lambda x, y: L.Attention(use_scale=True)([x, y]), 'attention')
model((5, 6))(lambda x: L.Attention()([x, x], use_causal_mask=True), 'attention/causal')
model((5, 6), (4, 6))(lambda x, y: L.Attention(score_mode='concat')([x, y]), 'attention/concat')
model((5, 6), (4, 6))(lambda x, y: L.AdditiveAttention()([x, y]), 'additive_attention')

for cell in ('LSTM', 'GRU', 'SimpleRNN'):
    for steps in (6, 20):
        model((steps,), dtype='int32')(
            lambda x, c=cell: getattr(L, c)(4)(L.Embedding(5, 3, mask_zero=True)(x)), f'mask/{cell.lower()}_{steps}', cell == 'LSTM'
        )
        model((steps,), dtype='int32')(
            lambda x, c=cell: getattr(L, c)(4, return_sequences=True)(L.Embedding(5, 3, mask_zero=True)(x)),
            f'mask/{cell.lower()}_{steps}_all',
        )
model((6,), dtype='int32')(
    lambda x: L.Bidirectional(L.LSTM(4, return_sequences=True))(L.Embedding(5, 3, mask_zero=True)(x)), 'mask/bidirectional'
)
model((6,), dtype='int32')(lambda x: L.GlobalAveragePooling1D()(L.Dense(4)(L.Embedding(5, 3, mask_zero=True)(x))), 'mask/pooling')
model((6, 3))(lambda x: L.GRU(4)(L.Dropout(0.1)(L.Masking()(ops.relu(x)))), 'mask/masking')
model((6,), dtype='int32')(lambda x: (lambda e: L.MultiHeadAttention(2, 3)(e, e))(L.Embedding(5, 4, mask_zero=True)(x)), 'mask/mha')
model((6,), dtype='int32')(lambda x: (lambda e: L.Attention()([e, e]))(L.Embedding(5, 4, mask_zero=True)(x)), 'mask/attention')
model((6,), dtype='int32')(
    lambda x: (lambda e: L.GRU(3)(L.Add()([e, L.Dense(4)(e)])))(L.Embedding(5, 4, mask_zero=True)(x)), 'mask/merge'
)


def shared():
    x, y = keras.Input((4,), name='a'), keras.Input((4,), name='b')
    d = L.Dense(3, name='twice')
    return keras.Model({'a': x, 'b': y}, {'sum': L.Add()([d(x), d(y)]), 'first': d(x)})


def nested():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3, activation='relu'), L.BatchNormalization(), L.Dense(3)], name='inner')
    x = keras.Input((4,))
    core = keras.Model(x, L.Dense(4)(x) + x, name='core')
    y = keras.Input((4,), name='y')
    return keras.Model(y, inner(core(y)) - inner(y))


def sequential():
    return keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(), L.Flatten(), L.Dense(2)])


def siamese():
    x = keras.Input((4,))
    tower = keras.Model(x, L.BatchNormalization()(L.Dense(3)(x)), name='tower')
    a, b = keras.Input((4,)), keras.Input((4,))
    return keras.Model([a, b], ops.abs(tower(a) - tower(b)))


for f in (nested, sequential, siamese):
    CASES[f'models/{f.__name__}'] = f
    BOTH.add(f'models/{f.__name__}')
for name, f in {
    'arithmetic': lambda x: (x * 2 + 1) / 3 - x**2,
    'mean': lambda x: ops.mean(x, axis=1, keepdims=True),
    'sum_all': lambda x: ops.sum(x, axis=[1, 2]),
    'var': lambda x: ops.var(x, axis=-1),
    'std': lambda x: ops.std(x, axis=-1, keepdims=True),
    'max': lambda x: ops.max(x, axis=2),
    'logsumexp': lambda x: ops.logsumexp(x, axis=1),
    'argmax': lambda x: ops.argmax(x, axis=-1),
    'clip': lambda x: ops.clip(x, -1, 0.5),
    'where': lambda x: ops.where(x > 0, x, 0.1 * x),
    'matmul': lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
    'einsum': lambda x: ops.einsum('bij,bkj->bik', x, x),
    'reshape': lambda x: ops.reshape(x, (-1, 12)),
    'transpose': lambda x: ops.transpose(x, (0, 2, 1)),
    'swapaxes': lambda x: ops.swapaxes(x, 1, 2),
    'concatenate': lambda x: ops.concatenate([x, x * 2], axis=-1),
    'stack': lambda x: ops.stack([x, -x], axis=1),
    'split': lambda x: ops.split(x, 2, axis=-1)[1],
    'split_at': lambda x: ops.split(x, [1, 3], axis=-1)[1],
    'expand': lambda x: ops.squeeze(ops.expand_dims(x, 1), 1),
    'tile': lambda x: ops.tile(x, (1, 2, 3)),
    'repeat': lambda x: ops.repeat(x, 2, axis=1),
    'flip': lambda x: ops.flip(x, axis=1),
    'pad': lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1))),
    'take': lambda x: ops.take(x, [0, 2], axis=1),
    'getitem': lambda x: x[:, 1:, ::2],
    'getitem_last': lambda x: x[:, -1],
    'getitem_new': lambda x: x[..., None],
    'cast': lambda x: ops.cast(ops.cast(x, 'int32'), 'float32'),
    'softmax': lambda x: ops.softmax(x, axis=1),
    'gelu': lambda x: ops.gelu(x),
    'gelu_exact': lambda x: ops.gelu(x, approximate=False),
    'normalize': lambda x: ops.normalize(x, axis=-1),
    'cumsum': lambda x: ops.cumsum(x, axis=1),
    'top_k': lambda x: ops.top_k(x, 2)[0],
    'erf': lambda x: ops.erf(x),
    'abs_sqrt': lambda x: ops.sqrt(ops.abs(x)) + ops.exp(x) * ops.tanh(x),
    'silu': lambda x: ops.silu(x) + ops.hard_sigmoid(x) + ops.leaky_relu(x),
    'compare': lambda x: ops.logical_and(x > 0.5, ops.less_equal(x, 1.5)),
}.items():
    model((3, 4))(f, f'ops/{name}', name in ('arithmetic', 'mean', 'getitem', 'concatenate', 'matmul'))
CASES['models/mixed_bfloat16'] = lambda: keras.Sequential([keras.Input((4,)), L.Dense(3, dtype='bfloat16')])


for same in ('same', 'valid'):
    layer(
        f'conv_lstm1d/{same}', (4, 7, 2), lambda s=same: L.ConvLSTM1D(3, 3, padding=s, return_sequences=True), both=same == 'same'
    )
    layer(f'conv_lstm2d/{same}', (3, 6, 5, 2), lambda s=same: L.ConvLSTM2D(3, 3, padding=s), both=same == 'same')
layer(
    'conv_lstm2d/strides_backwards',
    (3, 6, 5, 2),
    lambda: L.ConvLSTM2D(3, (3, 2), strides=2, go_backwards=True, return_sequences=True, use_bias=False),
)
layer('conv_lstm2d/dilated', (2, 6, 5, 2), lambda: L.ConvLSTM2D(2, 2, dilation_rate=2, recurrent_activation='hard_sigmoid'))
layer('conv_lstm2d/loop', (18, 4, 3, 2), lambda: L.ConvLSTM2D(2, 2, padding='same', return_sequences=True))
model((3, 4, 4, 2))(lambda x: L.ConvLSTM2D(2, 2, padding='same', return_state=True)(x), 'conv_lstm2d/state')
for n, shape in ((1, (8, 3)), (2, (8, 6, 3)), (3, (4, 6, 2, 3))):
    for kind in ('Max', 'Average'):
        layer(f'adaptive_pool/{kind.lower()}{n}d', shape, lambda k=kind, n=n: getattr(L, f'Adaptive{k}Pooling{n}D')(2))
layer('random_crop', (8, 8, 3), lambda: L.RandomCrop(4, 4))
layer('rand_augment', (8, 8, 3), lambda: L.RandAugment((0, 255)))


def quantized(make):
    """The model with weights of int8."""

    def wrap():
        m = make()
        m.quantize('int8')
        return m

    return wrap


model((6,))(lambda x: L.Dense(3)(L.Dense(8, activation='relu')(x)), 'quantized/dense', both=True)
model((3, 6))(lambda x: L.Dense(4, use_bias=False)(x), 'quantized/dense_rank3')
model((3, 6))(lambda x: L.EinsumDense('abc,cd->abd', (None, 4), bias_axes='d')(x), 'quantized/einsum')
model((3, 6))(lambda x: L.EinsumDense('abc,dec->abed', (None, 2, 4), bias_axes='ed')(x), 'quantized/einsum_order', both=True)
model((4,), dtype='int32')(lambda x: L.Embedding(6, 4)(x), 'quantized/embedding', both=True)
model((5, 8))(lambda x: L.MultiHeadAttention(2, 4)(x, x), 'quantized/attention')
for name in [n for n in CASES if n.startswith('quantized/')]:
    CASES[name] = quantized(CASES[name])
for policy in ('mixed_float16', 'mixed_bfloat16', 'float16'):
    layer(
        f'policy/{policy}',
        (6, 6, 2),
        lambda p=policy: keras.Sequential(
            [L.Conv2D(3, 3, dtype=p), L.Activation('relu', dtype=p), L.Flatten(), L.Dense(2, dtype=keras.DTypePolicy(p))]
        ),
    )

model((3, 4))(lambda x: (x + ops.reshape(ops.arange(12.0), (3, 4))) * ops.sqrt(2.0), 'ops/constants', both=True)
model((3, 4))(lambda x: ops.maximum(x - ops.mean(x, axis=1, keepdims=True), 0.5), 'ops/like_layers', both=True)
for name, f in {
    'argsort': lambda x: ops.argsort(x, axis=-1),
    'sort': lambda x: ops.sort(x, axis=-1),
    'take_along': lambda x: ops.take_along_axis(x, ops.argsort(x, axis=-1), axis=-1),
    'norm': lambda x: ops.norm(x, axis=-1),
    'norm_1': lambda x: ops.norm(x, ord=1, axis=1, keepdims=True),
    'norm_all': lambda x: ops.norm(x, axis=(1, 2)),
}.items():
    model((3, 4))(f, f'ops/{name}')
SHARDED = {'models/sharded'}  # whose weights are in several files
CASES['models/sharded'] = lambda: keras.Sequential([keras.Input((4,)), L.Dense(8, activation='relu'), L.Dense(5), L.Dense(3)])
