#!/usr/bin/env python3
"""Make float .tflite files of real TensorFlow.js graph models: .corpus/out/tfjs-NAME/model.tflite.

The package human-models holds them as a graph in JSON with weights beside it, its fused operators taken apart again here.
"""

import json
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import attr_value_pb2, graph_pb2

from places import OUT, PACKAGES

FOLDER = PACKAGES / 'vladmandic+human-models/package/models'
MODELS = [  # the names of files in FOLDER
    'antispoof',
    'blazeface',
    'blazeface-front',
    'blazepose-lite',
    'efficientpose',
    'emotion',
    'facemesh',
    'faceres',
    'gear',
    'handlandmark-lite',
    'handskeleton',
    'iris',
    'meet',
    'mobilefacenet',
    'movenet-lightning',
    'posenet',
    'selfie',
]
SIDE = 224  # of pictures where a graph leaves their size open

# fused operator: (plain operator, its attributes)
FUSED = {
    '_FusedConv2D': ('Conv2D', ['T', 'strides', 'padding', 'data_format', 'dilations', 'explicit_paddings']),
    'FusedDepthwiseConv2dNative': ('DepthwiseConv2dNative', ['T', 'strides', 'padding', 'data_format', 'dilations']),
    '_FusedMatMul': ('MatMul', ['T', 'transpose_a', 'transpose_b']),
}
FLOAT = attr_value_pb2.AttrValue(type=tf.float32.as_datatype_enum)


def weights(path, manifest):
    """Arrays by name; weights stored as 8 or 16 bits are spread to float32."""
    found = {}
    for group in manifest:
        blob, at = b''.join((path.parent / p).read_bytes() for p in group['paths']), 0
        for w in group['weights']:
            q = w.get('quantization')
            dtype = np.dtype(q['dtype'] if q else w['dtype'])
            count = int(np.prod(w['shape']))
            value = np.frombuffer(blob, dtype, count, at).reshape(w['shape'])
            at += value.nbytes
            if q and q['dtype'] != 'float16':
                value = value.astype(np.float32) * np.float32(q['scale']) + np.float32(q['min'])
            found[w['name']] = np.round(value) if q and w['dtype'] == 'int32' else value
    return found


class Writer:
    """Adds nodes to a GraphDef."""

    def __init__(self):
        self.graph = graph_pb2.GraphDef()

    def node(self, name, op, inputs, **attributes):
        n = self.graph.node.add()
        n.name, n.op = name, op
        n.input.extend(inputs)
        for key, value in attributes.items():
            n.attr[key].CopyFrom(value)
        return name

    def constant(self, node, value):
        dtype = tf.dtypes.as_dtype(node.attr['dtype'].type)
        n = self.graph.node.add()
        n.name, n.op = node.name, 'Const'
        n.attr['dtype'].type = dtype.as_datatype_enum
        n.attr['value'].tensor.CopyFrom(tf.make_tensor_proto(value.astype(dtype.as_numpy_dtype), dtype))

    def prelu(self, name, x, alpha):
        positive = self.node(f'{name}/positive', 'Relu', [x], T=FLOAT)
        negative = self.node(f'{name}/negative', 'Relu', [self.node(f'{name}/minus', 'Neg', [x], T=FLOAT)], T=FLOAT)
        slope = self.node(f'{name}/slope', 'Neg', [alpha], T=FLOAT)
        self.node(name, 'AddV2', [positive, self.node(f'{name}/product', 'Mul', [slope, negative], T=FLOAT)], T=FLOAT)

    def plain(self, node):
        """Add a node, or what a fused one stands for."""
        if node.op == 'Prelu':
            self.prelu(node.name, *node.input)
            return
        if node.op not in FUSED:
            self.graph.node.add().CopyFrom(node)
            return
        op, keys = FUSED[node.op]
        steps, operands = [op, *(s.decode() for s in node.attr['fused_ops'].list.s)], list(node.input[2:])
        name = [f'{node.name}/{step}' for step in steps[:-1]] + [node.name]
        self.node(name[0], op, node.input[:2], **{k: node.attr[k] for k in keys if k in node.attr})
        for step, before, after in zip(steps[1:], name, name[1:]):
            if step == 'Prelu':
                self.prelu(after, before, operands.pop(0))
            elif step == 'BiasAdd':
                self.node(after, step, [before, operands.pop(0)], T=FLOAT)
            elif step == 'LeakyRelu':
                self.node(after, step, [before], T=FLOAT, alpha=node.attr['leakyrelu_alpha'])
            else:
                self.node(after, step, [before], T=FLOAT)


def read(path):
    """The model as a frozen GraphDef, and its outputs."""
    model = json.loads(path.read_text())
    arrays = weights(path, model['weightsManifest'])
    topology = {k: v for k, v in model['modelTopology'].items() if k in ('node', 'versions', 'library')}
    source = json_format.ParseDict(topology, graph_pb2.GraphDef(), ignore_unknown_fields=True)
    writer = Writer()
    for node in source.node:
        if node.op == 'Const' and node.name in arrays:
            writer.constant(node, arrays[node.name])
        else:
            writer.plain(node)
    names = {n.name for n in writer.graph.node}
    read_by_others = {i.lstrip('^').split(':')[0] for n in writer.graph.node for i in n.input}
    signature = model.get('signature') or model.get('userDefinedMetadata', {}).get('signature') or {}
    outputs = [o['name'].split(':')[0] for o in signature.get('outputs', {}).values()]
    outputs = [o for o in outputs if o in names] or sorted(names - read_by_others)
    return writer.graph, list(dict.fromkeys(outputs))


def convert(graph, outputs):
    """The float flatbuffer, batch 1."""
    inputs = []
    for node in graph.node:
        if node.op == 'Placeholder':
            dims = node.attr['shape'].shape.dim
            for i, d in enumerate(dims):
                d.size = d.size if d.size > 0 else (1 if i == 0 else SIDE)
            inputs.append(node.name)
    function = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=''), [])
    pruned = function.prune([f'{n}:0' for n in inputs], [f'{n}:0' for n in outputs])
    return tf.lite.TFLiteConverter.from_concrete_functions([pruned]).convert()


def main():
    failed = []
    for name in sys.argv[1:] or MODELS:
        out = OUT / f'tfjs-{name}' / 'model.tflite'
        if out.exists():
            continue
        try:
            flatbuffer = convert(*read(FOLDER / f'{name}.json'))
        except Exception as e:  # whatever TensorFlow's converter raises: the other models are still wanted
            failed.append(name)
            print(f'{name}: FAILED: {type(e).__name__}: {str(e)[:300]}', flush=True)
            continue
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(flatbuffer)
        print(f'{name}: {len(flatbuffer)} bytes', flush=True)
    if failed:
        sys.exit(f'tfjs: {len(failed)} models failed: {", ".join(failed)}')


if __name__ == '__main__':
    main()
