#!/usr/bin/env python3
"""AI Edge Quantizer's weight-only quantization of the float models of weight_oracle.py, beside each float.tflite: wi8.tflite and
wi4.tflite, and wi4b32.tflite with a scale for each 32 weights, which operators read without a DEQUANTIZE; and mixed.tflite, by
the recipe of pkg/recipe/testdata/aiedge.json.

usage: weight_only.py pairs [NAME ...]    pkg/quantize/testdata/weights/NAME
       weight_only.py [NAME ...]          .corpus/weights/NAME

It fails on some models, which then have no such file.
"""

import json
import pathlib
import sys

from ai_edge_quantizer import qtyping, quantizer, recipe

from places import WEIGHTS
from weight_oracle import PAIRS

RECIPES = {
    'wi8': recipe.weight_only_wi8_afp32,
    'wi4': recipe.weight_only_wi4_afp32,
    'wi4b32': lambda: recipe.dynamic_wi4b32_afp32(operation_name=qtyping.TFLOperationName.FULLY_CONNECTED),
    'mixed': lambda: json.loads((PAIRS.parents[2] / 'recipe' / 'testdata' / 'aiedge.json').read_text()),
}
LEFT_OUT = [
    ('extremes', 'wi4b32'),  # of blocks whose scale rounds to 0 it makes arbitrary integers
    ('extremes', 'mixed'),  # its dynamic scales have another lower bound than TFLiteConverter's, which Octet's have
]


def main():
    committed = sys.argv[1:2] == ['pairs']
    root, names = (PAIRS, sys.argv[2:]) if committed else (WEIGHTS, sys.argv[1:])
    for folder in sorted(p.parent for p in pathlib.Path(root).glob('[!.]*/float.tflite') if not names or p.parent.name in names):
        for stem, make in RECIPES.items():
            out = folder / f'{stem}.tflite'
            if out.exists() and not names and not committed or (folder.name, stem) in LEFT_OUT:
                continue
            try:
                q = quantizer.Quantizer(str(folder / 'float.tflite'))
                q.load_quantization_recipe(make())
                out.write_bytes(bytes(q.quantize().quantized_model))
            except Exception as e:  # whatever it raises: the other models are still wanted
                print(f'{folder.name} {stem}: {type(e).__name__}: {str(e)[:200]}', flush=True)
        print(folder.name, flush=True)


if __name__ == '__main__':
    main()
