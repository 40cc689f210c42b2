"""Frozen graphs of Keras models: variables as constants, loops as While, or lowered to TensorFlow 1's control flow."""

import functools

import keras
import tensorflow as tf
import tf_keras
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

import source
from origins import keras2, keras3


def freeze(name, builder, lower, batch=None):
    tf_keras.utils.set_random_seed(keras3.SEED)
    keras.utils.set_random_seed(keras3.SEED)
    model = builder()
    specs = [tf.TensorSpec((batch, *t.shape[1:]), t.dtype, name=t.name.split(':')[0]) for t in model.inputs]
    function = tf.function(lambda *xs: model(list(xs) if len(xs) > 1 else xs[0], training=False), input_signature=specs)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(), lower_control_flow=lower)

    def names(tensors):
        return [t.name.removesuffix(':0') for t in tensors]

    return source.graph(
        name, 'convert_variables_to_constants_v2', frozen.graph.as_graph_def(), names(frozen.inputs), names(frozen.outputs)
    )


ROWS = {  # name: (table, model, control flow lowered, batch)
    'small_cnn': (keras3.MODELS, 'small_cnn', True, None),
    'unet': (keras3.MODELS, 'unet', True, 1),
    'transformer': (keras3.MODELS, 'transformer', False, None),
    'detector': (keras3.MODELS, 'detector', True, 2),
    'two_inputs': (keras3.MODELS, 'two_inputs', True, None),
    'keras3-lstm': (keras3.MODELS, 'lstm', False, 1),
    'keras3-lstm-lowered': (keras3.MODELS, 'lstm', True, 1),
    'keras3-gru-lowered': (keras3.MODELS, 'gru', True, None),
    'keras2-cnn': (keras2.MODELS, 'cnn', True, None),
    'keras2-lstm': (keras2.MODELS, 'lstm-batch1', False, 1),
    'keras2-lstm-lowered': (keras2.MODELS, 'lstm-batch1', True, 1),
    'keras2-lstm-open-lowered': (keras2.MODELS, 'lstm', True, None),
    'keras2-gru-lowered': (keras2.MODELS, 'gru-batch1', True, 1),
    'keras2-bilstm-lowered': (keras2.MODELS, 'bilstm-batch1', True, 1),
}
SOURCES = {
    f'frozen-{n}': functools.partial(freeze, f'frozen-{n}', table[m][0], lower, batch)
    for n, (table, m, lower, batch) in ROWS.items()
}
