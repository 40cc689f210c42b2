"""Random numbers: only types and shapes are compared."""

import tensorflow as tf

from opcases.base import case, const, f32, f64, i32, i64, raw, spec

case('random', 'RandomUniform', [spec([2], i32)], lambda s: raw.RandomUniform(shape=s, dtype=f32, seed=1, seed2=2))
case('random', 'RandomStandardNormal', [spec([2], i32)], lambda s: raw.RandomStandardNormal(shape=s, dtype=f32, seed=1, seed2=2))
case('random', 'Multinomial', [spec([2, 3])], lambda x: raw.Multinomial(logits=x, num_samples=4, seed=1, seed2=2))
case('random', 'Multinomial/i32', [spec([2, 3])], lambda x: raw.Multinomial(logits=x, num_samples=4, output_dtype=i32))
case('random', 'RandomUniformInt', [spec([2], i32)], lambda s: raw.RandomUniformInt(shape=s, minval=0, maxval=5))
case('random', 'TruncatedNormal', [spec([2], i32)], lambda s: raw.TruncatedNormal(shape=s, dtype=f32))
case('random', 'StatelessRandomUniform', [spec([2], i32)], lambda s: raw.StatelessRandomUniform(shape=s, seed=[1, 2]))
case(
    'random',
    'StatelessRandomUniformV2',
    [spec([2], i32)],
    lambda s: raw.StatelessRandomUniformV2(shape=s, key=const([1], tf.uint64), counter=const([1, 2], tf.uint64), alg=1),
)
case('random', 'StatelessRandomNormal', [spec([2], i32)], lambda s: raw.StatelessRandomNormal(shape=s, seed=[1, 2]))
case('random', 'RandomShuffle', [spec([4])], lambda x: raw.RandomShuffle(value=x))
case('random', 'RandomUniform/i64 shape', [spec([2], i64)], lambda s: raw.RandomUniform(shape=s, dtype=f32))
case('random', 'RandomUniform/f64', [spec([2], i32)], lambda s: raw.RandomUniform(shape=s, dtype=f64))
case('random', 'dropout training', [spec([2, 3])], lambda x: tf.nn.dropout(x, 0.5))
case('random', 'StatelessMultinomial', [spec([2, 3])], lambda x: raw.StatelessMultinomial(logits=x, num_samples=4, seed=[1, 2]))
case('random', 'RandomUniform const shape', [spec([2, 3])], lambda x: x + raw.RandomUniform(shape=[2, 3], dtype=f32))
case('random', 'stateless_uniform tf', [spec([2, 3])], lambda x: x + tf.random.stateless_uniform([2, 3], [1, 2]))
case('random', 'tf.random.uniform int', [spec([2], i32)], lambda s: tf.random.uniform(s, 0, 5, i32))
case('random', 'tf.random.categorical', [spec([2, 3])], lambda x: tf.random.categorical(x, 4))
case('random', 'ParameterizedTruncatedNormal', [spec([2], i32)], lambda s: tf.random.truncated_normal(s))
