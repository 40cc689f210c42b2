#!/usr/bin/env python3
"""Make float twins of the corpus' models with float16 or sparse weights: .corpus/out/folded-NAME/model.tflite.

TensorFlow's quantizer refuses constants behind DEQUANTIZE or DENSIFY. The twins hold the float32 values that LiteRT computes for
these, in place of the operators. Models with custom operators, which LiteRT can't load, are left out.
"""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import models
from places import OUT

FOLDED = {schema.BuiltinOperator.DEQUANTIZE, schema.BuiltinOperator.DENSIFY}


def builtin(model, op):
    code = model.operatorCodes[op.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def pack(model):
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b'TFL3')
    return bytes(builder.Output())


def fold(path):
    """The twin's bytes, or None if nothing is to fold."""
    model = models.load(path)
    if any(builtin(model, op) == schema.BuiltinOperator.CUSTOM for g in model.subgraphs for op in g.operators):
        raise ValueError('it has custom operators')
    graph = model.subgraphs[0]
    constant = {i for i, t in enumerate(graph.tensors) if model.buffers[t.buffer].data is not None}
    dead = []
    for op in graph.operators:
        if builtin(model, op) in FOLDED and op.inputs[0] in constant:
            constant.add(int(op.outputs[0]))
            dead.append(op)
    if not dead:
        return None
    lite = Interpreter(
        model_path=str(path),
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    lite.allocate_tensors()
    lite.invoke()
    for op in dead:
        index = int(op.outputs[0])
        value = lite.get_tensor(index)
        if value.dtype == np.float32:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(value.tobytes(), np.uint8)
            graph.tensors[index].buffer = len(model.buffers)
            model.buffers.append(buffer)
    graph.operators = [op for op in graph.operators if op not in dead]
    read = {int(i) for op in graph.operators for i in op.inputs}
    for i, t in enumerate(graph.tensors):  # what only the folded operators read
        if i not in read:
            t.buffer, t.sparsity = 0, None
    codes = sorted({op.opcodeIndex for g in model.subgraphs for op in g.operators})
    for op in (op for g in model.subgraphs for op in g.operators):
        op.opcodeIndex = codes.index(op.opcodeIndex)
    model.operatorCodes = [model.operatorCodes[i] for i in codes]
    used = sorted({0} | {t.buffer for g in model.subgraphs for t in g.tensors} | {m.buffer for m in model.metadata or []})
    for t in [t for g in model.subgraphs for t in g.tensors] + (model.metadata or []):
        t.buffer = used.index(t.buffer)
    model.buffers = [model.buffers[i] for i in used]
    return pack(model)


def main():
    for model in models.corpus():
        out = OUT / f'folded-{model.name}' / 'model.tflite'
        if model.kind != 'float' or model.name.startswith('folded-') or out.exists():
            continue
        try:
            content = fold(model.path)
        except (RuntimeError, ValueError) as e:
            print(f'{model.name}: left out: {str(e).splitlines()[0]}', flush=True)
            continue
        if content is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(content)
            print(f'{model.name}: {len(content)} bytes', flush=True)


if __name__ == '__main__':
    main()
