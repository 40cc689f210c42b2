"""Read a PyTorch state dict without PyTorch: the format is a pickle of tensors' headers and raw storages beside it."""

import collections
import io
import pickle
import zipfile

import numpy as np

STORAGES = {
    'FloatStorage': np.float32,
    'DoubleStorage': np.float64,
    'HalfStorage': np.float16,
    'LongStorage': np.int64,
    'IntStorage': np.int32,
    'ByteStorage': np.uint8,
}
LEGACY_HEADER = 3  # magic number, protocol version, system information: one pickle each


class Tensor:
    """A tensor's header: a view of a storage, in elements."""

    def __init__(self, storage, offset, shape, strides, *_):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self, storages):
        flat = storages[self.storage][self.offset :]
        return np.lib.stride_tricks.as_strided(flat, self.shape, [s * flat.itemsize for s in self.strides]).copy()


class Unpickler(pickle.Unpickler):
    """Builds nothing but dicts and Tensors; the storages that it met are in dtypes, by key."""

    def __init__(self, file):
        super().__init__(file)
        self.dtypes = {}

    def find_class(self, module, name):
        if name in STORAGES:
            return STORAGES[name]
        if name == '_rebuild_tensor_v2':
            return Tensor
        if name == '_rebuild_parameter':
            return lambda tensor, *_: tensor
        if (module, name) == ('collections', 'OrderedDict'):
            return collections.OrderedDict  # it carries _metadata as an attribute, which a dict can't
        raise pickle.UnpicklingError(f'unexpected {module}.{name}')

    def persistent_load(self, pid):
        _, dtype, key, *_ = pid
        self.dtypes[key] = np.dtype(dtype)
        return key


def load(path):
    """The state dict as arrays by name, in the file's order. Both container formats are read: zip and the older stream."""
    blob = path.read_bytes()
    storages = {}
    if blob.startswith(b'PK'):
        archive = zipfile.ZipFile(io.BytesIO(blob))
        index = next(n for n in archive.namelist() if n.endswith('data.pkl'))
        reader = Unpickler(io.BytesIO(archive.read(index)))
        state = reader.load()
        for key, dtype in reader.dtypes.items():
            storages[key] = np.frombuffer(archive.read(index.removesuffix('data.pkl') + 'data/' + key), dtype)
    else:
        stream = io.BytesIO(blob)
        for _ in range(LEGACY_HEADER):
            pickle.load(stream)
        reader = Unpickler(stream)
        state = reader.load()
        for key in pickle.load(stream):
            count, dtype = int.from_bytes(stream.read(8), 'little'), reader.dtypes[key]
            storages[key] = np.frombuffer(stream.read(count * dtype.itemsize), dtype)
    return {name: t.array(storages) for name, t in state.items() if isinstance(t, Tensor)}
