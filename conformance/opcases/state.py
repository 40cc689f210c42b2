"""Variables and hash tables."""

import tensorflow as tf

from opcases.base import boolean, case, const, f16, f32, i32, i64, raw, spec, string


class Variable(tf.Module):
    def __init__(self):
        self.v = tf.Variable(tf.zeros([2, 3]))

    @tf.function(input_signature=[spec([2, 3])])
    def read(self, x):
        return x + self.v

    @tf.function(input_signature=[spec([2, 3])])
    def assign(self, x):
        self.v.assign(x)
        return self.v.read_value() * 2.0

    @tf.function(input_signature=[spec([2, 3])])
    def assign_add(self, x):
        self.v.assign_add(x)
        return self.v.read_value() * 2.0

    @tf.function(input_signature=[spec([2, 3])])
    def assign_sub(self, x):
        self.v.assign_sub(x)
        return self.v.read_value() * 2.0

    @tf.function(input_signature=[spec([2], i32)])
    def gather(self, i):
        return tf.gather(self.v, i)

    @tf.function(input_signature=[spec([1, 1], i32), spec([1, 3])])
    def scat(self, i, u):
        self.v.scatter_nd_update(i, u)
        return self.v.read_value() * 2.0


class Table(tf.Module):
    def __init__(s, kd=string, vd=i64):
        ks = const(['a', 'b'], string) if kd == string else const([1, 2], i64)
        vs = const([1, 2], i64) if vd == i64 else const(['x', 'y'], string) if vd == string else const([1.0, 2.0])
        s.t = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(ks, vs),
            const(-1, i64) if vd == i64 else const('', string) if vd == string else const(-1.0),
        )
        s.f = tf.function(lambda k: s.t.lookup(k), input_signature=[spec([None], kd)])
        s.g = tf.function(lambda k: (s.t.lookup(k), s.t.size()), input_signature=[spec([None], kd)])


class Stored(tf.Module):
    def __init__(self, dt):
        self.v = tf.Variable(tf.zeros([2, 3], dt) if dt != string else tf.fill([2, 3], 'a'))
        self.f = tf.function(self._f, input_signature=[spec([2, 3], dt)])

    def _f(self, x):
        self.v.assign(x)
        return {'o': self.v.read_value()}


for m in ('read', 'assign', 'assign_add', 'assign_sub', 'gather', 'scat'):
    case('state', 'Variable ' + m, module=Variable, method=m)
case('state', 'HashTableV2 str->i64', module=lambda: Table(), method='f')
case('state', 'HashTableV2 i64->str', module=lambda: Table(i64, string), method='f')
case('state', 'HashTableV2 str->str', module=lambda: Table(string, string), method='f')
case('state', 'HashTableV2 i64->f32', module=lambda: Table(i64, f32), method='f')
case('state', 'LookupTableSizeV2', module=lambda: Table(), method='g')
case('state', 'StatefulPartitionedCall', [spec([2, 3])], lambda x: tf.function(lambda y: y + tf.random.uniform([2, 3]))(x))
case('state', 'BroadcastGradientArgs', [spec([2], i32), spec([2], i32)], lambda x, y: raw.BroadcastGradientArgs(s0=x, s1=y))
case('state', 'Variable f16', module=lambda: Stored(f16), method='f')
case('state', 'Variable i64', module=lambda: Stored(i64), method='f')
case('state', 'Variable bool', module=lambda: Stored(boolean), method='f')
case('state', 'Variable f32 mutable (saved model)', module=lambda: Stored(f32), method='f')
case('state', 'Variable string', module=lambda: Stored(string), method='f')
