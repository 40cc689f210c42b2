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
