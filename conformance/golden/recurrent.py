"""Recurrent operators. Their state is a variable tensor, zero at the start of a sample."""

from golden.case import ACTIVATION, NONE, V, W, X, case

TANH = dict(fusedActivationFunction=ACTIVATION['TANH'])
BATCH, TIME, INPUT, UNITS, OUTPUT = 2, 3, 4, 5, 3


def gates(rows, columns, cifg=False, present=True, matrix=W):
    """Weights of the input, forget, cell and output gates; with coupled gates the first is absent."""
    return [matrix((rows, columns)) if present and not (cifg and gate == 0) else NONE for gate in range(4)]


def vectors(count, size, present=True, skip_first=False, vector=W):
    return [vector((size,)) if present and not (skip_first and i == 0) else NONE for i in range(count)]


def cell(cifg=False, peephole=False, projection=False, projection_bias=False, matrix=W):
    """The operands between a cell's input and its states; matrix makes its weights."""
    out = OUTPUT if projection else UNITS
    return [
        *gates(UNITS, INPUT, cifg, matrix=matrix),
        *gates(UNITS, out, cifg, matrix=matrix),
        *vectors(3, UNITS, peephole, cifg, matrix),
        *vectors(4, UNITS, skip_first=cifg),
        matrix((OUTPUT, UNITS)) if projection else NONE,
        W((OUTPUT,)) if projection_bias else NONE,
    ]


def states(projection=False):
    return [V((BATCH, OUTPUT if projection else UNITS)), V((BATCH, UNITS))]


def options(kind, names=('version', 'asymmetricQuantizeInputs')):
    """What of the keywords is the operator's, and the rest, which is the cell's."""
    return {k: v for k, v in kind.items() if k in names}, {k: v for k, v in kind.items() if k not in names}


def lstm(label, time_major=False, norm=False, clip=(0.0, 0.0), cifg=False, projection=False, **kind):
    more, kind = options(kind)
    x = X((TIME, BATCH, INPUT) if time_major else (BATCH, TIME, INPUT))
    operands = [
        x,
        *cell(cifg=cifg, projection=projection, **kind),
        *states(projection),
        *(vectors(4, UNITS, skip_first=cifg) if norm else []),
    ]
    return case(
        'UNIDIRECTIONAL_SEQUENCE_LSTM', label, *operands, timeMajor=time_major, cellClip=clip[0], projClip=clip[1], **TANH, **more
    )


def step(label, norm=False, cifg=False, projection=False, **kind):
    more, kind = options(kind)
    operands = [
        X((BATCH, INPUT)),
        *cell(cifg=cifg, projection=projection, **kind),
        *states(projection),
        *(vectors(4, UNITS, skip_first=cifg) if norm else []),
    ]
    return case('LSTM', label, *operands, kernelType=0, **TANH, **more)


def bilstm(label, merge=True, time_major=False, auxiliary=False, matrix=W, **kind):
    more, kind = options(kind)
    batch = 1 if merge and not time_major else BATCH  # LiteRT merges wrongly, reading memory at random, for more
    x = (TIME, batch, INPUT) if time_major else (batch, TIME, INPUT)
    extra = [X(x), *gates(UNITS, INPUT, matrix=matrix), *gates(UNITS, INPUT, matrix=matrix)] if auxiliary else [NONE] * 9
    return case(
        'BIDIRECTIONAL_SEQUENCE_LSTM',
        label,
        X(x),
        *cell(matrix=matrix, **kind),
        *cell(matrix=matrix, **kind),
        *[V((batch, UNITS)) for _ in range(4)],
        *extra,
        results=['float32'] * (1 if merge else 2),
        mergeOutputs=merge,
        timeMajor=time_major,
        **TANH,
        **more,
    )


def rnn(op, label, shape, activation='TANH', matrix=W, **options):
    return case(
        op,
        label,
        X(shape),
        matrix((UNITS, INPUT)),
        matrix((UNITS, UNITS)),
        W((UNITS,)),
        V((BATCH, UNITS)),
        fusedActivationFunction=ACTIVATION[activation],
        **options,
    )


def birnn(label, merge, time_major=False, matrix=W, **more):
    x = (TIME, BATCH, INPUT) if time_major else (BATCH, TIME, INPUT)
    direction = [matrix((UNITS, INPUT)), matrix((UNITS, UNITS)), W((UNITS,)), V((BATCH, UNITS))]
    return case(
        'BIDIRECTIONAL_SEQUENCE_RNN',
        label,
        X(x),
        *direction,
        *direction,
        NONE,
        NONE,
        NONE,
        results=['float32'] * (1 if merge else 2),
        mergeOutputs=merge,
        timeMajor=time_major,
        **TANH,
        **more,
    )


def svdf(label, rank, memory=4, bias=True, activation='NONE', matrix=W, **more):
    filters = UNITS * rank
    return case(
        'SVDF',
        label,
        X((BATCH, INPUT)),
        matrix((filters, INPUT)),
        matrix((filters, memory)),
        W((UNITS,)) if bias else NONE,
        V((BATCH, memory * filters)),
        rank=rank,
        fusedActivationFunction=ACTIVATION[activation],
        **more,
    )


CASES = [
    lstm('plain'),
    lstm('time_major', time_major=True),
    lstm('coupled', cifg=True),
    lstm('peephole', peephole=True),
    lstm('clipped', clip=(0.3, 0.0)),
    lstm('projection', projection=True),
    lstm('projection_bias', projection=True, projection_bias=True, clip=(0.0, 0.1)),
    lstm('layer_norm', norm=True),
    lstm('everything', norm=True, peephole=True, projection=True, projection_bias=True, clip=(0.5, 0.5)),
    lstm('coupled_peephole', cifg=True, peephole=True, time_major=True),
    lstm('coupled_norm', cifg=True, norm=True),
    step('plain'),
    step('peephole_projection', peephole=True, projection=True),
    step('coupled', cifg=True),
    step('layer_norm', norm=True),
    bilstm('merged'),
    bilstm('apart', merge=False),
    bilstm('time_major', time_major=True),
    bilstm('peephole', peephole=True, merge=False),
    bilstm('coupled', cifg=True),
    bilstm('auxiliary', auxiliary=True),
    rnn('RNN', 'plain', (BATCH, INPUT)),
    rnn('RNN', 'relu', (BATCH, INPUT), 'RELU'),
    rnn('UNIDIRECTIONAL_SEQUENCE_RNN', 'plain', (BATCH, TIME, INPUT), timeMajor=False),
    rnn('UNIDIRECTIONAL_SEQUENCE_RNN', 'time_major', (TIME, BATCH, INPUT), timeMajor=True),
    birnn('merged', True),
    birnn('apart', False),
    birnn('time_major', True, True),
    svdf('rank1', 1),
    svdf('rank2', 2),
    svdf('relu', 1, activation='RELU'),
    svdf('no_bias', 2, bias=False),
    case(
        'LSTM',
        'basic',
        X((BATCH, INPUT)),
        X((BATCH, UNITS), low=-1, high=1),
        W((4 * UNITS, INPUT + UNITS)),
        W((4 * UNITS,)),
        X((BATCH, UNITS)),
        results=['float32'] * 4,
        kernelType=1,
        **TANH,
    ),
]
