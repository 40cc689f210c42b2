"""Operators on arrays and images, with TensorFlow's values: pkg/frontend/graphdef/testdata/arrays.zip, which is as control.zip.

Each case is a function that returns what several forms of an operator make of its inputs. Dimensions of None are open.
"""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np
import tensorflow as tf

from golden_control import write
from places import REPO

ARCHIVE = REPO / 'pkg/frontend/graphdef/testdata/arrays.zip'
F, I, L, B, U = tf.float32, tf.int32, tf.int64, tf.bool, tf.uint8
raw = tf.raw_ops
CASES = []


def case(*inputs, runs=((), ())):
    """Adds a function, as golden_control's."""

    def add(function):
        specs = [tf.TensorSpec(i, F) if isinstance(i, list) else tf.TensorSpec(*i) for i in inputs]
        CASES.append((function, specs, runs))
        return function

    return add


def constant(*values, dtype=F):
    return tf.constant(np.array(values).reshape(-1), dtype)


@case([None, 4, 6])
def slices(x):
    return (
        x[:, 1],
        x[..., -1],
        x[:, ::2, 1:5:3],
        x[:, ::-1, 5:1:-2],
        x[:, tf.newaxis, 1:3, ..., 2],
        x[tf.newaxis, ..., tf.newaxis],
        x[1:, -3:-1],
        x[:, 7:, :2],
    )


@case([5, 4, 6], ([], I), ([2], I), runs=((), ()))
def slices_by_data(x, i, b):
    b = tf.minimum(b, 3)
    return (
        x[i % 4],
        x[:, i % 4],
        x[i % 4 :, tf.newaxis, 1:3],
        x[..., i % 4],
        x[i % 3 : i % 3 + 2, 1],
        x[-1, i % 4 : -1 : 2],
        raw.StridedSlice(input=x, begin=b, end=b + 1, strides=[1, 1]),
        raw.StridedSlice(input=x, begin=b, end=b, strides=[1, 1], end_mask=3, begin_mask=1),
        raw.StridedSlice(input=x, begin=b, end=b, strides=[1, 1], shrink_axis_mask=1, end_mask=2),
        raw.Slice(input=x, begin=tf.concat([b, [1]], 0), size=[1, -1, 2]),
    )


@case([2, 3, 2, 2, 3, 2, 2])
def many_dimensions(x):
    return (
        tf.transpose(x, [6, 5, 4, 3, 2, 1, 0]),
        tf.transpose(x, [3, 0, 6, 1, 5, 2, 4]),
        tf.transpose(x, [1, 2, 0, 3, 4, 6, 5]),
        x[1:, :2, ::-1, 0, 1:, 1, :1],
        tf.pad(x[:, 0], [[1, 0], [0, 1], [1, 1], [0, 2], [1, 0], [0, 1]]),
        raw.Slice(input=x, begin=[0, 1, 0, 1, 0, 1, 0], size=[1, 2, -1, 1, 2, 1, 2]),
    )


@case([None, 3, 1, 2, 3, 1, 2])
def many_open_dimensions(x):
    return (
        tf.transpose(x, [6, 5, 4, 3, 2, 1, 0]),
        x[1:, :2, :, 0, 1:, 0, :1],
        tf.pad(x[:, 0], [[1, 0], [0, 1], [1, 1], [0, 2], [1, 0], [0, 1]]),
    )


@case([None, None, 4])
def shapes(x):
    n = tf.shape(x)
    return (
        tf.reshape(x, [n[0], n[1] * 4]),
        tf.reshape(x, [-1, 2, 2]),
        tf.expand_dims(x, 1),
        tf.expand_dims(x, -1),
        tf.squeeze(x[:, :, :1], -1),
        tf.size(x),
        raw.ShapeN(input=[x, x[0]]),
        tf.shape(x, L),
        tf.rank(x),
        tf.zeros_like(x),
        tf.ones_like(x),
        tf.zeros_like(x > 0),
        tf.ones_like(tf.cast(x, tf.int16)) + 1,
        tf.fill(n[:2], 2.5),
        tf.broadcast_to(x[:1], n),
        tf.tile(x, [1, 2, 1]),
        tf.stack([x, x * 2], 1),
    )


@case([None, 6], ([None, 3], I))
def joins(x, y):
    return (
        tf.concat([x, x[:, :0], x], 1),
        tf.stack([y, y + 1], -1),
        tf.unstack(x, 6, 1),
        tf.split(x, 3, 1),
        tf.split(x, [1, -1, 2], -1),
        tf.unstack(tf.cast(y, L), 3, -1),
        tf.split(tf.cast(y, L), 3, 1),
        tf.split(x > 0, 2, 1),
        tf.stack([x > 0, x < 0]),
        raw.ConcatV2(values=[y > 2, y > 3], axis=-1),
    )


@case([4, 3], ([2, 1], I), ([None], I), runs=(([[0.5] * 3] * 4, [[1], [1]], [0, 3, 3]), ([[1, 2, 3]] * 4, [[3], [0]], [2])))
def gathers(x, i, j):
    u = tf.gather(x, [1, 2]) * 2
    return (
        tf.gather(x, j),
        tf.gather(x, j % 3, axis=1),
        tf.gather_nd(x, tf.stack([j, j % 3], 1)),
        tf.gather(tf.stack([x, x + 1]), tf.stack([j, j]), axis=1, batch_dims=1),
        tf.scatter_nd(i, u, [4, 3]),
        tf.scatter_nd(tf.cast(i, L), tf.cast(u, I), tf.constant([5, 3], L)),
        tf.tensor_scatter_nd_update(x, i, u),
        tf.tensor_scatter_nd_update(x, [[1, 2], [0, 0], [1, 2]], [7.0, 8.0, 9.0]),
        tf.tensor_scatter_nd_update(x, [[2, 1]], u[:1, 0]),
        tf.tensor_scatter_nd_update(x, i[:1], u[:1]),
        tf.tensor_scatter_nd_update(x > 1, i, u > 2),
        tf.tensor_scatter_nd_update(tf.cast(x, tf.int16), i, tf.cast(u, tf.int16)),
        tf.tensor_scatter_nd_add(x, i, u),
        tf.tensor_scatter_nd_sub(x, i, u),
        tf.tensor_scatter_nd_max(x, i, u),
        tf.tensor_scatter_nd_min(x, i, u),
        raw.InplaceAdd(x=tf.identity(x) + 0, i=i[:, 0], v=u),
        tf.math.invert_permutation([2, 0, 1]),
        tf.math.invert_permutation(tf.argsort(x[:, 0], stable=True)),
        raw.DynamicStitch(indices=[i[:, 0], j], data=[u, tf.gather(x, j)]),
        raw.DynamicStitch(indices=[[2, 0], [1, 2]], data=[u, u + 1]),
        tf.dynamic_partition(x, [1, 0, 1, 1], 3),
        tf.dynamic_partition(x, tf.constant([[0, 1, 0]] * 4), 2),
        raw.SparseToDense(sparse_indices=[[0, 1], [2, 0]], output_shape=[3, 2], sparse_values=[1.0, 2.0], default_value=-1.0),
        raw.SparseToDense(sparse_indices=[0, 2], output_shape=[4], sparse_values=True, default_value=False),
    )


@case([None, 5], ([None], I))
def orders(x, k):
    return (
        tf.reverse(x, [1]),
        tf.reverse(x, [0, 1]),
        tf.reverse(tf.stack([x, x]), [0, 2]),
        tf.roll(x, 2, 1),
        tf.roll(x, [-7, 1], [0, 1]),
        tf.roll(x, [k[0], -k[0]], [0, 1]),
        tf.reverse_sequence(x, tf.ones([tf.shape(x)[0]], I) * 3, 1, batch_axis=0),
        tf.where(x > 0),
        tf.where(x),
        tf.boolean_mask(x, x[:, 0] > 0),
        tf.unique(k),
        tf.unique_with_counts(k),
        raw.UniqueV2(x=k, axis=tf.constant([], L)),
        raw.ListDiff(x=k, y=constant(1, 3, 5, dtype=I)),
        raw.LowerBound(sorted_inputs=[[1, 2, 2, 5]], values=[k]),
        raw.UpperBound(sorted_inputs=[[1, 2, 2, 5]], values=[k]),
        tf.one_hot(k, 4),
        tf.one_hot(k, 3, True, False, axis=0),
        tf.one_hot(k, k[0], 2.0, -1.0),
        tf.one_hot(tf.cast(k, U), 4),
    )


@case([3, 4], ([], I))
def pads(x, n):
    p = tf.stack([[n, 1], [0, n]])
    return (
        tf.pad(x, [[1, 2], [0, 3]]),
        tf.pad(x, p),
        tf.pad(x, p, constant_values=2.0),
        tf.pad(x, [[1, 1], [2, 0]], 'REFLECT'),
        tf.pad(x, [[3, 1], [2, 0]], 'SYMMETRIC'),
        tf.pad(x > 0, [[0, 1], [1, 0]], 'REFLECT'),
        tf.cast(tf.pad(tf.cast(x, tf.float16), [[0, 1], [1, 0]]), F),
        tf.pad(tf.cast(x * x, U), [[0, 1], [1, 0]], constant_values=3),
    )


@case([], ([], I))
def ranges(x, n):
    return (
        tf.range(n),
        tf.range(n, 20, 3),
        tf.range(0.0, x * 0 + 2.0, 0.25),
        tf.range(n, 0, -1),
        tf.linspace(x, 3.0, 5),
        tf.linspace(x, 3.0, 1),
        raw.LinSpace(start=x, stop=tf.constant(1.0), num=4),
        tf.range(tf.cast(n, L)),
        tf.eye(n),
        tf.sequence_mask(n, 5),
        tf.linspace(0.0, 1.0, 4) + x,
    )


@case([2, 3, 4], [2, 2, 3], [None, 3, 3], ([], L))
def diagonals(x, d, y, n):
    n %= 4
    set_diag, part, diag = raw.MatrixSetDiagV3, raw.MatrixDiagPartV3, raw.MatrixDiagV3
    return (
        [
            part(input=x, k=k, padding_value=9.0, align=a)
            for k in (0, 1, -2, [-1, 1], [0, 2])
            for a in ('RIGHT_LEFT', 'LEFT_RIGHT', 'LEFT_LEFT', 'RIGHT_RIGHT')
        ],
        [
            set_diag(input=x, diagonal=part(input=x * 2, k=k, padding_value=0.0, align=a), k=k, align=a)
            for k in (0, 1, [-1, 2])
            for a in ('RIGHT_LEFT', 'LEFT_RIGHT')
        ],
        diag(diagonal=d, k=0, num_rows=-1, num_cols=-1, padding_value=0.0),
        diag(diagonal=d, k=1, num_rows=-1, num_cols=-1, padding_value=2.0),
        diag(diagonal=d, k=-1, num_rows=5, num_cols=3, padding_value=0.0),
        diag(diagonal=d, k=0, num_rows=3, num_cols=5, padding_value=1.0),
        [diag(diagonal=d, k=[-1, 0], num_rows=-1, num_cols=-1, padding_value=0.0, align=a) for a in ('RIGHT_LEFT', 'LEFT_RIGHT')],
        tf.linalg.diag(y),
        tf.linalg.diag_part(y),
        raw.MatrixDiagPart(input=y),
        raw.MatrixSetDiag(input=y, diagonal=y[:, 0]),
        raw.Diag(diagonal=d),
        raw.DiagPart(input=d[0, :, :2]),
        raw.MatrixDiagPartV2(input=x, k=1, padding_value=0.0),
        raw.MatrixSetDiagV2(input=x, diagonal=d[:, 0, :2], k=-1),
        raw.MatrixDiagV2(diagonal=d, k=0, num_rows=-1, num_cols=-1, padding_value=0.0),
        tf.linalg.band_part(x, 1, 0),
        tf.linalg.band_part(x, -1, 1),
        tf.linalg.band_part(y, n - 2, n * 0),
        tf.linalg.band_part(y > 0, n * 0, n - 3),
        tf.linalg.band_part(y, 0, -1),
    )


@case([None, 4, 6, 8], [4, 3, 2, 8], [8, 2, 3, 2, 3])
def blocks(x, y, z):
    c = tf.transpose(x, [0, 3, 1, 2])
    return (
        raw.SpaceToDepth(input=x, block_size=2),
        raw.DepthToSpace(input=x, block_size=2),
        raw.BatchToSpaceND(input=y, block_shape=[2, 1], crops=[[1, 0], [0, 0]]),
        raw.SpaceToBatchND(input=x, block_shape=[2, 3], paddings=[[0, 0], [1, 2]]),
        raw.SpaceToBatchND(input=x, block_shape=[2], paddings=[[1, 1]]),
        raw.SpaceToBatchND(input=z, block_shape=[2, 3, 2], paddings=[[0, 0], [1, 2], [0, 0]]),
        raw.BatchToSpaceND(input=z, block_shape=[2, 2, 2], crops=[[0, 1], [1, 0], [0, 0]]),
        raw.SpaceToBatch(input=x, block_size=2, paddings=[[0, 0], [0, 0]]),
        raw.BatchToSpace(input=y, block_size=2, crops=[[1, 1], [0, 0]]),
        tf.image.extract_patches(x, [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 2, 1], 'VALID'),
        tf.image.extract_patches(x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'SAME'),
        tf.transpose(raw.SpaceToDepth(input=x, block_size=2), [0, 3, 1, 2]),
        c,
        raw.DataFormatVecPermute(x=[1, 2, 3, 4]),
        raw.DataFormatDimMap(x=[0, 3, -1]),
        raw.DataFormatVecPermute(x=[[1, 2], [3, 4]]),
    )


@case([None, 4, 5, 3], ([2], I), runs=(([[[[0.1, 0.5, 0.2]] * 5] * 4], [3, 8]), ()))
def images(x, size):
    p = tf.clip_by_value(x, 0.0, 1.0)
    h = tf.concat([p[..., :1] * 0.9, p[..., 1:]], -1)
    return (
        [tf.image.resize(x, [7, 3], m) for m in ('bilinear', 'nearest', 'bicubic', 'area')],
        [tf.image.resize(x, [9, 10], m) for m in ('bilinear', 'nearest', 'bicubic', 'area')],
        raw.ResizeBilinear(images=x, size=size, align_corners=True),
        raw.ResizeBilinear(images=x, size=size),
        raw.ResizeNearestNeighbor(images=x, size=size, align_corners=True),
        raw.ResizeBicubic(images=x, size=[6, 7], align_corners=True),
        raw.ResizeBicubic(images=x, size=[6, 7]),
        raw.ResizeArea(images=x, size=[2, 2], align_corners=True),
        tf.image.resize(tf.cast(x, I), [6, 7], 'nearest'),
        tf.image.rgb_to_hsv(p),
        tf.image.hsv_to_rgb(h),
        tf.image.adjust_contrast(x, 1.5),
        tf.image.adjust_saturation(p, 0.6),
        tf.image.adjust_hue(p, 0.2),
        [
            tf.image.resize(x, [3, 7], m, antialias=True)
            for m in ('bilinear', 'bicubic', 'lanczos3', 'lanczos5', 'gaussian', 'mitchellcubic')
        ],
        raw.ScaleAndTranslate(images=x, size=[4, 6], scale=[0.7, 1.3], translation=[0.5, -1.0], kernel_type='box', antialias=False),
    )


@case([None, 5, 7, 2], [None, 4], runs=((), ()))
def crops(x, d):
    boxes = tf.constant([[0.1, 0.2, 0.9, 0.7], [1, 1, 0, 0], [-0.2, 0.5, 0.6, 1.4]]) + 0 * d[0, 0]
    cut, k = tf.image.crop_and_resize, [0, 0, 0]
    return (
        cut(x, boxes, k, [3, 4]),
        cut(x, boxes, k, [1, 6], extrapolation_value=-2.0),
        cut(x, boxes, k, [6, 5], 'nearest'),
        cut(tf.concat([x, x + 1], 0), boxes, [1, 0, 1], [2, 2]),
    )


BOXES = [[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 0.9, 1, 1.9], [1, 1.1, 0, 0.1], [5, 5, 6, 7]]


@case([5, 4], [5], runs=((BOXES, [0.9, 0.8, 0.7, 0.6, 0.5]), (BOXES, [0.1, 0.2, 0.3, 0.4, 0.05])))
def suppressions(boxes, scores):
    n, s = tf.image.non_max_suppression, dict(boxes=boxes, scores=scores, max_output_size=4, iou_threshold=0.5)
    return (
        n(boxes, scores, 4),
        n(boxes, scores, 4, 0.3, 0.15),
        raw.NonMaxSuppression(**s),
        raw.NonMaxSuppressionV2(**s),
        raw.NonMaxSuppressionV4(score_threshold=0.15, **s),
        raw.NonMaxSuppressionV4(score_threshold=0.15, pad_to_max_output_size=True, **s),
        tf.image.non_max_suppression_with_scores(boxes, scores, 5, 0.5, 0.1, 0.5),
        raw.NonMaxSuppressionV5(score_threshold=0.15, soft_nms_sigma=0.0, pad_to_max_output_size=True, **s),
    )


@case([2, 3], [], runs=((), ([[-3.3, 0.7, 0.1], [9.0, 0.2, 1.0]],)))
def rounded(x, m):
    fake, twice, by_axis = raw.FakeQuantWithMinMaxVars, raw.QuantizeAndDequantizeV4, raw.QuantizeAndDequantizeV2
    return (
        raw.FakeQuantWithMinMaxArgs(inputs=x),
        fake(inputs=x, min=0.1, max=1.0),
        fake(inputs=x, min=-1.0, max=1.0, num_bits=4),
        fake(inputs=x, min=-1.1, max=0.9, narrow_range=True),
        fake(inputs=x, min=-2.0, max=m * m + 1.0),
        fake(inputs=tf.constant([[0.3, -7.0]]), min=-2.0, max=3.0),
        fake(inputs=x, min=-0.7, max=1.9, num_bits=16),
        raw.FakeQuantWithMinMaxVarsPerChannel(inputs=x, min=[-1.0, 0.0, -2.0], max=[1.0, 2.0, 0.0]),
        twice(input=x, input_min=-1.1, input_max=0.9, range_given=True),
        twice(input=x, input_min=-1.1, input_max=2.9, range_given=True, signed_input=False),
        twice(input=x, input_min=-1.1, input_max=0.9, range_given=True, narrow_range=True, num_bits=5),
        twice(input=x, input_min=0.0, input_max=0.0),
        by_axis(input=x, input_min=[0.0] * 3, input_max=[0.0] * 3, axis=1),
        raw.QuantizeAndDequantizeV3(input=x, input_min=0.0, input_max=0.0, num_bits=6, range_given=False),
        twice(input=x, input_min=0.0, input_max=0.0, round_mode='HALF_UP'),
    )


@case([4, 6], [2, 6], [1, 2])
def replaced(x, v, w):
    update, back = raw.TensorStridedSliceUpdate, raw.StridedSliceGrad
    return (
        update(input=x, begin=[1], end=[3], strides=[1], value=v),
        update(input=x, begin=[0], end=[4], strides=[2], value=v),
        update(input=x, begin=[3, 1], end=[4, 6], strides=[1, 3], value=w),
        update(input=x, begin=[1, 2], end=[2, 4], strides=[1, 1], value=w[0], shrink_axis_mask=1),
        back(shape=[4, 6], begin=[1], end=[3], strides=[1], dy=v),
        back(shape=[5, 6], begin=[-1], end=[0], strides=[-3], dy=v),
        back(shape=[3, 6, 2], begin=[1], end=[2], strides=[1], dy=tf.stack([v[0], v[1]], 1), shrink_axis_mask=1),
    )


def main():
    write(ARCHIVE, CASES)


if __name__ == '__main__':
    main()
