"""Operations of keras.ops as nodes of models, beside those of cases.py."""

import numpy as np
from keras import ops

from keras_layers.cases import layer, model

UNARY = (
    'exp2 deg2rad rad2deg cbrt trunc sinc signbit angle real conjugate isposinf isneginf arcsinh erfinv i0 fliplr flipud'.split()
)
PAIRS = 'hypot logaddexp logaddexp2 fmod heaviside isclose tensordot vdot outer'.split()
for name in UNARY:
    model((3, 4))(lambda x, n=name: getattr(ops, n)(x * 0.45), f'ops/{name}')
for name in ('log2', 'log10'):
    model((3, 4))(lambda x, n=name: getattr(ops, n)(ops.abs(x) + 0.1), f'ops/{name}')
model((3, 4))(lambda x: ops.arccosh(ops.abs(x) + 1), 'ops/arccosh')
model((3, 4))(lambda x: ops.arctanh(x * 0.4), 'ops/arctanh')
for name in PAIRS[:6]:
    model((3, 4), (4,))(lambda x, y, n=name: getattr(ops, n)(x, ops.reshape(y, (-1, 1, 4))), f'ops/{name}')
model((3, 4))(lambda x: ops.nan_to_num(ops.log(x), nan=2.0, posinf=3.0, neginf=-4.0), 'ops/nan_to_num')
model((3, 4))(lambda x: ops.ldexp(x, ops.cast(x * 2, 'int32')), 'ops/ldexp')
model((3, 4))(lambda x: ops.select([x > 1, x > 0], [x * 2, x * 3], -1.0), 'ops/select')
model((3, 4))(lambda x: ops.glu(x, axis=-1), 'ops/glu')
model((4, 3))(lambda x: ops.glu(x, axis=1), 'ops/glu_axis')
for a in (-1, 1):
    model((3, 4))(lambda x, a=a: ops.sparsemax(x, axis=a), f'ops/sparsemax{a}')
layer('activation/sparsemax', (3, 4), lambda: __import__('keras').layers.Activation('sparsemax'))
model((3, 4))(lambda x: ops.cast(ops.saturate_cast(x * 100, 'int8'), 'int32'), 'ops/saturate_cast')
model((3, 4))(lambda x: ops.logical_xor(x > 0, x > 1), 'ops/logical_xor')
model((3, 4), dtype='int32')(
    lambda x: ops.bitwise_or(ops.bitwise_and(x, x + 1), ops.bitwise_xor(x, ops.left_shift(x, x % 2))), 'ops/bitwise'
)
model((3, 4), dtype='int32')(lambda x: ops.right_shift(ops.bitwise_not(x), x % 3), 'ops/bitwise_not')
model((3, 4))(lambda x: ops.cast(x, 'int32') * x + ops.mean(ops.cast(x, 'int32')), 'ops/mixed_types')
model((3, 4))(lambda x: ops.divide(ops.cast(x * 5, 'int32'), 2), 'ops/divide_integers')
model((3, 4))(lambda x: ops.sum(x > 0, axis=1), 'ops/sum_of_truth')
model((3, 4))(lambda x: ops.any(ops.cast(x, 'int32'), axis=-1), 'ops/any_of_integers')

for name, f in {
    'average': lambda x: ops.average(x, axis=1),
    'average_weights': lambda x: ops.average(x, axis=1, weights=ops.array([1.0, 2.0, 4.0])),
    'average_alike': lambda x: ops.average(x, axis=-1, weights=ops.exp(x)),
    'count_nonzero': lambda x: ops.count_nonzero(ops.relu(x), axis=1),
    'ptp': lambda x: ops.ptp(x, axis=-1, keepdims=True),
    'moments': lambda x: ops.moments(x, axes=[1]),
    'nansum': lambda x: ops.nansum(ops.log(x), axis=1),
    'nanprod': lambda x: ops.nanprod(ops.log(x), axis=1),
    'nanmax': lambda x: ops.nanmax(ops.sqrt(x), axis=-1),
    'nanmean': lambda x: ops.nanmean(ops.sqrt(x), axis=(1, 2)),
    'nanstd': lambda x: ops.nanstd(ops.sqrt(x), axis=-1, keepdims=True),
    'cumprod': lambda x: ops.cumprod(x, axis=1),
    'cumsum_all': lambda x: ops.cumsum(x),
    'diff': lambda x: ops.diff(x, n=2, axis=-1),
    'trapezoid': lambda x: ops.trapezoid(x, dx=0.5, axis=1),
    'median': lambda x: ops.median(x, axis=-1),
    'median_all': lambda x: ops.median(x, axis=(1, 2), keepdims=True),
    'quantile': lambda x: ops.quantile(x, 0.3, axis=1),
    'percentile': lambda x: ops.percentile(x, 80.0, axis=-1, keepdims=True),
    'digitize': lambda x: ops.digitize(x, ops.array([-1.0, 0.0, 1.0])),
    'moveaxis': lambda x: ops.moveaxis(x, 1, -1),
    'rot90': lambda x: ops.rot90(x, axes=(1, 2)),
    'rot180': lambda x: ops.rot90(x[..., :3], k=2, axes=(1, 2)),
    'rot270': lambda x: ops.rot90(x, k=3, axes=(2, 1)),
    'roll': lambda x: ops.roll(x, 2, axis=1),
    'roll_all': lambda x: ops.roll(x, 5),
    'append': lambda x: ops.append(x, x * 2, axis=2),
    'hstack': lambda x: ops.hstack([x, -x]),
    'vstack': lambda x: ops.vstack([x, -x]),
    'dstack': lambda x: ops.dstack([x, -x]),
    'hsplit': lambda x: ops.hsplit(x, 3),
    'dsplit': lambda x: ops.dsplit(x, [1, 3]),
    'array_split': lambda x: ops.array_split(x, 3, axis=2),
    'tril': lambda x: ops.tril(x, k=-1),
    'triu': lambda x: ops.triu(x, k=1),
    'diagonal': lambda x: ops.diagonal(x, offset=1, axis1=1, axis2=2),
    'trace': lambda x: ops.trace(x, axis1=2, axis2=1),
    'full_like': lambda x: ops.full_like(x, 3.0) + x,
    'multi_hot': lambda x: ops.multi_hot(ops.argmax(x, axis=-1), 5),
    'slice': lambda x: ops.sum(ops.slice(x, [0, 1, 1], [2, 2, 3])) * x,
    'slice_update': lambda x: ops.slice_update(x, [0, 1, 1], ops.ones((1, 2, 2))),
    'scatter_update': lambda x: ops.scatter_update(x, [[0, 1, 2], [1, 0, 0]], [9.0, 8.0]),
    'tensordot': lambda x: ops.tensordot(x, ops.ones((4, 5)) * 0.5, axes=1),
    'tensordot_axes': lambda x: ops.tensordot(x, x * 2, axes=[[1, 2], [1, 2]]),
    'dot': lambda x: ops.dot(x, ops.ones((4, 5)) * 0.25),
    'dot_vector': lambda x: ops.dot(x, ops.arange(4.0)),
    'matmul_vector': lambda x: ops.matmul(x, ops.arange(4.0)),
    'inner': lambda x: ops.inner(x, ops.reshape(ops.arange(8.0), (2, 4))),
    'vdot': lambda x: ops.vdot(x, x + 1) * x,
    'outer': lambda x: ops.outer(x, ops.array([1.0, 2.0])),
    'cross': lambda x: ops.cross(x[..., :3], x[..., 1:]),
    'vander': lambda x: ops.vander(ops.reshape(x, (-1,)), 3),
    'meshgrid': lambda x: [ops.transpose(m) for m in ops.meshgrid(x[:, 0, 0], x[0, 0, :])],
    'layer_norm': lambda x: ops.layer_normalization(x, ops.arange(1.0, 5.0), ops.arange(4.0)),
    'rms_norm': lambda x: ops.rms_normalization(x, ops.arange(1.0, 5.0)),
    'batch_norm': lambda x: ops.batch_normalization(
        x, ops.arange(3.0), ops.arange(1.0, 4.0), axis=1, offset=ops.ones((3,)), scale=ops.ones((3,))
    ),
    'segment_sum': lambda x: ops.swapaxes(ops.segment_sum(ops.swapaxes(x, 0, 1), np.array([0, 1, 0], 'int32'), 2), 0, 1),
    'rfft': lambda x: ops.rfft(x),
    'rfft_length': lambda x: ops.rfft(x, 7),
    'irfft': lambda x: ops.irfft((x, x * 0.5)),
    'fft': lambda x: ops.fft((x, x * 0.5)),
    'fft2': lambda x: ops.fft2((x, x * 0.5)),
}.items():
    model((3, 4))(f, f'ops/{name}')
model((40,))(lambda x: ops.stft(x, 8, 4, 16), 'ops/stft')
model((40,))(lambda x: ops.stft(x, 8, 4, 8, window=None, center=False), 'ops/stft_plain')
model((40,))(lambda x: ops.extract_sequences(x, 8, 3), 'ops/extract_sequences')
KERNEL = np.random.RandomState(1).normal(size=(3, 3, 2, 4)).astype('float32')
PICTURE = (8, 7, 2)
for name, f in {
    'conv': lambda x: ops.conv(x, KERNEL, strides=2, padding='same'),
    'conv_first': lambda x: ops.conv(ops.transpose(x, (0, 3, 1, 2)), KERNEL, data_format='channels_first', dilation_rate=2),
    'depthwise': lambda x: ops.depthwise_conv(x, KERNEL[..., :1], padding='same'),
    'separable': lambda x: ops.separable_conv(x, KERNEL[..., :1], KERNEL[:1, :1], strides=(2, 2)),
    'max_pool': lambda x: ops.max_pool(x, 2, padding='same'),
    'average_pool': lambda x: ops.average_pool(x, (2, 3), strides=1),
    'depth_to_space': lambda x: ops.depth_to_space(ops.concatenate([x, x], -1), 2),
    'space_to_depth': lambda x: ops.space_to_depth(x[:, :, :6], 2),
    'extract_patches': lambda x: ops.image.extract_patches(x, (3, 2), strides=2, padding='same'),
    'pad_images': lambda x: ops.image.pad_images(x, top_padding=1, left_padding=2, target_height=12, target_width=11),
    'crop_images': lambda x: ops.image.crop_images(x, top_cropping=1, left_cropping=2, target_height=4, target_width=4),
    'resize': lambda x: ops.image.resize(x, (5, 9)),
}.items():
    model(PICTURE)(f, f'ops/{name}')
for name in ('rgb_to_grayscale', 'rgb_to_hsv', 'hsv_to_rgb'):
    model((4, 5, 3))(lambda x, n=name: getattr(ops.image, n)(ops.sigmoid(x)), f'ops/{name}')
model((5, 2, 3), (4, 2, 3))(lambda q, v: ops.dot_product_attention(q, v, v), 'ops/attention')
model((5, 4, 3), (5, 2, 3))(lambda q, v: ops.dot_product_attention(q, v, v, is_causal=True, scale=0.5), 'ops/attention_shared')
