"""Writes the arrays that the tests read, by NumPy itself: python make.py, in this folder.

Every array is arange(24) as a 2x3x4 array (bool: odd numbers), in each type, byte order and memory order.
"""

import numpy as np

arrays = {}
for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
    values = np.arange(24).reshape(2, 3, 4)
    if kind == "b1":
        values = values % 2
    for order in "CF":
        for endian in "<>" if kind[1] != "1" else "|":
            name = f"{kind}_{order}_{ {'<': 'little', '>': 'big', '|': 'none'}[endian] }"
            arrays[name] = np.array(values, dtype=endian + kind, order=order)

np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
with open("version2.npy", "wb") as f:
    np.lib.format.write_array(f, np.arange(24, dtype="<f4").reshape(2, 3, 4), version=(2, 0))
with open("version3.npy", "wb") as f:
    np.lib.format.write_array(f, np.arange(24, dtype="<f4").reshape(2, 3, 4), version=(3, 0))
np.save("scalar.npy", np.float64(2.5))
np.save("objects.npy", np.array([{}, None]), allow_pickle=True)
np.save("fields.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
np.save("strings.npy", np.array(["a", "b"]))
np.save("empty.npy", np.zeros((0, 3), "f4"))
