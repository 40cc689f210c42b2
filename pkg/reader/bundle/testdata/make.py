"""Writes this folder's checkpoints with TensorFlow, and what TensorFlow reads back from them as expected.json.

Run from this folder:  python make.py
"""

import base64
import json
import os
import shutil
import sys

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)


def save(prefix, names, slices, tensors):
    tensors = [tf.convert_to_tensor(t) for t in tensors]
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=slices, tensors=tensors)


def types():
    """One tensor of every type that a checkpoint can hold, and of every odd shape."""
    named = {"shape/scalar": np.float32(3.5), "shape/empty": np.zeros((3, 0, 2), np.float32)}
    named["shape/deep"] = rng.random((1, 2, 1, 3, 2), np.float32)
    for t in "float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128 float16 bfloat16".split():
        named["type/" + t] = tf.cast(tf.constant([[-3.0, 1.5, 2.0], [0.0, 100.0, 7.25]], tf.float64), t)
    named["type/bool"] = np.array([True, False, True])
    named["string/scalar"] = tf.constant(b"one \x00\xff string")
    named["string/matrix"] = tf.constant([[b"", b"b"], [b"c" * 200, "é".encode()]])
    named["string/none"] = tf.constant([], tf.string)
    save("types", list(named), [""] * len(named), list(named.values()))


def slices():
    """Partitioned variables: rows, columns, blocks, and starts and lengths whose encoding takes one, two and three bytes."""
    names, specs, parts = [], [], []

    def split(name, shape, dtype, pieces):
        whole = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
        for piece in pieces:
            names.append(name)
            specs.append(" ".join(map(str, shape)) + " " + ":".join("-" if p is None else f"{p[0]},{p[1]}" for p in piece))
            parts.append(whole[tuple(slice(None) if p is None else slice(p[0], p[0] + p[1]) for p in piece)])

    split("rows", (5, 3), np.float32, [[(0, 2), None], [(2, 2), None], [(4, 1), None]])
    split("columns", (3, 5), np.int64, [[None, (0, 4)], [None, (4, 1)]])
    split("blocks", (4, 2, 4), np.int16, [[(i, 2), None, (j, 2)] for i in (0, 2) for j in (0, 2)])
    split("long", (9000,), np.uint8, [[(0, 63)], [(63, 1)], [(64, 8128)], [(8192, 808)]])
    split("odd\x00\xffname", (2,), np.float64, [[(0, 1)], [(1, 1)]])
    names.append("plain"), specs.append(""), parts.append(np.float32([1, 2]))
    save("slices", names, specs, parts)


def shards():
    """Two shards of one checkpoint."""
    save("part0", ["a", "c"], ["", ""], [np.float32([1, 2, 3]), np.int32([4])])
    save("part1", ["b"], [""], [np.float32([[5, 6]])])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=["part0", "part1"], destination_prefix="shards", delete_old_dirs=False)


def module():
    """What tf.saved_model.save writes: variables and the object graph."""

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(rng.random((3, 2), np.float32), name="w")
            self.b = tf.Variable([1.0, -1.0], name="b")

        @tf.function(input_signature=[tf.TensorSpec([None, 3])])
        def __call__(self, x):
            return x @ self.w + self.b

    tf.saved_model.save(Module(), "saved")
    for file in os.listdir("saved/variables"):
        os.replace("saved/variables/" + file, file.replace("variables", "module"))
    shutil.rmtree("saved")


def encode(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")).decode()


def content(reader, name):
    value = reader.get_tensor(name)
    if isinstance(value, bytes) or value.dtype == object:
        flat = [value] if isinstance(value, bytes) else list(value.reshape(-1))
        return {"strings": [encode(v) for v in flat]}
    return {"bytes": encode(np.ascontiguousarray(value).tobytes())}


def main():
    if sys.byteorder != "little":
        raise SystemExit("expected values are little-endian")
    expected = {}
    for make in (types, slices, shards, module):
        make()
        reader = tf.train.load_checkpoint(make.__name__)
        dtypes = reader.get_variable_to_dtype_map()
        expected[make.__name__] = [
            {"name": encode(name), "dtype": dtypes[name].as_datatype_enum, "shape": shape, **content(reader, name)}
            for name, shape in sorted(reader.get_variable_to_shape_map().items())
        ]
    with open("expected.json", "w") as f:
        json.dump(expected, f, indent=1)
    if os.path.exists("checkpoint"):
        os.remove("checkpoint")


main()
