#!/usr/bin/env python3
"""Ask TensorFlow which version of an operator a node needs, and which runtime that needs: the last two columns of versions.txt.

usage: versions.py [OPERATOR ...]     remakes all rows, or those of the given operators

A row is: operator; inputs; outputs; options; contents; version; runtime. Types are written as in graphs' text; "c:" marks a
constant, "v:" a variable, "-" an absent input, "!" a scale for each index of the quantized dimension. Options are fields of the
schema's table. Contents are those of constants by input; others hold ones. Each row becomes a model of one node, which TensorFlow
reads and writes again (tensorflow.lite.python.convert.mlir_sparsify does nothing else to it). Rows that TensorFlow refuses or
folds away are dropped.

It needs tensorflow-cpu 2.21.0 and ai-edge-litert 2.3.0.
"""

import json
import os
import pathlib
import re
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tensorflow.lite.python import convert

FILE = pathlib.Path(__file__).with_name('versions.txt')
TYPES = {
    'f32': ('FLOAT32', np.float32),
    'f16': ('FLOAT16', np.float16),
    'f64': ('FLOAT64', np.float64),
    'i8': ('INT8', np.int8),
    'i16': ('INT16', np.int16),
    'i32': ('INT32', np.int32),
    'i64': ('INT64', np.int64),
    'u8': ('UINT8', np.uint8),
    'u16': ('UINT16', np.uint16),
    'u32': ('UINT32', np.uint32),
    'bool': ('BOOL', np.bool_),
    'i4': ('INT4', None),
    'str': ('STRING', None),
    'c64': ('COMPLEX64', np.complex64),
}
OPTIONS = {  # tables that are not named after their operator
    'ADD_N': 'AddN',
    'ATAN2': 'ATan2',
    'AVERAGE_POOL_2D': 'Pool2D',
    'BATCH_MATMUL': 'BatchMatMul',
    'BATCH_TO_SPACE_ND': 'BatchToSpaceND',
    'CONV_2D': 'Conv2D',
    'DEPTHWISE_CONV_2D': 'DepthwiseConv2D',
    'L2_NORMALIZATION': 'L2Norm',
    'MAXIMUM': 'MaximumMinimum',
    'MAX_POOL_2D': 'Pool2D',
    'MEAN': 'Reducer',
    'MINIMUM': 'MaximumMinimum',
    'MULTINOMIAL': 'Random',
    'PADV2': 'PadV2',
    'RANDOM_STANDARD_NORMAL': 'Random',
    'RANDOM_UNIFORM': 'Random',
    'REDUCE_ALL': 'Reducer',
    'REDUCE_ANY': 'Reducer',
    'REDUCE_MAX': 'Reducer',
    'REDUCE_MIN': 'Reducer',
    'REDUCE_PROD': 'Reducer',
    'SPACE_TO_BATCH_ND': 'SpaceToBatchND',
    'SUM': 'Reducer',
    'SVDF': 'SVDF',
    'TOPK_V2': 'TopKV2',
    'UNIDIRECTIONAL_SEQUENCE_LSTM': 'UnidirectionalSequenceLSTM',
    'UNIDIRECTIONAL_SEQUENCE_RNN': 'SequenceRNN',
}


def quantization(name, dims, per_axis, axis):
    q = schema.QuantizationParametersT()
    n = dims[axis] if per_axis else 1
    q.scale, q.zeroPoint, q.quantizedDimension = np.full(n, 0.5, np.float32), np.zeros(n, np.int64), axis if per_axis else 0
    return q


def model(row):
    operator, inputs, outputs, options, contents = row
    options, contents = json.loads(options), json.loads(contents)
    m, g, o = schema.ModelT(), schema.SubGraphT(), schema.OperatorT()
    m.version, m.description, m.buffers, m.subgraphs = 3, '', [schema.BufferT()], [g]
    g.name, g.tensors, g.operators, g.inputs, o.opcodeIndex = 'main', [], [o], [], 0

    def tensor(text, content):
        mark, text = (text[0], text[2:]) if text[1:2] == ':' else ('', text)
        name, dims, bang = re.fullmatch(r'(\w+)\[([\d,]*)\](!?)', text).groups()
        dims = [int(d) for d in dims.split(',') if d]
        t = schema.TensorT()
        t.name, t.shape, t.type, t.hasRank, t.buffer = (
            f't{len(g.tensors)}',
            np.array(dims, np.int32),
            getattr(schema.TensorType, TYPES[name][0]),
            True,
            0,
        )
        t.isVariable = mark == 'v'
        if bang or name in ('i8', 'u8', 'i16', 'i4'):
            t.quantization = quantization(name, dims, bang, len(dims) - 1 if operator == 'DEPTHWISE_CONV_2D' else 0)
        if mark == 'c':
            b = schema.BufferT()
            if name == 'i4':
                b.data = np.zeros((int(np.prod(dims)) + 1) // 2, np.uint8)
            else:
                value = np.ones(dims) if content is None else np.reshape(content, dims)
                b.data = np.frombuffer(value.astype(TYPES[name][1]).tobytes(), np.uint8)
            m.buffers.append(b)
            t.buffer = len(m.buffers) - 1
        g.tensors.append(t)
        if not mark:
            return len(g.tensors) - 1, True
        return len(g.tensors) - 1, False

    o.inputs, o.outputs = [], []
    for i, text in enumerate(inputs.split()):
        index, free = (-1, False) if text == '-' else tensor(text, contents.get(str(i)))
        o.inputs.append(index)
        if free:
            g.inputs.append(index)
    o.outputs = [tensor(text, None)[0] for text in outputs.split()]
    g.outputs = list(o.outputs)
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    m.operatorCodes = [code]
    table = OPTIONS.get(operator) or ''.join(part.capitalize() for part in operator.split('_'))
    if hasattr(schema, f'{table}OptionsT'):
        o.builtinOptionsType = getattr(schema.BuiltinOptions, f'{table}Options')
        o.builtinOptions = getattr(schema, f'{table}OptionsT')()
        for name, value in options.items():
            assert hasattr(o.builtinOptions, name), name
            setattr(o.builtinOptions, name, np.array(value, np.float32) if isinstance(value, list) else value)
    builder = flatbuffers.Builder()
    builder.Finish(m.Pack(builder), b'TFL3')
    return bytes(builder.Output())


def ask(row):
    """'version; runtime', or None. In a process of its own, as TensorFlow may abort."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            m = schema.ModelT.InitFromObj(schema.Model.GetRootAs(convert.mlir_sparsify(model(row)), 0))
            (code,) = m.operatorCodes
            (entry,) = (e for e in m.metadata if e.name == b'min_runtime_version')
            assert code.builtinCode == getattr(schema.BuiltinOperator, row[0])
            os.write(write, f'{code.version}; {bytes(m.buffers[entry.buffer].data).decode().rstrip(chr(0))}'.encode())
        finally:
            os._exit(0)
    os.close(write)
    answer = os.read(read, 100).decode()
    os.close(read)
    os.wait()
    return answer or None


def main():
    out = []
    for line in FILE.read_text().splitlines():
        row = [part.strip() for part in line.split(';')]
        if line and line[0] != '#' and (not sys.argv[1:] or row[0] in sys.argv[1:]):
            answer = ask(row[:5])
            if answer is None:
                print('dropped:', line)
                continue
            line = '; '.join([*row[:5], answer])
        out.append(line)
    FILE.write_text('\n'.join(out) + '\n')


main()
