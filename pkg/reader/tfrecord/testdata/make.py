"""Writes the record files that the tests read, by TensorFlow itself: python make.py, in this folder."""

import tensorflow as tf

Feature = tf.train.Feature


def example(i):
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                "x": Feature(float_list=tf.train.FloatList(value=[i, i + 0.5, -1e-3])),
                "label": Feature(int64_list=tf.train.Int64List(value=[i, -i, 1 << 40])),
                "raw": Feature(bytes_list=tf.train.BytesList(value=[b"a" * i, b""])),
                "nothing": Feature(),
            }
        )
    ).SerializeToString(deterministic=True)


for name, compression in [("plain", ""), ("gzip", "GZIP"), ("zlib", "ZLIB")]:
    with tf.io.TFRecordWriter(name + ".tfrecord", compression) as w:
        for i in range(5):
            w.write(example(i))
