#!/usr/bin/env python3
"""The .tflite models of the corpus, each under one name.

usage: models.py [--kind float|hybrid|integer]      prints name, kind and path, one model a line

A model's name is its file's stem, after the package that holds it: mediapipe-face_landmark. Copies of one file count once.
"""

import argparse
import dataclasses
import hashlib
import pathlib

from ai_edge_litert import schema_py_generated as schema

from places import OUT, PACKAGES


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    path: pathlib.Path
    kind: str  # float: no quantized tensor; hybrid: quantized constants only; integer: quantized activations

    @property
    def samples(self):
        """The npz of representative samples that the script which made the model wrote beside it, or None."""
        path = self.path.with_name('samples.npz')
        return path if path.exists() else None


def parse(content):
    """The flatbuffer as a tree of schema objects."""
    return schema.ModelT.InitFromPackedBuf(content, 0)


def load(path):
    return parse(pathlib.Path(path).read_bytes())


def kind(model):
    kinds = {'float'}
    for graph in model.subgraphs:
        for t in graph.tensors:
            if t.quantization is not None and t.quantization.scale is not None and len(t.quantization.scale):
                constant = model.buffers[t.buffer].data is not None
                kinds.add('hybrid' if constant else 'integer')
    return next(k for k in ('integer', 'hybrid', 'float') if k in kinds)


def corpus():
    """Every model of the corpus, sorted by name."""
    found, digests = {}, set()
    for root, prefix in ((OUT, False), (PACKAGES, True)):
        for path in sorted(root.rglob('*.tflite')):
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest in digests:
                continue
            digests.add(digest)
            name = f'{path.relative_to(root).parts[0]}-{path.stem}' if prefix else path.parent.name
            if name in found:
                name += '-' + digest.hex()[:6]
            found[name] = Model(name, path, kind(load(path)))
    return [found[name] for name in sorted(found)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--kind', choices=['float', 'hybrid', 'integer'])
    wanted = parser.parse_args().kind
    for model in corpus():
        if wanted in (None, model.kind):
            print(f'{model.name}\t{model.kind}\t{model.path}')


if __name__ == '__main__':
    main()
