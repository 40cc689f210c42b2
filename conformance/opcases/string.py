"""Strings."""

import tensorflow as tf

from opcases.base import case, f32, i32, raw, spec, string, u8

case('string', 'StringJoin', [spec([2], string)] * 2, lambda x, y: raw.StringJoin(inputs=[x, y]))
case('string', 'StringSplit', [spec([2], string)], lambda x: raw.StringSplit(input=x, delimiter=' '))
case('string', 'AsString', [spec([2], i32)], lambda x: raw.AsString(input=x))
case('string', 'StringToHashBucketFast', [spec([2], string)], lambda x: raw.StringToHashBucketFast(input=x, num_buckets=10))
case('string', 'StringLength', [spec([2], string)], lambda x: raw.StringLength(input=x))
case('string', 'DecodeRaw', [spec([2], string)], lambda x: raw.DecodeRaw(bytes=x, out_type=u8))
case('string', 'StaticRegexReplace', [spec([2], string)], lambda x: raw.StaticRegexReplace(input=x, pattern='a', rewrite='b'))
case('string', 'StringLower', [spec([2], string)], lambda x: raw.StringLower(input=x))
case('string', 'ReduceJoin', [spec([2], string)], lambda x: raw.ReduceJoin(inputs=x, reduction_indices=0))
case('string', 'Substr', [spec([2], string)], lambda x: raw.Substr(input=x, pos=0, len=1))
case('string', 'ParseExample', [spec([2], string)], lambda x: tf.io.parse_example(x, {'a': tf.io.FixedLenFeature([2], f32)}))
case('string', 'Identity/string', [spec([2], string)], lambda x: tf.identity(x))
case('string', 'StringToNumber', [spec([2], string)], lambda x: raw.StringToNumber(string_tensor=x))
case('string', 'ExpandDims/string', [spec([2], string)], lambda x: tf.expand_dims(x, 0))
case('string', 'Where string eq', [spec([2], string)], lambda x: tf.equal(x, 'a'))
