"""Resizes, crops, non-maximum suppression."""

import tensorflow as tf

from opcases.base import case, const, i32, raw, spec, string, u8

for n in ('ResizeBilinear', 'ResizeNearestNeighbor'):
    for ac, hp in ((False, False), (True, False), (False, True)):
        case(
            'image',
            '%s/ac=%d hp=%d' % (n, ac, hp),
            [spec([1, 4, 4, 3])],
            lambda x, n=n, ac=ac, hp=hp: getattr(raw, n)(images=x, size=[8, 8], align_corners=ac, half_pixel_centers=hp),
        )
    case('image', n + '/dyn size', [spec([1, 4, 4, 3]), spec([2], i32)], lambda x, s, n=n: getattr(raw, n)(images=x, size=s))
    case('image', n + '/u8', [spec([1, 4, 4, 3], u8)], lambda x, n=n: getattr(raw, n)(images=x, size=[8, 8]))
    case('image', n + '/i32', [spec([1, 4, 4, 3], i32)], lambda x, n=n: getattr(raw, n)(images=x, size=[8, 8]))
case('image', 'ResizeBicubic', [spec([1, 4, 4, 3])], lambda x: raw.ResizeBicubic(images=x, size=[8, 8]))
case('image', 'ResizeArea', [spec([1, 4, 4, 3])], lambda x: raw.ResizeArea(images=x, size=[8, 8]))
case(
    'image',
    'CropAndResize',
    [spec([1, 4, 4, 3])],
    lambda x: raw.CropAndResize(image=x, boxes=[[0.0, 0.0, 1.0, 1.0]], box_ind=[0], crop_size=[2, 2]),
)
case(
    'image',
    'ScaleAndTranslate',
    [spec([1, 4, 4, 3])],
    lambda x: raw.ScaleAndTranslate(images=x, size=[8, 8], scale=[2.0, 2.0], translation=[0.0, 0.0]),
)
case(
    'image',
    'ImageProjectiveTransformV3',
    [spec([1, 4, 4, 3])],
    lambda x: raw.ImageProjectiveTransformV3(
        images=x, transforms=const([[1.0, 0, 0, 0, 1, 0, 0, 0]]), output_shape=[4, 4], fill_value=0.0, interpolation='BILINEAR'
    ),
)
case('image', 'RGBToHSV', [spec([1, 4, 4, 3])], lambda x: raw.RGBToHSV(images=x))
case('image', 'AdjustContrastv2', [spec([1, 4, 4, 3])], lambda x: raw.AdjustContrastv2(images=x, contrast_factor=2.0))
case('image', 'HSVToRGB', [spec([1, 4, 4, 3])], lambda x: raw.HSVToRGB(images=x))
for v in (1, 2, 3, 4, 5):

    def nms(b, s, v=v):
        kw = dict(boxes=b, scores=s, max_output_size=3, iou_threshold=0.5)
        if v == 1:
            return raw.NonMaxSuppression(boxes=b, scores=s, max_output_size=3, iou_threshold=0.5)
        if v >= 3:
            kw['score_threshold'] = 0.1
        if v == 5:
            kw['soft_nms_sigma'] = 0.3
        return getattr(raw, 'NonMaxSuppressionV%d' % v)(**kw)

    case('image', 'NonMaxSuppressionV%d' % v, [spec([5, 4]), spec([5])], nms)
case(
    'image',
    'NonMaxSuppressionV4/pad',
    [spec([5, 4]), spec([5])],
    lambda b, s: raw.NonMaxSuppressionV4(
        boxes=b, scores=s, max_output_size=3, iou_threshold=0.5, score_threshold=0.1, pad_to_max_output_size=True
    ),
)
case(
    'image',
    'NonMaxSuppressionV5/pad',
    [spec([5, 4]), spec([5])],
    lambda b, s: raw.NonMaxSuppressionV5(
        boxes=b,
        scores=s,
        max_output_size=3,
        iou_threshold=0.5,
        score_threshold=0.1,
        soft_nms_sigma=0.0,
        pad_to_max_output_size=True,
    ),
)
case(
    'image',
    'CombinedNonMaxSuppression',
    [spec([1, 5, 1, 4]), spec([1, 5, 2])],
    lambda b, s: raw.CombinedNonMaxSuppression(
        boxes=b, scores=s, max_output_size_per_class=3, max_total_size=3, iou_threshold=0.5, score_threshold=0.1
    ),
)
case(
    'image',
    'tf.image.non_max_suppression_padded',
    [spec([5, 4]), spec([5])],
    lambda b, s: tf.image.non_max_suppression_padded(b, s, 3, pad_to_max_output_size=True),
)
case('image', 'tf.image.resize bilinear', [spec([1, 4, 4, 3])], lambda x: tf.image.resize(x, [8, 8]))
case('image', 'Keras UpSampling nearest (tf.repeat)', [spec([1, 4, 4, 3])], lambda x: tf.repeat(tf.repeat(x, 2, 1), 2, 2))
case('image', 'DecodeJpeg', [spec([], string)], lambda x: raw.DecodeJpeg(contents=x, channels=3))
case('image', 'DrawBoundingBoxes', [spec([1, 4, 4, 3])], lambda x: raw.DrawBoundingBoxes(images=x, boxes=const([[[0.0, 0, 1, 1]]])))
case(
    'image',
    'NMS padded via saved model',
    [spec([5, 4]), spec([5])],
    lambda b, s: tf.image.non_max_suppression_padded(
        b, s, 3, pad_to_max_output_size=True, sorted_input=True, canonicalized_coordinates=True
    ),
)
case(
    'image',
    'NMS padded v1 via saved model',
    [spec([5, 4]), spec([5])],
    lambda b, s: tf.image.non_max_suppression_padded(b, s, 3, 0.5, 0.1, pad_to_max_output_size=True),
)
case('image', 'combined NMS', [spec([1, 5, 1, 4]), spec([1, 5, 2])], lambda b, s: tf.image.combined_non_max_suppression(b, s, 3, 3))
