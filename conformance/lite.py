"""LiteRT as a peer: one way to run a model on given inputs."""

import collections
import warnings

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

BUILTIN = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # the kernels that Octet's executor is compared with
XNNPACK = OpResolverType.BUILTIN  # what LiteRT runs by default on a CPU
NAMES = {v: k for k, v in vars(schema.BuiltinOperator).items() if not k.startswith('_')}

warnings.filterwarnings('ignore', message='.*experimental_preserve_all_tensors.*')


class Runner:
    """A model in LiteRT, by its content or its path. Raises ValueError or RuntimeError where LiteRT refuses the model."""

    def __init__(self, content, resolver=BUILTIN, keep=False):
        given = {'model_content': content} if isinstance(content, bytes) else {'model_path': str(content)}
        self.lite = Interpreter(
            **given, experimental_op_resolver_type=resolver, num_threads=1, experimental_preserve_all_tensors=keep
        )
        self.lite.allocate_tensors()
        self.inputs, self.outputs = self.lite.get_input_details(), self.lite.get_output_details()

    def tensor(self, detail):
        shape = self.lite._get_tensor_details(detail['index'], 0)['shape']  # after the run: it may have come about there
        return self.lite.get_tensor(detail['index']).copy() if shape.all() else np.zeros(shape, detail['dtype'])

    def run(self, arrays):
        """The outputs for these inputs, in the model's order. Variable tensors are reset before."""
        self.lite.reset_all_variables()
        for detail, value in zip(self.inputs, arrays, strict=True):
            self.lite.set_tensor(detail['index'], value)
        self.lite.invoke()
        return [self.tensor(d) for d in self.outputs]

    def resized(self, arrays):
        """The outputs for inputs of these shapes, which the model may declare otherwise."""
        for detail, value in zip(self.inputs, arrays, strict=True):
            if list(detail['shape']) != list(value.shape):
                self.lite.resize_tensor_input(detail['index'], value.shape)
        self.lite.allocate_tensors()
        self.inputs = self.lite.get_input_details()
        return self.run(arrays)


def operators(content):
    """How often each operator occurs in a model, over all of its graphs."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    codes = [NAMES[max(c.builtinCode, c.deprecatedBuiltinCode)] for c in model.operatorCodes or []]
    return dict(collections.Counter(codes[op.opcodeIndex] for g in model.subgraphs for op in g.operators or []).most_common())


def random_inputs(details, rng):
    """Random values for a model's inputs: normal floats, integers over the whole range of small types, below 16 for indices."""
    found = []
    for d in details:
        shape, dtype = d['shape'], np.dtype(d['dtype'])
        if dtype.kind == 'f':
            found.append(rng.standard_normal(shape).astype(dtype))
        elif dtype.kind == 'b':
            found.append(rng.random(shape) < 0.5)
        elif dtype.itemsize == 1 or dtype == np.int16:
            limits = np.iinfo(dtype)
            found.append(rng.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype))
        else:
            found.append(rng.integers(0, 16, shape).astype(dtype))
    return found
