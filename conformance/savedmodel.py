"""Keras and TensorFlow models to float flatbuffers, by way of a SavedModel, so that signatures keep their names."""

import tempfile

import tensorflow as tf


def from_keras(model, batch=1):
    """The flatbuffer of a keras.Model with this batch size; None leaves it open."""
    inputs = model.inputs
    specs = [tf.TensorSpec((batch, *t.shape[1:]), t.dtype, name=t.name) for t in inputs]
    structure = specs if isinstance(model.input, list) else specs[0]
    with tempfile.TemporaryDirectory() as path:
        model.export(path, format='tf_saved_model', verbose=False, input_signature=[structure])
        return tf.lite.TFLiteConverter.from_saved_model(path, signature_keys=['serving_default']).convert()


def from_module(module, signatures):
    """The flatbuffer of a tf.Module; signatures are the names of its tf.functions, each becomes a subgraph."""
    with tempfile.TemporaryDirectory() as path:
        tf.saved_model.save(module, path, signatures={name: getattr(module, name) for name in signatures})
        return tf.lite.TFLiteConverter.from_saved_model(path, signature_keys=signatures).convert()
