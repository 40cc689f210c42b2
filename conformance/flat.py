"""A builder of small .tflite models, operator by operator."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {
    'float32': schema.TensorType.FLOAT32,
    'float16': schema.TensorType.FLOAT16,
    'int8': schema.TensorType.INT8,
    'uint8': schema.TensorType.UINT8,
    'complex64': schema.TensorType.COMPLEX64,
    'int16': schema.TensorType.INT16,
    'int32': schema.TensorType.INT32,
    'int64': schema.TensorType.INT64,
    'bool': schema.TensorType.BOOL,
}

# operators whose options table is not named after them
OPTIONS = {
    **dict.fromkeys(('RANDOM_UNIFORM', 'RANDOM_STANDARD_NORMAL', 'MULTINOMIAL'), 'Random'),
    'MAX_POOL_2D': 'Pool2D',
    'AVERAGE_POOL_2D': 'Pool2D',
    'L2_POOL_2D': 'Pool2D',
    'L2_NORMALIZATION': 'L2Norm',
    'MEAN': 'Reducer',
    'SUM': 'Reducer',
    'REDUCE_MAX': 'Reducer',
    'REDUCE_MIN': 'Reducer',
    'REDUCE_PROD': 'Reducer',
    'REDUCE_ANY': 'Reducer',
    'REDUCE_ALL': 'Reducer',
    'BATCH_MATMUL': 'BatchMatMul',
    'CONV_2D': 'Conv2D',
    'DEPTHWISE_CONV_2D': 'DepthwiseConv2D',
    'SVDF': 'SVDF',
    'LSTM': 'LSTM',
    'RNN': 'RNN',
    'TOPK_V2': 'TopKV2',
    'UNIDIRECTIONAL_SEQUENCE_RNN': 'SequenceRNN',
    'UNIDIRECTIONAL_SEQUENCE_LSTM': 'UnidirectionalSequenceLSTM',
    'BIDIRECTIONAL_SEQUENCE_LSTM': 'BidirectionalSequenceLSTM',
    'BIDIRECTIONAL_SEQUENCE_RNN': 'BidirectionalSequenceRNN',
    'CONV_3D': 'Conv3D',
    'CONV_3D_TRANSPOSE': 'Conv3D',
    'PADV2': 'PadV2',
    'SELECT_V2': 'SelectV2',
    'REVERSE_V2': 'ReverseV2',
}


def options_name(operator):
    return OPTIONS.get(operator) or ''.join(part.capitalize() for part in operator.split('_'))


class Graph:
    """A subgraph under construction. Tensors are known by their index."""

    def __init__(self, model, name):
        self.model = model
        self.table = schema.SubGraphT()
        self.table.name, self.table.tensors, self.table.operators = name, [], []
        self.inputs, self.outputs = [], []

    def tensor(self, shape, dtype='float32', data=None, span=None, variable=False):
        """A new tensor; data makes it a constant, span its recorded minimum and maximum."""
        t = schema.TensorT()
        t.shape, t.type, t.buffer, t.hasRank = np.array(shape, np.int32), TYPES[np.dtype(dtype).name], 0, True
        t.name, t.isVariable = f't{len(self.table.tensors)}', variable
        if span is not None:
            t.quantization = schema.QuantizationParametersT()
            t.quantization.min, t.quantization.max = (np.array([v], np.float32) for v in span)
        if data is not None:
            t.buffer = self.model.buffer(data)
        self.table.tensors.append(t)
        return len(self.table.tensors) - 1

    def input(self, shape, dtype='float32', **more):
        self.inputs.append(self.tensor(shape, dtype, **more))
        return self.inputs[-1]

    def constant(self, value, dtype=None):
        """A constant: an array as it is, Python numbers as int32 unless dtype says otherwise."""
        value = np.asarray(value, dtype or (None if isinstance(value, np.ndarray) else np.int32))
        return self.tensor(value.shape, value.dtype, value)

    def fours(self, value):
        """A constant of four-bit integers."""
        low = np.resize(np.asarray(value, np.int8), (value.size + 1) // 2 * 2).reshape(-1, 2) & 15
        index = self.tensor(value.shape, np.uint8, low[:, 0] | low[:, 1] << 4)
        self.table.tensors[index].type = schema.TensorType.INT4
        return index

    def shape(self, index):
        return [int(n) for n in self.table.tensors[index].shape]

    def op(self, name, inputs, outputs, version=1, intermediates=(), **options):
        """Append an operator; an absent input is -1, an option's name is the schema's in Python spelling (strideW)."""
        op = schema.OperatorT()
        op.opcodeIndex = self.model.code(name, version)
        op.inputs, op.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        if intermediates:
            op.intermediates = np.array(intermediates, np.int32)
        kind = options_name(name) + 'Options'
        if hasattr(schema, kind + 'T'):
            table = getattr(schema, kind + 'T')()
            for key, value in options.items():
                if not hasattr(table, key):
                    raise ValueError(f'{kind} has no {key}')
                setattr(table, key, value)
            if hasattr(schema.BuiltinOptions, kind):
                op.builtinOptionsType, op.builtinOptions = getattr(schema.BuiltinOptions, kind), table
            else:
                op.builtinOptions2Type, op.builtinOptions2 = getattr(schema.BuiltinOptions2, kind), table
        elif options:
            raise ValueError(f'{name} has no options')
        self.table.operators.append(op)
        return outputs


class Model:
    """A model under construction; main is its first subgraph."""

    def __init__(self):
        self.buffers = [schema.BufferT()]
        self.codes = {}
        self.graphs = []
        self.main = self.graph('main')

    def graph(self, name):
        self.graphs.append(Graph(self, name))
        return self.graphs[-1]

    def buffer(self, data):
        b = schema.BufferT()
        b.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self.buffers.append(b)
        return len(self.buffers) - 1

    def code(self, name, version):
        return self.codes.setdefault((name, version), len(self.codes))

    def bytes(self):
        m = schema.ModelT()
        m.version, m.buffers, m.operatorCodes, m.subgraphs = 3, self.buffers, [], []
        for name, version in self.codes:
            c = schema.OperatorCodeT()
            c.builtinCode = getattr(schema.BuiltinOperator, name)
            c.deprecatedBuiltinCode, c.version = min(c.builtinCode, 127), version
            m.operatorCodes.append(c)
        for g in self.graphs:
            g.table.inputs, g.table.outputs = np.array(g.inputs, np.int32), np.array(g.outputs, np.int32)
            m.subgraphs.append(g.table)
        builder = flatbuffers.Builder(1 << 14)
        builder.Finish(m.Pack(builder), b'TFL3')
        return bytes(builder.Output())
