"""From a case to its GraphDef, in every way that the table writes cases down."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


@dataclasses.dataclass(frozen=True)
class Traced:
    graph: Any  # GraphDef with its functions; inputs are Placeholder
    inputs: list  # names of the inputs' tensors …
    specs: list  # … and their tf.TensorSpec
    outputs: list
    results: list
    run: Callable  # TensorFlow's values: arrays to arrays
    compiled: Callable  # the same by XLA, which has kernels that TensorFlow lacks on a CPU
    converter: Callable  # makes the TFLiteConverter


def arrays(found):
    """What TensorFlow gave as a list of arrays; strings as arrays of bytes objects."""
    return [np.asarray(t.numpy() if hasattr(t, 'numpy') else t) for t in found]


def specs_of(tensors):
    return [tf.TensorSpec(t.shape, t.dtype) for t in tensors]


def of_function(concrete, compiled):
    def run(values, function=concrete):
        found = function(*[tf.constant(v, s.dtype) for v, s in zip(values, concrete.inputs)])
        return arrays(tf.nest.flatten(found))

    return Traced(
        concrete.graph.as_graph_def(),
        [t.name for t in concrete.inputs],
        specs_of(concrete.inputs),
        [t.name for t in concrete.outputs],
        specs_of(concrete.outputs),
        run,
        lambda values: run(values, compiled),
        lambda: tf.lite.TFLiteConverter.from_concrete_functions([concrete]),
    )


def of_keras(model):
    """Weights become constants, as graphs have no variables."""
    specs = [tf.TensorSpec(t.shape, t.dtype) for t in model.inputs]

    def call(*xs):
        return model(list(xs) if len(xs) > 1 else xs[0], training=False)

    concrete = tf.function(call, input_signature=specs).get_concrete_function()
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    return of_function(frozen, tf.function(call, jit_compile=True))


def of_v1(case):
    """A graph without functions: control flow of TensorFlow 1."""
    graph = tf.Graph()
    with graph.as_default():
        tf.compat.v1.disable_control_flow_v2()
        xs = [tf.compat.v1.placeholder(s.dtype, s.shape) for s in case.specs]
        ys = [tf.identity(y) for y in tf.nest.flatten(case.v1(*xs))]
        tf.compat.v1.enable_control_flow_v2()

    def session():
        return tf.compat.v1.Session(graph=graph)

    def run(values):
        with session() as s:
            return arrays(s.run(ys, dict(zip(xs, values))))

    def converter():
        with session() as s:
            return tf.compat.v1.lite.TFLiteConverter.from_session(s, xs, ys)

    names = [t.name for t in xs], [t.name for t in ys]
    return Traced(graph.as_graph_def(), names[0], specs_of(xs), names[1], specs_of(ys), run, run, converter)


def trace(case):
    if case.v1:
        return of_v1(case)
    if case.keras:
        return of_keras(case.keras())

    def function(compiled):
        return tf.function(lambda *xs: case.function(*xs), autograph=False, jit_compile=compiled)

    return of_function(function(False).get_concrete_function(*case.specs), function(True))


def save(case):
    """Write a case with variables or tables as a source."""
    import source

    module = case.module()
    method = getattr(module, case.method)

    def named(*xs, **more):
        return {f'out{i}': t for i, t in enumerate(tf.nest.flatten(method(*xs, **more)))}

    signature = tf.function(named, input_signature=method.input_signature).get_concrete_function()
    name = 'op-' + re.sub(r'\W+', '_', f'{case.group}-{case.name}').strip('_').lower()
    source.saved_model(name, 'opcases', lambda path: tf.saved_model.save(module, path, {'serving_default': signature}))
