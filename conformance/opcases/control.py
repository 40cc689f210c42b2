"""Control flow, lists and recurrent layers."""

import keras
import tensorflow as tf

from opcases.base import boolean, case, const, f32, i32, i64, layer, raw, spec, uniform


def lstm_steps(x, h, cc, k, r, b):
    ys = []
    for t in range(3):
        z = tf.matmul(x[:, t], k) + tf.matmul(h, r) + b
        i, f, g, o = tf.split(z, 4, 1)
        cc = tf.sigmoid(f) * cc + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(cc)
        ys.append(h)
    return (h, tf.stack(ys, 1), h, cc, tf.constant(1.0))


class MarkedLSTM(tf.Module):
    def __init__(self, nobatch=False, backwards=False):
        self.l = tf.function(
            lstm_steps,
            autograph=False,
            experimental_attributes={
                'api_implements': 'lstm_abc',
                'api_preferred_device': 'CPU',
                'time_major': False,
                'go_backwards': backwards,
            },
        )
        self.f = tf.function(
            lambda x: {
                'o': self.l(
                    x, tf.zeros([1, 4]), tf.zeros([1, 4]), const(uniform(2, 16)), const(uniform(4, 16)), const(uniform(16))
                )[1]
            },
            input_signature=[spec([1, 3, 2])],
            autograph=False,
        )


class MarkedEmbedding(tf.Module):
    def __init__(self):
        g = tf.function(lambda i, w: tf.matmul(tf.one_hot(i, 5), w), autograph=False, experimental_implements='embedding_matmul')
        self.f = tf.function(lambda i: {'o': g(i, const(uniform(5, 4)))}, input_signature=[spec([3], i32)], autograph=False)


case('control', 'If/tf.cond', [spec([], boolean), spec([2, 3])], lambda p, x: tf.cond(p, lambda: x + 1.0, lambda: x * 2.0))
case(
    'control', 'If raw V1 cond lowered', [spec([2, 3])], lambda x: tf.cond(tf.reduce_sum(x) > 0.0, lambda: tf.nn.relu(x), lambda: x)
)
case(
    'control',
    'Case',
    [spec([], i32), spec([2, 3])],
    lambda i, x: tf.switch_case(i, [lambda: x + 1.0, lambda: x * 2.0, lambda: x - 3.0]),
)
case('control', 'While', [spec([2, 3])], lambda x: tf.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * 2.0), [0, x])[1])
case(
    'control',
    'While/carried const',
    [spec([2, 3]), spec([3])],
    lambda x, b: tf.while_loop(lambda i, y, z: i < 5, lambda i, y, z: (i + 1, y * z, z), [0, x, b])[1],
)
case('control', 'PartitionedCall', [spec([2, 3])], lambda x: tf.function(lambda y: y + 1.0)(x))
case(
    'control',
    'PartitionedCall/noinline',
    [spec([2, 3])],
    lambda x: tf.function(lambda y: tf.nn.relu(y + 1.0), experimental_attributes={'_noinline': True} if False else None)(x),
)
case('control', 'Assert', [spec([2, 3])], lambda x: (tf.debugging.assert_positive(x), x + 1.0)[1])
case('control', 'Print', [spec([2, 3])], lambda x: (tf.print(x), x + 1.0)[1])
case('control', 'NoOp/control deps', [spec([2, 3])], lambda x: (tf.group(x), x + 1.0)[1])
case('control', 'map_fn', [spec([3, 2])], lambda x: tf.map_fn(lambda y: y + 1.0, x))
case('control', 'TensorArray scatter/stack', [spec([3, 2])], lambda x: tf.TensorArray(f32, 3).unstack(x).stack())
case(
    'control',
    'TensorArray while write',
    [spec([2])],
    lambda x: tf.while_loop(
        lambda i, t: i < 3, lambda i, t: (i + 1, t.write(i, x * tf.cast(i, f32))), [0, tf.TensorArray(f32, 3, element_shape=[2])]
    )[1].stack(),
)
case(
    'control',
    'TensorArray dynamic_size',
    [spec([2]), spec([], i32)],
    lambda x, n: tf.while_loop(
        lambda i, t: i < n, lambda i, t: (i + 1, t.write(i, x)), [0, tf.TensorArray(f32, 0, dynamic_size=True, element_shape=[2])]
    )[1].stack(),
)
case(
    'control',
    'TensorArray concat',
    [spec([2, 2])],
    lambda x: tf.TensorArray(f32, 2, infer_shape=False, element_shape=[2]).unstack(x).concat(),
)
case(
    'control',
    'TensorListReserve/SetItem/GetItem',
    [spec([2])],
    lambda x: raw.TensorListGetItem(
        input_handle=raw.TensorListSetItem(
            input_handle=raw.TensorListReserve(element_shape=[2], num_elements=3, element_dtype=f32), index=1, item=x
        ),
        index=1,
        element_shape=[2],
        element_dtype=f32,
    ),
)
case(
    'control',
    'TensorListFromTensor/Stack',
    [spec([3, 2])],
    lambda x: raw.TensorListStack(
        input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[2]), element_shape=[2], element_dtype=f32
    ),
)
case(
    'control',
    'TensorListPushBack/Stack',
    [spec([2])],
    lambda x: raw.TensorListStack(
        input_handle=raw.TensorListPushBack(
            input_handle=raw.EmptyTensorList(element_shape=[2], max_num_elements=5, element_dtype=f32), tensor=x
        ),
        element_shape=[2],
        element_dtype=f32,
    ),
)
case(
    'control',
    'TensorListPopBack',
    [spec([3, 2])],
    lambda x: raw.TensorListPopBack(
        input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[2]), element_shape=[2], element_dtype=f32
    )[1],
)
case(
    'control',
    'TensorListLength',
    [spec([3, 2])],
    lambda x: raw.TensorListLength(input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[2])) + tf.cast(x[0, 0], i32),
)
case(
    'control',
    'TensorListResize',
    [spec([3, 2])],
    lambda x: raw.TensorListStack(
        input_handle=raw.TensorListResize(input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[2]), size=5),
        element_shape=[2],
        element_dtype=f32,
    ),
)
case(
    'control',
    'TensorListGather',
    [spec([3, 2])],
    lambda x: raw.TensorListGather(
        input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[2]), indices=[0, 2], element_shape=[2], element_dtype=f32
    ),
)
case(
    'control',
    'TensorListConcatV2',
    [spec([3, 2])],
    lambda x: raw.TensorListConcatV2(
        input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[2]),
        element_shape=[2],
        leading_dims=const([], i64),
        element_dtype=f32,
    )[0],
)
case(
    'control',
    'Switch/Merge in v1 graph cond',
    [spec([2, 3])],
    v1=lambda x: tf.compat.v1.cond(tf.reduce_sum(x) > 0.0, lambda: x + 1.0, lambda: x * 2.0),
)
case(
    'control',
    'v1 while Enter/Exit',
    [spec([2, 3])],
    v1=lambda x: tf.compat.v1.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * 2.0), [tf.constant(0), x])[1],
)
case('control', 'Keras LSTM', keras=layer(lambda: keras.layers.LSTM(4), (3, 2)))
case('control', 'Keras LSTM seq', keras=layer(lambda: keras.layers.LSTM(4, return_sequences=True), (3, 2)))
case('control', 'Keras GRU', keras=layer(lambda: keras.layers.GRU(4), (3, 2)))
case('control', 'Keras SimpleRNN', keras=layer(lambda: keras.layers.SimpleRNN(4), (3, 2)))
case('control', 'Keras Bidirectional LSTM', keras=layer(lambda: keras.layers.Bidirectional(keras.layers.LSTM(4)), (3, 2)))
case('control', 'Keras LSTM unroll', keras=layer(lambda: keras.layers.LSTM(4, unroll=True), (3, 2)))
case(
    'control',
    'TensorList SetItem + DUS flag',
    [spec([2])],
    lambda x: tf.while_loop(
        lambda i, t: i < 3, lambda i, t: (i + 1, t.write(i, x * tf.cast(i, f32))), [0, tf.TensorArray(f32, 3, element_shape=[2])]
    )[1].stack(),
)
case('control', 'If const pred', [spec([2, 3])], lambda x: tf.cond(tf.constant(True), lambda: x + 1.0, lambda: x * 2.0))
case(
    'control',
    'If multi out',
    [spec([], boolean), spec([2, 3])],
    lambda p, x: tf.cond(p, lambda: (x + 1.0, x), lambda: (x * 2.0, x - 1.0)),
)
case(
    'control',
    'nested while',
    [spec([2, 3])],
    lambda x: tf.while_loop(
        lambda i, y: i < 5,
        lambda i, y: (i + 1, tf.while_loop(lambda j, z: j < 3, lambda j, z: (j + 1, z * 2.0), [0, y])[1]),
        [0, x],
    )[1],
)
case(
    'control',
    'while growing shape',
    [spec([1, 2])],
    lambda x: tf.while_loop(
        lambda i, y: i < 3,
        lambda i, y: (i + 1, tf.concat([y, y[:1]], 0)),
        [0, x],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])],
    )[1],
)
case(
    'control',
    'TensorArray size dyn',
    [spec([None, 2])],
    lambda x: tf.TensorArray(f32, tf.shape(x)[0], element_shape=[2]).unstack(x).stack(),
)
case(
    'control',
    'Case via saved model',
    [spec([], i32), spec([2, 3])],
    lambda i, x: tf.switch_case(i, [lambda: x + 1.0, lambda: x * 2.0, lambda: x - 3.0]),
)
case('control', 'If via saved model', [spec([], boolean), spec([2, 3])], lambda p, x: tf.cond(p, lambda: x + 1.0, lambda: x * 2.0))
case(
    'control',
    'While via saved model',
    [spec([2, 3])],
    lambda x: tf.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * 2.0), [0, x])[1],
)
case(
    'control',
    'v1 TensorArrayV3 while',
    [spec([3, 2])],
    v1=lambda x: (
        lambda ta: tf.compat.v1.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t.write(i, x[i] * 2.0)), [tf.constant(0), ta])[
            1
        ].stack()
    )(tf.TensorArray(f32, 3)),
)
case('control', 'Keras-2 style api_implements lstm_ (saved model)', module=lambda: MarkedLSTM(), method='f')
case('control', 'Keras-2 style api_implements lstm_ go_backwards', module=lambda: MarkedLSTM(backwards=True), method='f')
case('control', 'implements embedding_matmul (saved model)', module=MarkedEmbedding, method='f')
case(
    'control',
    'While carried constant tensor',
    [spec([2, 3])],
    lambda x: tf.while_loop(lambda i, y, z: i < 5, lambda i, y, z: (i + 1, y * z, z), [0, x, const([1.0, 2.0, 3.0])])[1],
)
case(
    'control',
    'While unused var',
    [spec([2, 3]), spec([3])],
    lambda x, b: tf.while_loop(lambda i, y, z: i < 5, lambda i, y, z: (i + 1, y * 2.0, z + 1.0), [0, x, b])[1],
)
case(
    'control',
    'TensorListScatter',
    [spec([2, 2])],
    lambda x: raw.TensorListStack(
        input_handle=raw.TensorListScatterV2(tensor=x, indices=[0, 2], element_shape=[2], num_elements=3),
        element_shape=[2],
        element_dtype=f32,
    ),
)
case(
    'control',
    'TensorListSplit',
    [spec([4, 2])],
    lambda x: raw.TensorListStack(
        input_handle=raw.TensorListSplit(tensor=x, element_shape=[-1, 2], lengths=const([2, 2], i64)),
        element_shape=[2, 2],
        element_dtype=f32,
    ),
)
case('control', 'Cond with float pred (py)', [spec([]), spec([2, 3])], lambda p, x: tf.cond(p > 0.0, lambda: x + 1.0, lambda: x))
