#!/usr/bin/env python3
"""Writes this folder's .h5 files with h5py, compressed, and beside each what h5py reads from it as JSON.

usage: make.py               writes the files
       make.py FILE.h5 ...   prints what h5py reads from other files, one line of JSON each

The JSON maps the path of each object that links lead to (soft ones, too) to what it is; paths that h5py can't follow are left
out. Bytes are little-endian in C order, in base64, or as sha256 if they are many. Needs h5py 3.14 (HDF5 1.14).
"""

import base64
import collections
import gzip
import hashlib
import json
import pathlib
import sys

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

HERE = pathlib.Path(__file__).parent
LIMIT = 1 << 10  # bytes in base64
SEEN = 5  # paths of one object that are described


def texts(value):
    flat = np.asarray(value, dtype=object).ravel().tolist()
    return [v.decode() if isinstance(v, bytes) else str(v) for v in flat]


def content(kind, space, read):
    """Type, shape and elements of a dataset or an attribute."""
    if space.get_simple_extent_type() == h5s.NULL:
        return {"null": True}
    out = {"shape": list(space.get_simple_extent_dims())}
    if isinstance(kind, h5t.TypeStringID):
        value = read()
        values = [value] if isinstance(value, (str, bytes)) else texts(value)
        return out | {"kind": "string", "strings": texts(values)}
    out["size"] = kind.get_size()
    if isinstance(kind, h5t.TypeOpaqueID):
        out["kind"], data = "opaque", np.asarray(read()).tobytes()
    elif isinstance(kind, h5t.TypeFloatID) and kind.get_fields()[2] == 8 and kind.get_size() == 2:
        # NumPy has no bfloat16; h5py gives float32, of which bfloat16 is the upper half.
        out["kind"], data = "bfloat16", (np.asarray(read(), "<f4").view("<u4") >> 16).astype("<u2").tobytes()
    else:
        value = np.asarray(read())
        out["kind"] = str(value.dtype.newbyteorder("="))
        data = np.ascontiguousarray(value.astype(value.dtype.newbyteorder("<"))).tobytes()
    if len(data) <= LIMIT:
        return out | {"bytes": base64.b64encode(data).decode()}
    return out | {"sha256": hashlib.sha256(data).hexdigest()}


def describe(path):
    nodes = {}
    seen = collections.Counter()

    def visit(name, obj, above):
        attrs = {}
        for key in obj.attrs:
            attr = obj.attrs.get_id(key)
            attrs[key] = content(attr.get_type(), attr.get_space(), lambda key=key: obj.attrs[key])
        node = {"attrs": attrs}
        if isinstance(obj, h5py.Dataset):
            node |= content(obj.id.get_type(), obj.id.get_space(), lambda: obj[()])
        else:
            node["links"] = sorted(obj, key=lambda s: s.encode())
        nodes[name] = node
        address = h5py.h5o.get_info(obj.id).addr
        seen[address] += 1
        if isinstance(obj, h5py.Group) and address not in above:
            for key in obj:
                try:
                    child = obj[key]
                except (KeyError, OSError, RuntimeError):
                    continue
                if isinstance(child, h5py.Datatype) or seen[h5py.h5o.get_info(child.id).addr] >= SEEN:
                    continue
                visit(name.rstrip("/") + "/" + key, child, above | {address})

    with h5py.File(path) as file:
        visit("/", file["/"], frozenset())
    return nodes


def numbers(dtype, *shape):
    n = int(np.prod(shape))
    values = np.arange(n) * 3 - n // 2
    return np.resize(values, shape).astype(dtype) if dtype[1] != "f" else (np.resize(values, shape) / 4).astype(dtype)


def types(file):
    g = file.create_group("types")
    for dtype in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
        for order in "<>":
            name = order.replace("<", "little_").replace(">", "big_") + dtype
            g[name] = numbers(order + dtype, 2, 3)
            g[name].attrs["same"] = numbers(order + dtype, 4)
            g[name].attrs["scalar"] = numbers(order + dtype, 1)[0]
    g["bool"] = np.array([True, False, True])
    g["enum"] = np.array([7, 2], dtype=h5py.enum_dtype({"two": 2, "seven": 7}, basetype="<i2"))
    g["opaque"] = np.array([b"\x01\x02\x03", b"\x04\x05\x00"], dtype="V3")
    brain = h5t.IEEE_F32LE.copy()
    brain.set_fields(15, 7, 8, 0, 7)
    brain.set_size(2)
    brain.set_ebias(127)
    space = h5s.create_simple((4,))
    h5d.create(g.id, b"bfloat16", brain, space).write(h5s.ALL, h5s.ALL, np.array([1, -2.5, 0, 3e38], "f4"))
    g["scalar"] = np.float32(1.5)
    g["empty"] = np.zeros((0, 3), "f4")
    g["null"] = h5py.Empty("f4")


def strings(file):
    g = file.create_group("strings")
    g["variable"] = np.array(["", "a", "Gruß", "x" * 300], dtype=h5py.string_dtype())
    g["one"] = "kernel"
    g["fixed"] = np.array([b"ab", b"", b"abcd"])
    for name, padding in [("null", h5t.STR_NULLTERM), ("zeros", h5t.STR_NULLPAD), ("spaces", h5t.STR_SPACEPAD)]:
        kind = h5t.C_S1.copy()
        kind.set_size(5)
        kind.set_strpad(padding)
        h5d.create(g.id, name.encode(), kind, h5s.create_simple((2,))).write(h5s.ALL, h5s.ALL, np.array([b"ab", b"wxyz"], "S5"))
    g.attrs["layer_names"] = ["conv", "dense", "größer"]
    g.attrs["bytes"] = np.array([b"conv/kernel:0", b"conv/bias:0"])
    g.attrs["model_config"] = '{"class_name": "Functional"}'
    g.attrs["one"] = np.bytes_("tensorflow")
    g.attrs["none"] = np.zeros((0,))
    g.attrs["null"] = h5py.Empty("f4")
    g.attrs["true"] = True
    g.attrs["table"] = numbers("<i4", 2, 3)


def layouts(file):
    g = file.create_group("layouts")
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_layout(h5d.COMPACT)
    h5d.create(g.id, b"compact", h5t.IEEE_F32LE, h5s.create_simple((5,)), plist).write(h5s.ALL, h5s.ALL, numbers("<f4", 5))
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk((3, 2))
    plist.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    h5d.create(g.id, b"early", h5t.STD_I16LE, h5s.create_simple((7, 5)), plist).write(h5s.ALL, h5s.ALL, numbers("<i2", 7, 5))
    g["contiguous"] = numbers("<f4", 3, 4, 5)
    g.create_dataset("unwritten", (3, 4), "<f4", fillvalue=2.5)
    g.create_dataset("single", data=numbers("<f4", 6, 5), chunks=(6, 5))
    g.create_dataset("single_gzip", data=numbers("<f4", 6, 5), chunks=(6, 5), compression="gzip")
    g.create_dataset("fixed", data=numbers("<f4", 7, 5, 3), chunks=(3, 2, 3))
    g.create_dataset("fixed_gzip", data=numbers("<f4", 7, 5, 3), chunks=(3, 2, 2), compression="gzip")
    g.create_dataset("fixed_max", data=numbers("<i2", 7, 5), chunks=(3, 2), maxshape=(20, 30))
    g.create_dataset("growing", data=numbers("<i2", 40, 5), chunks=(1, 2), maxshape=(None, 5))
    g.create_dataset("growing_last", data=numbers("<i2", 2, 3, 50), chunks=(1, 2, 1), maxshape=(4, 7, None))
    g.create_dataset("growing_gzip", data=numbers("<i2", 40, 5), chunks=(2, 2), maxshape=(None, 8), compression="gzip")
    g.create_dataset("growing_both", data=numbers("<i2", 20, 7), chunks=(2, 2), maxshape=(None, None))
    g.create_dataset("growing_both_gzip", data=numbers("<i2", 9, 7), chunks=(2, 2), maxshape=(None, None), compression="gzip")
    g.create_dataset("never", (4, 4), ">i4", chunks=(2, 2), fillvalue=-7)
    d = g.create_dataset("sparse", (9, 9), "<i4", chunks=(2, 2), fillvalue=1 << 20)
    d[3, 4] = 5
    d = g.create_dataset("shrunk", data=numbers("<i2", 9, 9), chunks=(2, 2), maxshape=(None, 9))
    d.resize((4, 5))


def filters(file):
    g = file.create_group("filters")
    data = numbers("<f4", 20, 9)
    for name, options in {
        "gzip": {"compression": "gzip"},
        "shuffle": {"shuffle": True},
        "fletcher32": {"fletcher32": True},
        "lzf": {"compression": "lzf"},
        "shuffle_gzip": {"shuffle": True, "compression": "gzip", "compression_opts": 9},
        "shuffle_lzf": {"shuffle": True, "compression": "lzf"},
        "all": {"shuffle": True, "compression": "gzip", "fletcher32": True},
    }.items():
        g.create_dataset(name, data=data, chunks=(8, 4), **options)
    g.create_dataset("odd", data=numbers("<i1", 11, 3), chunks=(11, 3), fletcher32=True)
    g.create_dataset("big_endian", data=data.astype(">f8"), chunks=(8, 4), shuffle=True, compression="gzip")
    g.create_dataset("noise", data=np.random.default_rng(1).integers(0, 256, (300,), "u1"), chunks=(100,), compression="lzf")
    g.create_dataset("zeros", data=np.zeros(2000, "u1"), chunks=(1000,), compression="lzf")


def links(file, many):
    g = file.create_group("links")
    g["target"] = np.arange(3, dtype="<i4")
    g["hard"] = g["target"]
    g["soft"] = h5py.SoftLink("/links/target")
    g["relative"] = h5py.SoftLink("target")
    g["dangling"] = h5py.SoftLink("/nowhere")
    g["circle"] = h5py.SoftLink("/links/circle")
    g["external"] = h5py.ExternalLink("other.h5", "/x")
    sub = g.create_group("sub")
    sub["up"] = g
    crowd = file.create_group("many")
    for i in range(many):
        crowd[f"link{i:05d}"] = g["target"]
    for i in range(60):
        crowd.attrs[f"attribute{i}"] = np.arange(i % 7 + 1)
    ordered = file.create_group("ordered", track_order=True)
    for name in "zebra", "ant", "mole":
        ordered[name] = np.float32(len(name))
        ordered.attrs[name] = name


def refused(file):
    g = file.create_group("refused")
    g["compound"] = np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")])
    g["array"] = np.zeros(2, dtype=np.dtype(("<f4", (3,))))  # NumPy makes it an array of numbers
    g.create_dataset("scaleoffset", data=np.arange(10), chunks=(5,), scaleoffset=4)
    g.create_dataset("sequences", (2,), dtype=h5py.vlen_dtype("<i4"))
    g.create_dataset("references", (2,), dtype=h5py.ref_dtype)
    lay = h5py.VirtualLayout((4,), "<f4")
    g.create_virtual_dataset("virtual", lay)
    g.create_dataset("elsewhere", (4,), "<f4", external=[("other.bin", 0, 16)])


def main():
    for libver, parts, many in [
        ("earliest", [types, strings, layouts, links], 400),
        ("v108", [strings, links], 20),
        ("v110", [layouts, links], 20),
        ("v112", [types, links], 20),
        ("latest", [types, strings, layouts, filters, links], 400),
    ]:
        path = HERE / f"{libver}.h5"
        with h5py.File(path, "w", libver="earliest" if libver == "earliest" else (libver, libver)) as file:
            for part in parts:
                part(*[file, many][: 2 if part is links else 1])
        save(path)
    path = HERE / "refused.h5"
    with h5py.File(path, "w") as file:
        refused(file)
    save(path, expected=False)
    path = HERE / "userblock.h5"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["x"] = numbers("<f4", 3)
        file["named"] = np.dtype("<f4")
        file.create_dataset("of_named", data=numbers("<f4", 3), dtype=file["named"])
        file["of_named"].attrs.create("also", np.arange(2), dtype=file["named"])
    save(path)
    path = HERE / "pages.h5"
    with h5py.File(path, "w", libver="latest") as file:
        d = file.create_dataset("fixed", (3000,), "i1", chunks=(1,))
        d[5], d[2500:2510] = 1, np.arange(10)
        d = file.create_dataset("growing", (140100,), "i1", chunks=(1,), maxshape=(None,))
        for at in 0, 3, 20, 300, 3000, 140000:
            d[at] = at % 97 + 1
        file.attrs["huge"] = np.arange(600)
    save(path)


def save(path, expected=True):
    """Compresses a file, and writes what is in it."""
    if expected:
        text = json.dumps(describe(path), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        path.with_suffix(".json").write_text(text + "\n")
    path.with_suffix(".h5.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    for name in sys.argv[1:]:
        print(json.dumps(describe(name)))
