#!/usr/bin/env python3
"""Train the demo's model on Fashion-MNIST and write everything that `octet demo` needs, beside this script.

usage: train.py [--data FOLDER] [--epochs N]

FOLDER holds the four idx files of Fashion-MNIST (…-images-idx3-ubyte.gz, …-labels-idx1-ubyte.gz); by default it is where
conformance/corpus.py puts the Debian package dataset-fashion-mnist. Written are

    model.keras       the trained model: input `image`, [N, 28, 28, 1] float32 in [0, 1]; output the ten classes' probabilities
    model.tflite      the same as a float flatbuffer, by TensorFlow's converter
    calibration.npz   image: 200 training pictures, 20 of each class, float16
    test.npz          image: the first 1000 test pictures, float16; labels: their classes, int32

The weights are trained on the 60,000 training pictures alone. Everything is seeded; bits still vary with the processor.
"""

import argparse
import gzip
import os
import pathlib
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import keras
import numpy as np
import tensorflow as tf
from keras import layers

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parents[1] / 'conformance/.corpus/packages/dataset-fashion-mnist'
SEED, BATCH, EPOCHS = 20261124, 128, 16
CALIBRATION, TEST = 20, 1000  # pictures of each class; pictures in all


def read(folder, name):
    """The images as [N, 28, 28, 1] in [0, 1], and the labels."""
    images = gzip.decompress(next(folder.rglob(f'{name}-images-idx3-ubyte.gz')).read_bytes())
    labels = gzip.decompress(next(folder.rglob(f'{name}-labels-idx1-ubyte.gz')).read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28, 1)
    return pixels.astype(np.float32) / 255, np.frombuffer(labels, np.uint8, offset=8).astype(np.int32)


def norm(x, relu=True):
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x) if relu else x


def block(x, filters):
    """A convolution, and a depthwise separable one around which its result is added."""
    x = norm(layers.Conv2D(filters, 3, padding='same', use_bias=False)(x))
    y = norm(layers.DepthwiseConv2D(3, padding='same', use_bias=False)(x))
    y = norm(layers.Conv2D(filters, 1, use_bias=False)(y), relu=False)
    return layers.ReLU()(layers.Add()([x, y]))


def build():
    image = keras.Input((28, 28, 1), name='image')
    x = norm(layers.Conv2D(24, 3, padding='same', use_bias=False)(image))
    x = block(layers.MaxPooling2D()(x), 48)
    x = block(layers.MaxPooling2D()(x), 64)
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(10, activation='softmax', name='probabilities')(x), name='fashion')


def augment(image, label):
    """Mirror half of the pictures and move them by up to two pixels."""
    image = tf.image.random_flip_left_right(tf.pad(image, ((2, 2), (2, 2), (0, 0))))
    return tf.image.random_crop(image, (28, 28, 1)), label


def train(images, labels, epochs):
    model = build()
    steps = -(-len(images) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(0.0, epochs * steps, warmup_target=4e-3, warmup_steps=steps)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), 'sparse_categorical_crossentropy', metrics=['accuracy'])
    data = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed=SEED).map(augment).batch(BATCH)
    model.fit(data, epochs=epochs, verbose=2)
    return model


def convert(model):
    with tempfile.TemporaryDirectory() as path:
        signature = [tf.TensorSpec((1, 28, 28, 1), tf.float32, name='image')]
        model.export(path, format='tf_saved_model', verbose=False, input_signature=signature)
        return tf.lite.TFLiteConverter.from_saved_model(path, signature_keys=['serving_default']).convert()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--data', type=pathlib.Path, default=DATA, metavar='FOLDER')
    parser.add_argument('--epochs', type=int, default=EPOCHS)
    a = parser.parse_args()
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    images, labels = read(a.data, 'train')
    test_images, test_labels = read(a.data, 't10k')
    model = train(images, labels, a.epochs)
    _, all_right = model.evaluate(test_images, test_labels, verbose=0)
    _, right = model.evaluate(test_images[:TEST], test_labels[:TEST], verbose=0)
    print(f'{model.count_params()} parameters, top-1 {all_right:.2%} of the test pictures, {right:.2%} of the first {TEST}')
    bare = build()  # without the optimizer's state
    bare.set_weights(model.get_weights())
    bare.save(HERE / 'model.keras')
    (HERE / 'model.tflite').write_bytes(convert(model))
    order = np.concatenate([np.flatnonzero(labels == c)[:CALIBRATION] for c in range(10)])
    np.savez_compressed(HERE / 'calibration.npz', image=images[np.sort(order)].astype(np.float16))
    np.savez_compressed(HERE / 'test.npz', image=test_images[:TEST].astype(np.float16), labels=test_labels[:TEST])


if __name__ == '__main__':
    main()
