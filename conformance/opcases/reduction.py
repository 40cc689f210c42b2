"""Reductions, segments, and arg operators."""

import keras
import tensorflow as tf

from opcases.base import IMAGE, boolean, case, const, f32, i32, i64, raw, spec

for n in 'Sum Mean Max Min Prod'.split():
    for kd in (False, True):
        case(
            'reduction',
            '%s/f32 kd=%d' % (n, kd),
            [spec([2, 3, 4])],
            lambda x, n=n, kd=kd: getattr(raw, n)(input=x, axis=[1, -1], keep_dims=kd),
        )
    case('reduction', n + '/i32', [spec([2, 3], i32)], lambda x, n=n: getattr(raw, n)(input=x, axis=1))
    case('reduction', n + '/i64 axis i64', [spec([2, 3], i64)], lambda x, n=n: getattr(raw, n)(input=x, axis=const([1], i64)))
    case('reduction', n + '/dyn axis', [spec([2, 3]), spec([1], i32)], lambda x, a, n=n: getattr(raw, n)(input=x, axis=a))
    case('reduction', n + '/empty axis', [spec([2, 3])], lambda x, n=n: getattr(raw, n)(input=x, axis=const([], i32)))
    case('reduction', n + '/f32 axis i64', [spec([2, 3])], lambda x, n=n: getattr(raw, n)(input=x, axis=const([1], i64)))
for n in ('Any', 'All'):
    case('reduction', n, [spec([2, 3], boolean)], lambda x, n=n: getattr(raw, n)(input=x, axis=1, keep_dims=True))
case('reduction', 'EuclideanNorm', [spec([2, 3])], lambda x: raw.EuclideanNorm(input=x, axis=1))
case('reduction', 'reduce_logsumexp', [spec([2, 3])], lambda x: tf.reduce_logsumexp(x, 1))
case('reduction', 'reduce_variance', [spec([2, 3])], lambda x: tf.math.reduce_variance(x, 1))
for n in ('ArgMax', 'ArgMin'):
    for o in (i32, i64):
        case(
            'reduction',
            '%s/f32->%s' % (n, o.name),
            [spec([2, 3])],
            lambda x, n=n, o=o: getattr(raw, n)(input=x, dimension=1, output_type=o),
        )
    case('reduction', n + '/i32 in', [spec([2, 3], i32)], lambda x, n=n: getattr(raw, n)(input=x, dimension=-1))
    case('reduction', n + '/bool in', [spec([2, 3], boolean)], lambda x, n=n: getattr(raw, n)(input=x, dimension=-1))
    case('reduction', n + '/dim i64', [spec([2, 3])], lambda x, n=n: getattr(raw, n)(input=x, dimension=const(1, i64)))
    case('reduction', n + '/i64 in', [spec([2, 3], i64)], lambda x, n=n: getattr(raw, n)(input=x, dimension=-1))
case('reduction', 'Mean global HW', [spec(IMAGE)], lambda x: tf.reduce_mean(x, [1, 2]))
case('reduction', 'Sum/bool->i32 cast', [spec([2, 3], boolean)], lambda x: tf.reduce_sum(tf.cast(x, i32)))
for n in 'SegmentSum SegmentMax SegmentMean SegmentMin SegmentProd'.split():
    case('reduction', n, [spec([4, 3]), spec([4], i32)], lambda x, s, n=n: getattr(raw, n)(data=x, segment_ids=s))
case('reduction', 'SegmentSum/ids i64', [spec([4, 3]), spec([4], i64)], lambda x, s: raw.SegmentSum(data=x, segment_ids=s))
for n in 'UnsortedSegmentSum UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd'.split():
    case('reduction', n, [spec([4, 3]), spec([4], i32)], lambda x, s, n=n: getattr(raw, n)(data=x, segment_ids=s, num_segments=3))
case(
    'reduction',
    'UnsortedSegmentSum/i32 ids64',
    [spec([4, 3], i32), spec([4], i64)],
    lambda x, s: raw.UnsortedSegmentSum(data=x, segment_ids=s, num_segments=3),
)
case(
    'reduction',
    'SparseSegmentSum',
    [spec([4, 3]), spec([2], i32), spec([2], i32)],
    lambda x, i, s: raw.SparseSegmentSum(data=x, indices=i, segment_ids=s),
)
case('reduction', 'Bincount', [spec([4], i32)], lambda x: raw.Bincount(arr=x, size=3, weights=const([], f32)))
case('reduction', 'DenseBincount', [spec([4], i32)], lambda x: raw.DenseBincount(input=x, size=3, weights=const([], f32)))
case('reduction', 'HistogramFixedWidth', [spec([4])], lambda x: raw.HistogramFixedWidth(values=x, value_range=[0.0, 1.0], nbins=5))
case('reduction', 'TopKV2/f32', [spec([2, 5])], lambda x: raw.TopKV2(input=x, k=2))
case('reduction', 'TopKV2/i32 unsorted', [spec([2, 5], i32)], lambda x: raw.TopKV2(input=x, k=2, sorted=False))
case('reduction', 'TopKV2/dyn k', [spec([2, 5]), spec([], i32)], lambda x, k: raw.TopKV2(input=x, k=k))
case('reduction', 'TopK(V1)', [spec([2, 5])], lambda x: raw.TopK(input=x, k=2))
case('reduction', 'TopKV2/index i64', [spec([2, 5])], lambda x: raw.TopKV2(input=x, k=2, index_type=i64))
case('reduction', 'ApproxTopK', [spec([2, 5])], lambda x: raw.ApproxTopK(input=x, k=2))
case('reduction', 'NthElement', [spec([2, 5])], lambda x: raw.NthElement(input=x, n=1))
case('reduction', 'tf.sort', [spec([2, 5])], lambda x: tf.sort(x))
case('reduction', 'tf.argsort', [spec([2, 5])], lambda x: tf.argsort(x))
case('reduction', 'tf.sort desc', [spec([2, 5])], lambda x: tf.sort(x, direction='DESCENDING'))
case('reduction', 'keras.ops.argmax', [spec([2, 3])], lambda x: keras.ops.argmax(x, -1))
case('reduction', 'keras.ops.argmin', [spec([2, 3])], lambda x: keras.ops.argmin(x, -1))
case('reduction', 'keras.ops.signbit', [spec([2, 3])], lambda x: keras.ops.signbit(x))
case('reduction', 'keras.ops.max', [spec([2, 3])], lambda x: keras.ops.max(x, -1))
case('reduction', 'keras.ops.mean int', [spec([2, 3], i32)], lambda x: keras.ops.mean(x, -1))
