"""The canonical description of a quantized flatbuffer, as pkg/quantize/testdata/README.md defines it."""
import hashlib

import numpy as np
from ai_edge_litert import schema_py_generated as schema


def names(enum):
    return {value: name for name, value in vars(enum).items() if not name.startswith('_')}


OPERATORS, TYPES = names(schema.BuiltinOperator), names(schema.TensorType)


def sequence(array):
    return [] if array is None else [int(v) for v in array]


def join(items, separator=','):
    return separator.join(items) or '-'


def tensor(model, t):
    """The fields of a tensor's line, behind its ID."""
    q, data = t.quantization, model.buffers[t.buffer].data
    scales = [] if q is None or q.scale is None else np.asarray(q.scale, np.float32)
    zeros = [] if q is None else sequence(q.zeroPoint)
    return ' '.join([
        TYPES[t.type],
        'x'.join(map(str, sequence(t.shape))) or 'scalar',
        join([f'{s.view(np.uint32):08x}' for s in scales]),
        join([str(z) for z in zeros]),
        str(q.quantizedDimension) if len(scales) > 1 else '-',
        '-' if data is None or len(data) == 0 else hashlib.sha256(np.asarray(data, np.uint8).tobytes()).hexdigest(),
    ])


def describe(model):
    """The description of a schema.ModelT."""
    lines = []
    for graph in model.subgraphs:
        numbers = {}
        def ids(indices):
            out = []
            for i in sequence(indices):
                if i < 0:
                    out.append('-')
                    continue
                fields = tensor(model, graph.tensors[i])
                key = i if fields.endswith(' -') else fields  # constants are known by their content
                if key not in numbers:
                    numbers[key] = len(numbers)
                    lines.append(f'tensor {numbers[key]} {fields}')
                out.append(str(numbers[key]))
            return out
        lines.append('graph')
        line = ['in', *ids(graph.inputs)]
        lines.append(' '.join(line))
        for op in graph.operators or []:
            code = model.operatorCodes[op.opcodeIndex]
            line = ['op', OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)], str(code.version),
                    *ids(op.inputs), '>', *ids(op.outputs)]
            lines.append(' '.join(line))
        line = ['out', *ids(graph.outputs)]
        lines.append(' '.join(line))
    return ''.join(line + '\n' for line in lines)


def digest(content):
    """The sha256 of a flatbuffer's description, in hexadecimal."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    return hashlib.sha256(describe(model).encode()).hexdigest()
