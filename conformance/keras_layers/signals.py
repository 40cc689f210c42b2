"""Layers that prepare sounds, pictures and categories."""

from keras import layers as L

from keras_layers.cases import layer

for mode in ('log', 'magnitude', 'psd', 'real', 'imag', 'stft'):
    layer(f'stft_spectrogram/{mode}', (40, 2), lambda m=mode: L.STFTSpectrogram(m, 8, 4, 16))
layer(
    'stft_spectrogram/angle', (40, 1), lambda: L.STFTSpectrogram('angle', 7, 3, 8, padding='same', scaling=None, window='hamming')
)
layer(
    'stft_spectrogram/dims', (40, 2), lambda: L.STFTSpectrogram('magnitude', 8, 4, 16, expand_dims=True, padding='same'), both=True
)
layer('mel_spectrogram', (80,), lambda: L.MelSpectrogram(32, 16, num_mel_bins=6, sampling_rate=4000))
layer(
    'mel_spectrogram/power',
    (80,),
    lambda: L.MelSpectrogram(
        24,
        10,
        20,
        num_mel_bins=5,
        sampling_rate=4000,
        power_to_db=False,
        mag_exp=1.0,
        min_freq=50.0,
        max_freq=1500.0,
        window='hamming',
    ),
)
layer(
    'mel_spectrogram/odd', (60,), lambda: L.MelSpectrogram(15, 8, 13, num_mel_bins=4, sampling_rate=4000, mag_exp=1.5, window=None)
)
layer('auto_contrast', (4, 5, 3), lambda: L.AutoContrast((-2, 2)))
layer('auto_contrast/bytes', (4, 5, 3), L.AutoContrast)
for name in ('bilinear', 'bicubic', 'lanczos3', 'lanczos5'):
    layer(f'resizing/{name}_antialias', (9, 10, 2), lambda n=name: L.Resizing(4, 6, interpolation=n, antialias=True))
layer('resizing/bicubic', (5, 6, 3), lambda: L.Resizing(8, 9, interpolation='bicubic'))
layer('resizing/lanczos3', (5, 6, 3), lambda: L.Resizing(8, 4, interpolation='lanczos3'))
layer('resizing/crop', (9, 5, 2), lambda: L.Resizing(4, 6, crop_to_aspect_ratio=True))
layer('resizing/pad', (9, 5, 2), lambda: L.Resizing(4, 6, pad_to_aspect_ratio=True, fill_value=0.5))
layer('up_sampling2d/bicubic', (4, 3, 2), lambda: L.UpSampling2D(2, interpolation='bicubic'))
for mode in ('one_hot', 'multi_hot', 'count'):
    layer(f'discretization/{mode}', (3,), lambda m=mode: L.Discretization(bin_boundaries=[-1.0, 0.0, 1.0], output_mode=m))
