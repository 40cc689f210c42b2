"""Where the conformance scripts keep what they fetch and make. Nothing below CORPUS or VENV is committed."""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent
VENV = HERE / '.venv'
PYTHON = VENV / 'bin' / 'python'

CORPUS = HERE / '.corpus'
PACKAGES = CORPUS / 'packages'  # PACKAGES/<name>/…: files of registry packages, unpacked
OUT = CORPUS / 'out'  # OUT/<name>/…: models that the scripts make, with samples.npz
ORACLE = CORPUS / 'oracle'  # ORACLE/<name>/…: TensorFlow's own calibration and quantization
WEIGHTS = CORPUS / 'weights'  # WEIGHTS/<name>/…: TFLiteConverter's float16 and dynamic range quantization
DEVICES = CORPUS / 'devices'  # DEVICES/<name>/…: Octet's int8 models
GOLDEN = CORPUS / 'golden'  # GOLDEN/<name>/…: LiteRT's tensors
SOURCES = CORPUS / 'sources'  # SOURCES/<name>/…: SavedModels and frozen graphs, with TensorFlow's own values
TFOPS = CORPUS / 'tfops'  # TFOPS/<group>.zip: one-operator graphs, with TensorFlow's own values
KERAS = CORPUS / 'keras'  # KERAS/<name>/…: Keras files, with Keras's own values
