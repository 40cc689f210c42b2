"""Recurrent layers whose calls give and take states and masks, and cells by themselves."""

from keras import layers as L
from keras import ops

from keras_layers.cases import layer, model

WORDS = (6,)
for cell, states in (('LSTM', 2), ('GRU', 1), ('SimpleRNN', 1)):
    name, shapes = cell.lower(), [(4,)] * states
    model((5, 3), *shapes)(
        lambda x, *s, c=cell: getattr(L, c)(4, return_sequences=True, return_state=True)(x, initial_state=list(s)),
        f'{name}/given_state',
    )
    model((20, 3), *shapes)(lambda x, *s, c=cell: getattr(L, c)(4)(x, initial_state=list(s)), f'{name}/given_state_long')
    model((6, 3), *shapes)(
        lambda x, *s, c=cell: getattr(L, c)(4, return_sequences=True)(L.Masking()(ops.relu(x)), initial_state=list(s)),
        f'{name}/given_state_masked',
    )
    model((5, 3), *shapes * 2)(
        lambda x, *s, c=cell: L.Bidirectional(getattr(L, c)(4, return_sequences=True))(x, initial_state=list(s)),
        f'{name}/bidirectional_given',
    )
    layer(f'{name}/bidirectional_state', (5, 3), lambda c=cell: L.Bidirectional(getattr(L, c)(4, return_state=True)), both=True)
    layer(
        f'{name}/bidirectional_apart',
        (5, 3),
        lambda c=cell: L.Bidirectional(getattr(L, c)(4, return_sequences=True), merge_mode=None),
        both=True,
    )
    model((3,), *shapes)(lambda x, *s, c=cell: getattr(L, f'{c}Cell')(4)(x, list(s))[0], f'{name}/cell')
layer('lstm/bidirectional_unlike', (5, 3),
      lambda: L.Bidirectional(L.LSTM(4), backward_layer=L.GRU(3, go_backwards=True)))  # fmt: skip
layer('rnn/stacked_state', (5, 3), lambda: L.RNN([L.LSTMCell(4), L.GRUCell(3)], return_state=True, return_sequences=True))
model((3,), (4,), (4,), (5,))(
    lambda x, h, c, g: L.StackedRNNCells([L.LSTMCell(4), L.GRUCell(5)])(x, [[h, c], g])[0], 'rnn/stacked_cell'
)
model(WORDS, dtype='int32')(
    lambda x: (lambda s: L.GRU(3)(s[0], initial_state=s[1]))(
        L.GRU(3, return_sequences=True, return_state=True)(L.Embedding(5, 3, mask_zero=True)(x))
    ),
    'mask/handed_on_with_state',
)
model(WORDS, dtype='int32')(
    lambda x: L.Bidirectional(L.GRU(3, return_state=True, return_sequences=True))(L.Embedding(5, 3, mask_zero=True)(x)),
    'mask/bidirectional_state',
)
model((6, 3), (6,))(lambda x, m: L.LSTM(4)(x, mask=m > 0), 'mask/argument')
model((6, 3), (6,))(lambda x, m: L.Bidirectional(L.LSTM(4))(x, mask=m > 0), 'mask/argument_bidirectional')
model((5, 4), (6, 4), (5,), (6,))(lambda q, v, m, n: L.Attention()([q, v], mask=[m > 0, n > 0]), 'mask/argument_attention')
model((5, 4), (6, 4), (6,))(lambda q, v, n: L.AdditiveAttention()([q, v], mask=[None, n > 0]), 'mask/argument_additive')
model((5, 4), (6, 4), (5,), (6,))(
    lambda q, v, m, n: L.MultiHeadAttention(2, 3)(q, v, query_mask=m > 0, value_mask=n > 0), 'mask/argument_mha'
)
model((5, 4), (6, 4), (5, 6))(lambda q, v, m: L.MultiHeadAttention(2, 3)(q, v, attention_mask=m > 0), 'mha/attention_mask')
model((5, 4), (6, 4))(lambda q, v: L.MultiHeadAttention(2, 3)(q, v, return_attention_scores=True), 'mha/scores')
model((4, 3, 5), (4, 3, 5))(lambda q, v: L.MultiHeadAttention(2, 3, attention_axes=(1, 2))(q, v), 'mha/axes')
model((4, 3, 5), (4, 3, 5))(lambda q, v: L.MultiHeadAttention(2, 3, attention_axes=(2,))(q, v), 'mha/axis2')

for n, shape in ((1, (4, 7, 2)), (2, (3, 4, 5, 2)), (3, (3, 3, 4, 3, 2))):
    state = (*shape[1:-1], 2)
    model(shape, state, state)(
        lambda x, h, c, n=n: getattr(L, f'ConvLSTM{n}D')(2, 2, padding='same', return_sequences=True)(x, initial_state=[h, c]),
        f'conv_lstm{n}d/given_state',
    )
layer('conv_lstm3d', (3, 3, 4, 3, 2), lambda: L.ConvLSTM3D(2, 2, padding='same'), both=True)
layer('conv_lstm3d/strides', (2, 5, 4, 4, 1), lambda: L.ConvLSTM3D(2, 2, strides=2, return_sequences=True, return_state=True))
model((6, 4, 4, 2), (6,))(lambda x, m: L.ConvLSTM2D(2, 2, return_sequences=True)(x, mask=m > 0), 'mask/conv_lstm2d')
model((6, 6))(lambda x: L.MultiHeadAttention(2, 3, sliding_window=2)(x, x), 'mha/window')
model((6, 6))(lambda x: L.MultiHeadAttention(2, 3, sliding_window=3)(x, x, use_causal_mask=True), 'mha/window_causal')
model((6, 6))(lambda x: L.MultiHeadAttention(2, 3, use_gate=True)(x, x), 'mha/gate', both=True)
model((6, 6))(lambda x: L.GroupQueryAttention(3, 4, 2, use_gate=True, sliding_window=2)(x, x), 'gqa/gate', both=True)
model((6, 6))(lambda x: L.MultiHeadAttention(2, 3, output_shape=(2, 5))(x, x), 'mha/output_dims')


def reversed_embedding(**options):
    """Words to vectors and back."""

    def call(x):
        e = L.ReversibleEmbedding(5, 4, **options)
        return e(e(x), reverse=True)

    return call


model(WORDS, dtype='int32')(reversed_embedding(), 'reversible_embedding/tied')
model(WORDS, dtype='int32')(reversed_embedding(tie_weights=False, logit_soft_cap=2.0), 'reversible_embedding/apart', both=True)
for cell, states in (('LSTM', 2), ('GRU', 1), ('ConvLSTM1D', 2)):
    shape, size = ((6, 3), (4,)) if states + len(cell) < 10 else ((6, 3, 2), (3, 4))
    options = {} if len(shape) == 2 else {'kernel_size': 2, 'padding': 'same'}
    model(shape, (6,), *[size] * states)(
        lambda x, m, *s, c=cell, o=options: getattr(L, c)(4, return_sequences=True, **o)(x, initial_state=list(s), mask=m > 0),
        f'mask/argument_given_{cell.lower()}',
    )
model((20, 3), (20,), (4,))(lambda x, m, s: L.GRU(4)(x, initial_state=s, mask=m > 0), 'mask/argument_given_long')
model((5, 4), (6, 4), (6,))(lambda q, v, n: L.MultiHeadAttention(2, 3, dropout=0.1)(q, v, value_mask=n > 1), 'mask/mha_dropout')
model((5, 4), (6, 4), (5,))(lambda q, v, n: L.GroupQueryAttention(3, 4, 2, dropout=0.1)(q, v, query_mask=n > 0), 'mask/gqa_dropout')
model((5, 4), (6, 4), (5,))(lambda q, v, n: L.GroupQueryAttention(3, 4, 2)(q, v, query_mask=n > 0), 'mask/gqa')
model(WORDS, dtype='int32')(
    lambda x: (lambda e: L.MultiHeadAttention(2, 3, dropout=0.1)(e, e))(L.Embedding(5, 4, mask_zero=True)(x)),
    'mask/mha_own_dropout',
)
