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
    return ' '.join(
        [
            TYPES[t.type],
            'x'.join(map(str, sequence(t.shape))) or 'scalar',
            join([f'{s.view(np.uint32):08x}' for s in scales]),
            join([str(z) for z in zeros]),
            str(q.quantizedDimension) if len(scales) > 1 else '-',
            '-' if data is None or len(data) == 0 else hashlib.sha256(np.asarray(data, np.uint8).tobytes()).hexdigest(),
        ]
    )


class Description:
    """The lines of one subgraph so far, and the IDs of the tensors that they mention."""

    def __init__(self, model, graph):
        self.model, self.graph, self.ids, self.lines = model, graph, {}, ['graph']

    def mention(self, indices):
        """The IDs of these tensors, after the lines of those that are new."""
        found = []
        for i in sequence(indices):
            if i < 0:
                found.append('-')
                continue
            fields = tensor(self.model, self.graph.tensors[i])
            key = i if fields.endswith(' -') else fields  # constants are known by their content
            if key not in self.ids:
                self.ids[key] = str(len(self.ids))
                self.lines.append(f'tensor {self.ids[key]} {fields}')
            found.append(self.ids[key])
        return found

    def add(self, *words):
        self.lines.append(' '.join(words))


def describe(model):
    """The description of a schema.ModelT."""
    lines = []
    for graph in model.subgraphs:
        d = Description(model, graph)
        d.add('in', *d.mention(graph.inputs))
        for op in graph.operators or []:
            code = model.operatorCodes[op.opcodeIndex]
            name = OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
            ins, outs = d.mention(op.inputs), d.mention(op.outputs)
            inside = ['>', *d.mention(op.intermediates)] if sequence(op.intermediates) else []
            d.add('op', name, str(code.version), *ins, '>', *outs, *inside)
        d.add('out', *d.mention(graph.outputs))
        lines += d.lines
    return ''.join(line + '\n' for line in lines)


def digest(content):
    """The sha256 of a flatbuffer's description, in hexadecimal."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    return hashlib.sha256(describe(model).encode()).hexdigest()
