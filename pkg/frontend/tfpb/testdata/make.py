"""Writes this folder's messages with TensorFlow, and their fields as TensorFlow's own protobuf classes read them.

Run from this folder:  python make.py
"""

import base64
import json
import os
import re
import shutil
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
from google.protobuf.descriptor import FieldDescriptor as F
from tensorflow.core.framework import attr_value_pb2, graph_pb2, tensor_pb2, types_pb2
from tensorflow.core.protobuf import saved_model_pb2, trackable_object_graph_pb2

rng = np.random.default_rng(3)


def encode(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def bits(number):
    return int(np.float32(number).view(np.uint32))


def plain(message):
    """All fields that are set, by their Go names; strings in base64; maps as sorted lists."""
    out = {}
    for field, value in message.ListFields():
        name = "".join(p[:1].upper() + p[1:] for p in re.split("_", field.name))
        convert = CONVERT.get(field.type, lambda v: v)
        if field.type == F.TYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            inner = plain if field.message_type.fields_by_name["value"].type == F.TYPE_MESSAGE else encode
            out[name] = [{"Key": k if isinstance(k, int) else encode(k), "Value": inner(v)} for k, v in sorted(value.items())]
        elif field.is_repeated:
            out[name] = [convert(v) for v in value]
        else:
            out[name] = convert(value)
        if field.containing_oneof is not None:
            out["Oneof"] = field.number
    return out


CONVERT = {F.TYPE_MESSAGE: plain, F.TYPE_STRING: encode, F.TYPE_BYTES: encode, F.TYPE_FLOAT: bits}


def write(name, message):
    with open(name, "wb") as f:
        f.write(message.SerializeToString(deterministic=True))
    with open(name + ".json", "w") as f:
        json.dump(plain(message), f, separators=(",", ":"), sort_keys=True)


def keep(folder, name):
    """The messages of a SavedModel, without the debugging information that nobody reads."""
    model = saved_model_pb2.SavedModel()
    with open(folder + "/saved_model.pb", "rb") as f:
        model.ParseFromString(f.read())
    for graph in model.meta_graphs:
        graph.meta_info_def.ClearField("stripped_op_list")
        graph.ClearField("collection_def")
        for nodes in [graph.graph_def.node] + [f.node_def for f in graph.graph_def.library.function]:
            for node in nodes:
                node.ClearField("experimental_debug_info")
    write(name + ".saved_model.pb", model)
    reader = tf.train.load_checkpoint(folder + "/variables/variables")
    if reader.has_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"):
        objects = trackable_object_graph_pb2.TrackableObjectGraph()
        objects.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
        write(name + ".object_graph.pb", objects)
    shutil.rmtree(folder)


def module():
    """Functions that call each other, a loop, a branch, a captured constant, a table of strings in an asset."""

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(rng.random((3, 3), np.float32), name="w")
            self.c = tf.constant([0.5, -0.5, 2.0])
            with open("words.txt", "w") as f:
                f.write("a\nb\n")
            self.words = tf.saved_model.Asset("words.txt")

        @tf.function(input_signature=[tf.TensorSpec([None, 3])])
        def step(self, x):
            return tf.nn.relu(x @ self.w) + self.c

        @tf.function(input_signature=[tf.TensorSpec([None, 3], name="x"), tf.TensorSpec([], tf.int32, name="n")])
        def loop(self, x, n):
            for _ in tf.range(n):
                x = self.step(x)
            y = x + 1.0 if tf.reduce_sum(x) > 0 else x * 2.0
            return {"x": x, "y": y}

    m = Module()
    tf.saved_model.save(m, "saved", signatures={"serving_default": m.loop, "step": m.step})
    keep("saved", "module")
    os.remove("words.txt")


def graph1():
    """A SavedModel of TensorFlow 1: reference and resource variables, a saver, two tags, old control flow."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as s:
        v1.disable_control_flow_v2()
        x = v1.placeholder(tf.float32, [None, 2], name="x")
        a = v1.get_variable("a", [2, 2], use_resource=False)
        b = v1.get_variable("b", [2], use_resource=True)
        y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y @ a + b), [0, x])[1]
        s.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder("saved")
        signature = v1.saved_model.predict_signature_def({"in": x}, {"out": y})
        builder.add_meta_graph_and_variables(s, ["serve", "gpu"], {"serving_default": signature})
        builder.save()
        v1.enable_control_flow_v2()
    keep("saved", "tf1")


def attributes():
    """Every kind of attribute, and lists of each."""
    graph = graph_pb2.GraphDef()
    graph.versions.producer, graph.versions.min_consumer = 1882, 12
    graph.versions.bad_consumers.extend([3, 4, 500])
    node = graph.node.add(name="all", op="Nothing", device="/cpu:0", input=["a", "b:1", "^c"])
    shape = tf.TensorShape([None, 3]).as_proto()
    nothing = tf.TensorShape(None).as_proto()
    call = attr_value_pb2.NameAttrList(name="f")
    call.attr["T"].type = types_pb2.DT_FLOAT
    call.attr["g"].func.name = "g"
    one = tf.make_tensor_proto([1.0, 2.0])
    V = attr_value_pb2.AttrValue
    for name, value in {
        "s": V(s=b"\x00\xff"),
        "i": V(i=-5),
        "i0": V(i=0),
        "f": V(f=1.5),
        "b": V(b=True),
        "b0": V(b=False),
        "type": V(type=types_pb2.DT_HALF),
        "shape": V(shape=shape),
        "unknown": V(shape=nothing),
        "scalar": V(shape=tf.TensorShape([]).as_proto()),
        "tensor": V(tensor=one),
        "placeholder": V(placeholder="T"),
        "func": V(func=call),
        "none": V(),
    }.items():
        node.attr[name].CopyFrom(value)
    L = attr_value_pb2.AttrValue.ListValue
    for name, value in {
        "list": L(),
        "lists": L(s=[b"", b"x"]),
        "listi": L(i=[1, -1, 1 << 40]),
        "listf": L(f=[0.5, float("inf")]),
        "listb": L(b=[True, False]),
        "listtype": L(type=[1, 104]),
        "listshape": L(shape=[shape, nothing]),
        "listtensor": L(tensor=[one, one]),
        "listfunc": L(func=[call, call]),
    }.items():
        node.attr[name].list.CopyFrom(value)
    write("attributes.graph.pb", graph)


def tensors():
    """TensorProtos of every type and form, and their elements."""
    cases = []

    def add(name, proto, values=None):
        if values is None:
            values = tf.make_ndarray(proto)
        case = {"Name": name, "Proto": encode(proto.SerializeToString(deterministic=True)), "DType": proto.dtype}
        case["Shape"] = [d.size for d in proto.tensor_shape.dim]
        if proto.dtype == types_pb2.DT_STRING:
            case["Strings"] = [encode(v) for v in np.asarray(values).reshape(-1)]
        else:
            case["Bytes"] = encode(np.ascontiguousarray(values).tobytes())
        cases.append(case)

    base = np.array([[-3.0, 1.5, 2.0], [0.0, 100.0, 7.25]])
    fields = {
        "float32": "float_val",
        "float64": "double_val",
        "complex64": "scomplex_val",
        "complex128": "dcomplex_val",
        "int8": "int_val",
        "int16": "int_val",
        "int32": "int_val",
        "uint8": "int_val",
        "uint16": "int_val",
        "int4": "int_val",
        "uint4": "int_val",
        "int64": "int64_val",
        "uint32": "uint32_val",
        "uint64": "uint64_val",
        "bool": "bool_val",
        "float16": "half_val",
        "bfloat16": "half_val",
        "float8_e5m2": "float8_val",
        "float8_e4m3fn": "float8_val",
    }
    for dtype, field in fields.items():
        t = tf.dtypes.as_dtype(dtype)
        array = (base % 7 if dtype.endswith("int4") else np.abs(base) if dtype[0] == "u" else base).astype(t.as_numpy_dtype)
        header = {"dtype": t.as_datatype_enum, "tensor_shape": tf.TensorShape(array.shape).as_proto()}
        add(dtype + " content", tensor_pb2.TensorProto(tensor_content=array.tobytes(), **header), array)
        flat = array.reshape(-1)
        for form, given in {"values": flat, "repeated": flat[:2], "splat": flat[2:3], "zeros": flat[:0]}.items():
            proto = tensor_pb2.TensorProto(**header)
            if field == "half_val":
                proto.half_val.extend(int(v) for v in given.view(np.uint16))
            elif field == "float8_val":
                proto.float8_val = given.tobytes()
            elif "complex" in field:
                getattr(proto, field).extend(f for v in given for f in (float(v.real), float(v.imag)))
            else:
                python = bool if dtype == "bool" else float if dtype.startswith("float") else int
                getattr(proto, field).extend(python(v) for v in given)
            last = given[-1:] if len(given) else np.zeros(1, array.dtype)
            want = np.concatenate([given, np.repeat(last, array.size - len(given))])
            # TensorFlow's C++ code is asked too, where it has a kernel to run.
            if dtype not in ("float8_e5m2", "float8_e4m3fn", "int4", "uint4"):
                assert constant(proto).tobytes() == want.astype(array.dtype).tobytes(), (dtype, form)
            add(f"{dtype} {form}", proto, want.astype(array.dtype))
    add("scalar", tf.make_tensor_proto(2.5))
    add("empty", tf.make_tensor_proto(np.zeros((2, 0), np.float32)))
    add("no shape of values", tensor_pb2.TensorProto(dtype=1, float_val=[4.0]), np.float32(4))
    add("strings", tf.make_tensor_proto([[b"", b"a\x00"], [b"long" * 40, b"d"]]))
    splat = tf.make_tensor_proto(b"s", shape=[])
    splat.tensor_shape.CopyFrom(tf.TensorShape([3]).as_proto())
    add("string splat", splat, constant(splat))
    packed = tensor_pb2.TensorProto(dtype=7, tensor_shape=tf.TensorShape([2]).as_proto(), tensor_content=b"\x01\x02abb")
    add("string content", packed, constant(packed))
    with open("tensors.json", "w") as f:
        json.dump(cases, f, indent=0)


def constant(proto):
    """The tensor as TensorFlow's Const makes it."""
    graph = graph_pb2.GraphDef()
    node = graph.node.add(name="c", op="Const")
    node.attr["dtype"].type = proto.dtype
    node.attr["value"].tensor.CopyFrom(proto)
    with tf.Graph().as_default(), tf.compat.v1.Session() as s:
        tf.import_graph_def(graph, name="")
        return np.asarray(s.run("c:0"))


if __name__ == "__main__":
    if sys.byteorder != "little":
        raise SystemExit("expected values are little-endian")
    for make in (tensors, attributes, module, graph1):
        make()
