"""Seeded input samples for the corpus models: a model's own, pictures where it takes pictures, noise otherwise."""

import dataclasses
import zlib

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from PIL import Image

from places import PACKAGES

SEED = 20261124
COUNT = 16
# Models that take pixels to another number than 1; by less all that they see is the bias of their first convolution.
PIXELS = {'keras2-visual_wake_words': 255}
DTYPES = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.INT64: np.int64,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.UINT8: np.uint8,
    schema.TensorType.INT16: np.int16,
    schema.TensorType.BOOL: np.bool_,
    schema.TensorType.FLOAT16: np.float16,
}


@dataclasses.dataclass(frozen=True)
class Input:
    name: str  # the first signature's name of the input, or the tensor's name where there is no signature
    tensor: int  # index within the first subgraph
    shape: tuple
    dtype: type


def inputs(flatbuffer):
    """The inputs of a model's first subgraph, in its order."""
    graph = flatbuffer.subgraphs[0]
    names = {}
    for signature in flatbuffer.signatureDefs or []:
        if signature.subgraphIndex == 0:
            names = {m.tensorIndex: m.name.decode() for m in signature.inputs or []}
            break
    found = []
    for index in graph.inputs:
        t = graph.tensors[index]
        shape = tuple(int(n) for n in t.shape) if t.shape is not None else ()
        found.append(Input(names.get(index, t.name.decode()), int(index), shape, DTYPES[t.type]))
    return found


def pictures(height, width, channels):
    """foolbox's ImageNet pictures, [COUNT, height, width, channels] in [0, 1]."""
    paths = sorted((PACKAGES / 'foolbox/foolbox/data').glob('imagenet_*.jpg'))[:COUNT]
    mode = 'L' if channels == 1 else 'RGB'
    out = []
    for path in paths:
        picture = np.asarray(Image.open(path).convert(mode).resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255
        out.append(picture.reshape(height, width, channels))
    return np.stack(out)


def noise(x, rng):
    shape = (COUNT, *x.shape[1:])
    if x.dtype is np.bool_:
        return rng.random(shape) < 0.5
    if np.issubdtype(x.dtype, np.integer):
        return rng.integers(0, 32, shape).astype(x.dtype)
    return rng.standard_normal(shape).astype(x.dtype)


def samples(model, flatbuffer):
    """Arrays by input name for the model, samples along axis 0."""
    found = inputs(flatbuffer)
    if model.samples is not None:
        with np.load(model.samples) as stored:
            return {x.name: stored[x.name] for x in found}
    rng = np.random.default_rng([SEED, zlib.crc32(model.name.encode())])
    out = {}
    for x in found:
        if x.dtype in (np.float32, np.int32) and len(x.shape) == 4 and x.shape[3] in (1, 3) and min(x.shape[1:3]) >= 16:
            picture = pictures(*x.shape[1:])
            out[x.name] = (
                np.float32(PIXELS.get(model.name, 1)) * picture
                if x.dtype is np.float32
                else np.round(255 * picture).astype(x.dtype)
            )
        else:
            out[x.name] = noise(x, rng)
    return out
