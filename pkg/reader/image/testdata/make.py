"""Writes the pictures that the tests read and what TensorFlow, Pillow and libwebp make of them: python make.py, in this folder.

NAME.jpg has NAME.jpg.png beside it, which holds the pixels that TensorFlow decodes; NAME.webp and the PNG pictures have Pillow's.
resize.f32 holds tf.image.resize's values, little-endian, for the cases in image_test.go.
"""

import io

import numpy as np
import tensorflow as tf
from PIL import Image

W, H = 45, 35
rng = np.random.default_rng(1)
y, x = np.mgrid[0:H, 0:W]
picture = np.stack([x * 5 + 20, y * 7, (x + y) * 3], -1).clip(0, 255)
picture[8:20, 10:30] = np.where(((x + y) % 4 < 2)[8:20, 10:30, None], [255, 0, 0], [0, 0, 255])
picture[22:30, 5:40] = rng.integers(0, 256, (8, 35, 3))
picture = picture.astype(np.uint8)
image = Image.fromarray(picture)


def reference(name, pixels):
    Image.fromarray(pixels).save(name + ".png", optimize=True)


def jpeg(name, im, factors=None, **options):
    """factors replaces the sampling factors of the luma, where Pillow has no option for them; the blocks then form another
    picture."""
    out = io.BytesIO()
    im.save(out, "JPEG", quality=90, **options)
    data = bytearray(out.getvalue())
    if factors:
        data[data.index(b"\xff\xc0") + 11] = factors
    data = bytes(data)
    with open(name, "wb") as f:
        f.write(data)
    reference(name, tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy())


jpeg("444.jpg", image, subsampling="4:4:4")
jpeg("422.jpg", image, subsampling="4:2:2")
jpeg("420.jpg", image, subsampling="4:2:0")
jpeg("440.jpg", image.resize((48, 32)), 0x12, subsampling="4:2:2")
jpeg("411.jpg", image.resize((64, 32)), 0x41, subsampling="4:2:0")
jpeg("progressive.jpg", image, subsampling="4:2:0", progressive=True)
jpeg("even.jpg", image.crop((0, 0, 32, 32)), subsampling="4:2:0")
jpeg("narrow.jpg", image.crop((9, 7, 12, 27)), subsampling="4:2:0")
jpeg("gray.jpg", image.convert("L"))
jpeg("cmyk.jpg", image.convert("CMYK"))

for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    small = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40)
    small.save(f"orientation{orientation}.png", exif=exif)
small.resize((12, 8)).save("orientation6.jpg", exif=Image.open("orientation6.png").getexif())
image.crop((0, 0, 6, 4)).save("orientation6.webp", lossless=True, exif=Image.open("orientation6.png").getexif().tobytes())

for name, options in [
    ("lossy.webp", dict(quality=80)),
    ("lossless.webp", dict(lossless=True)),
]:
    image.save(name, method=6, **options)
    reference(name, np.asarray(Image.open(name).convert("RGB")))
alpha = np.dstack([picture, (x * 5 % 256).astype(np.uint8)])
Image.fromarray(alpha).save("alpha.webp", quality=80, method=6)
reference("alpha.webp", np.asarray(Image.open("alpha.webp"))[:, :, :3])
image.crop((0, 0, 44, 34)).save("even.webp", quality=80, method=6)
reference("even.webp", np.asarray(Image.open("even.webp").convert("RGB")))

Image.fromarray(alpha).save("alpha.png", optimize=True)
image.quantize(16).save("palette.png", transparency=3)
reference("palette.png", tf.io.decode_png(open("palette.png", "rb").read(), channels=3).numpy())
deep = (picture.astype(np.uint16) << 8) + 77
with open("deep.png", "wb") as f:
    f.write(tf.io.encode_png(deep).numpy())
with open("deepgray.png", "wb") as f:
    f.write(tf.io.encode_png(deep[:, :, :1]).numpy())
image.convert("1").save("bits.png")
image.convert("L").save("pillowgray.png")
image.save("rgb.png", optimize=True)

values = []
small = picture[5:22, 7:20]  # 13 wide, 17 high
Image.fromarray(small).save("small.png", optimize=True)
for height, width in [(17, 13), (5, 7), (20, 31), (1, 1)]:
    values.append(tf.image.resize(small, (height, width)).numpy())
values.append(tf.image.resize_with_pad(small, 10, 12).numpy())
values.append(tf.image.resize_with_pad(small, 20, 9).numpy())
values.append(tf.keras.utils.img_to_array(tf.keras.preprocessing.image.smart_resize(small.astype(np.float32), (8, 11))))
values.append(tf.keras.utils.img_to_array(tf.keras.preprocessing.image.smart_resize(small.astype(np.float32), (20, 9))))
np.concatenate([v.astype("<f4").ravel() for v in values]).tofile("resize.f32")
