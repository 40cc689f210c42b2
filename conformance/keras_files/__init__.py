"""Whole models as Keras files: MODELS, by name. A row is a function that gives model, samples and forms; see keras_sources.py.

applications.py has keras.applications; zoo.py architectures.py and the layers of origins/keras3.py; keras2.py what tf_keras saves;
real.py files that others saved.
"""

from keras_files import applications, keras2, real, zoo

MODELS = real.MODELS | keras2.MODELS | zoo.MODELS | applications.MODELS
TWINS = real.TWINS | zoo.TWINS  # functions that give a flatbuffer of the same model by TFLiteConverter, or None
LITE = applications.LITE | keras2.LITE  # names for which TFLiteConverter is asked
