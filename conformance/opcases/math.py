"""Arithmetic: unary and binary operators, casts, einsum, spectra."""

import keras
import tensorflow as tf

from opcases.base import (
    binary,
    boolean,
    c64,
    case,
    const,
    f16,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    raw,
    spec,
    string,
    u8,
    u32,
    unary,
    uniform,
)

NAMES = """
    Abs Acos Acosh Asin Asinh Atan Atanh BesselI0e Ceil Cos Cosh Digamma Elu Erf Erfc Erfinv Exp Expm1 Floor Identity
    Inv IsFinite IsInf IsNan Lgamma Log Log1p Ndtri Neg OnesLike PreventGradient Reciprocal Relu Relu6 Rint Round Rsqrt
    Selu Sigmoid Sign Sin Sinh Snapshot Softplus Softsign Sqrt Square StopGradient Tan Tanh ZerosLike
"""
INTEGER = 'Abs Neg Relu Relu6 Sign Square ZerosLike OnesLike Round'.split()
OTHER_FLOATS = 'Exp Log Abs Sqrt Tanh Neg'.split()

for n in NAMES.split():
    case('math', n + '/f32', [spec([2, 3])], unary(n))
    for dt in [i32, i64] if n in INTEGER else []:
        case('math', f'{n}/{dt.name}', [spec([2, 3], dt)], unary(n))
    for dt in [f16, f64] if n in OTHER_FLOATS else []:
        case('math', f'{n}/{dt.name}', [spec([2, 3], dt)], unary(n))
for n in ('ZerosLike', 'OnesLike'):
    case('math', n + '/dyn', [spec([None, 3])], unary(n))
case('math', 'CheckNumerics', [spec([2, 3])], lambda x: raw.CheckNumerics(tensor=x, message='m'))
case('math', 'CheckNumericsV2', [spec([2, 3])], lambda x: raw.CheckNumericsV2(tensor=x, message='m'))
case('math', 'IdentityN', [spec([2, 3]), spec([2], i32)], lambda x, y: raw.IdentityN(input=[x, y]))
case('math', 'EnsureShape', [spec([None, 3])], lambda x: raw.EnsureShape(input=x, shape=[2, 3]))
case('math', 'ClipByValue/tf.clip', [spec([2, 3])], lambda x: tf.clip_by_value(x, -1.0, 1.0))
case('math', 'ClipByValue/raw', [spec([2, 3])], lambda x: raw.ClipByValue(t=x, clip_value_min=-2.0, clip_value_max=3.0))
case('math', 'Relu6 as Min(Relu)', [spec([2, 3])], lambda x: tf.minimum(tf.nn.relu(x), 6.0))
for a in (f32, i32, i64, boolean, u8, i8, i16, u32, f64, f16):
    for b in (f32, i32, i64, boolean, u8, i8, i16, u32, f64, f16):
        if a != b and (a in (f32, i32) or b in (f32, i32)):
            case('math', 'Cast/%s->%s' % (a.name, b.name), [spec([2, 3], a)], lambda x, b=b: raw.Cast(x=x, DstT=b))
case('math', 'Bitcast/f32->i32', [spec([2, 3])], lambda x: raw.Bitcast(input=x, type=i32))
for n in 'Add AddV2 Sub Mul'.split():
    binary(n, (f32, i32, i64, i16, u8, f16, f64))
binary('AddV2', (f32, i32), shapes=([1, 1, 1, 1, 2, 3], [1, 2, 1, 1, 1, 3]), tag='/rank6 bcast')
binary('Mul', (f32,), shapes=([1, 1, 1, 1, 2, 3], [1, 2, 1, 1, 1, 3]), tag='/rank6 bcast')
binary('Sub', (f32,), shapes=([1, 1, 1, 2, 3], [2, 1, 2, 1, 3]), tag='/rank5 bcast')
binary('Maximum', (f32,), shapes=([1, 1, 1, 2, 3], [2, 1, 2, 1, 3]), tag='/rank5 bcast')
binary('Less', (f32,), shapes=([1, 1, 1, 2, 3], [2, 1, 2, 1, 3]), tag='/rank5 bcast')
binary('FloorDiv', (f32,), shapes=([1, 1, 1, 2, 3], [2, 1, 2, 1, 3]), tag='/rank5 bcast')
binary('SquaredDifference', (f32,), shapes=([1, 1, 1, 2, 3], [2, 1, 2, 1, 3]), tag='/rank5 bcast')
binary('AddV2', (f32,), shapes=([None, 3], [None, 3]), tag='/dyn')
binary('Less', (f32,), shapes=([None, 1, 1, 2, 3], [2, 1, 2, 1, 3]), tag='/dyn rank5')
binary('Div', (f32, i32))
binary('RealDiv', (f32, i32))
binary('DivNoNan', (f32,))
binary('MulNoNan', (f32,))
binary('FloorDiv', (f32, i32, i64))
binary('FloorMod', (f32, i32, i64))
binary('Mod', (f32, i32))
binary('TruncateDiv', (f32, i32))
binary('TruncateMod', (f32, i32))
binary('Maximum', (f32, i32, i64))
binary('Minimum', (f32, i32, i64))
binary('Pow', (f32, i32, i64))
binary('SquaredDifference', (f32, i32, i64))
binary('Xdivy', (f32,))
binary('Xlogy', (f32,))
binary('Xlog1py', (f32,))
binary('Atan2', (f32,))
binary('NextAfter', (f32,))
binary('Igamma', (f32,))
binary('Zeta', (f32,))
binary('Polygamma', (f32,))
for n in 'Equal NotEqual'.split():
    binary(n, (f32, i32, i64, boolean, u8, string))
case(
    'math',
    'Equal/incompatible_shape_error=False',
    [spec([2, 3]), spec([2, 3])],
    lambda x, y: raw.Equal(x=x, y=y, incompatible_shape_error=False),
)
for n in 'Less LessEqual Greater GreaterEqual'.split():
    binary(n, (f32, i32, i64, u8))
binary('LogicalAnd', (boolean,))
binary('LogicalOr', (boolean,))
case('math', 'LogicalNot', [spec([2, 3], boolean)], lambda x: raw.LogicalNot(x=x))
binary('BitwiseAnd', (i32, u8))
binary('BitwiseOr', (i32,))
binary('BitwiseXor', (i32, u8, u32))
case('math', 'Invert', [spec([2], i32)], lambda x: raw.Invert(x=x))
binary('LeftShift', (i32,))
binary('RightShift', (i32, u32))
binary('ApproximateEqual', (f32,))
case('math', 'AddN/f32 x3', [spec([2, 3])] * 3, lambda a, b, d: raw.AddN(inputs=[a, b, d]))
case('math', 'AddN/f32 x2', [spec([2, 3])] * 2, lambda a, b: raw.AddN(inputs=[a, b]))
case('math', 'AddN/i64 x2', [spec([2, 3], i64)] * 2, lambda a, b: raw.AddN(inputs=[a, b]))
case('math', 'AccumulateNV2', [spec([2, 3])] * 2, lambda a, b: raw.AccumulateNV2(inputs=[a, b], shape=[2, 3]))
case('math', 'Pow const 2', [spec([2, 3])], lambda x: tf.pow(x, 2.0))
case('math', 'Pow const 0.5', [spec([2, 3])], lambda x: tf.pow(x, 0.5))
case('math', 'Pow const -0.5', [spec([2, 3])], lambda x: tf.pow(x, -0.5))
case('math', 'Pow const 3', [spec([2, 3])], lambda x: tf.pow(x, 3.0))
case('math', 'Div by const', [spec([2, 3])], lambda x: x / 3.0)
case('math', 'Div by const vec', [spec([2, 3])], lambda x: x / const([1.0, 2.0, 4.0]))
case('math', 'Mul by self', [spec([2, 3])], lambda x: x * x)
case('math', 'Add zero', [spec([2, 3])], lambda x: x + 0.0)
case('math', 'Mul one', [spec([2, 3])], lambda x: x * 1.0)
case('math', 'Square(Sub)', [spec([2, 3])] * 2, lambda x, y: tf.square(x - y))
case('math', '1/sqrt', [spec([2, 3])], lambda x: 1.0 / tf.sqrt(x))
case('math', 'AddV2 complex', [spec([2, 3], c64)] * 2, lambda x, y: x + y)
case('math', 'SigmoidGrad', [spec([2, 3])] * 2, lambda x, y: raw.SigmoidGrad(y=x, dy=y))
case('math', 'TanhGrad', [spec([2, 3])] * 2, lambda x, y: raw.TanhGrad(y=x, dy=y))
case('math', 'ReluGrad', [spec([2, 3])] * 2, lambda x, y: raw.ReluGrad(gradients=x, features=y))
case('math', 'Einsum/ab,bc->ac', [spec([2, 3]), spec([3, 4])], lambda x, y: tf.einsum('ab,bc->ac', x, y))
case('math', 'Einsum/abc,cde->abde', [spec([2, 3, 4]), spec([4, 5, 6])], lambda x, y: tf.einsum('abc,cde->abde', x, y))
case('math', 'Einsum/abde,cde->abc const', [spec([2, 3, 4, 5])], lambda x: tf.einsum('abde,cde->abc', x, const(uniform(6, 4, 5))))
case('math', 'Einsum/abc,cde->abde const', [spec([2, 3, 4])], lambda x: tf.einsum('abc,cde->abde', x, const(uniform(4, 5, 6))))
case('math', 'Einsum/BTNH,BSNH->BNTS', [spec([2, 3, 4, 5]), spec([2, 6, 4, 5])], lambda x, y: tf.einsum('BTNH,BSNH->BNTS', x, y))
case('math', 'Einsum/dyn batch', [spec([None, 3, 4, 5]), spec([None, 6, 4, 5])], lambda x, y: tf.einsum('BTNH,BSNH->BNTS', x, y))
case('math', 'Einsum/one operand', [spec([2, 3])], lambda x: tf.einsum('ij->ji', x))
case(
    'math', 'Einsum/three operands', [spec([2, 3]), spec([3, 4]), spec([4, 5])], lambda x, y, z: tf.einsum('ab,bc,cd->ad', x, y, z)
)
case('math', 'Einsum/...ab,bc', [spec([2, 5, 3]), spec([3, 4])], lambda x, y: tf.einsum('...ab,bc->...ac', x, y))
case('math', 'Einsum/diag ii->i', [spec([3, 3])], lambda x: tf.einsum('ii->i', x))
case('math', 'Complex', [spec([2, 3])] * 2, lambda x, y: raw.Complex(real=x, imag=y))
case('math', 'Real', [spec([2, 3], c64)], lambda x: raw.Real(input=x))
case('math', 'Imag', [spec([2, 3], c64)], lambda x: raw.Imag(input=x))
case('math', 'ComplexAbs', [spec([2, 3], c64)], lambda x: raw.ComplexAbs(x=x))
case('math', 'Angle', [spec([2, 3], c64)], lambda x: raw.Angle(input=x))
case('math', 'Conj', [spec([2, 3], c64)], lambda x: raw.Conj(input=x))
case('math', 'RFFT2D', [spec([8, 8])], lambda x: raw.RFFT2D(input=x, fft_length=[8, 8]))
case('math', 'RFFT', [spec([4, 8])], lambda x: raw.RFFT(input=x, fft_length=[8]))
case('math', 'IRFFT', [spec([4, 5], c64)], lambda x: raw.IRFFT(input=x, fft_length=[8]))
case('math', 'FFT', [spec([4, 8], c64)], lambda x: raw.FFT(input=x))
case('math', 'RFFT/dyn', [spec([None, 8])], lambda x: raw.RFFT(input=x, fft_length=[8]))
case('math', 'tf.signal.stft', [spec([1, 64])], lambda x: tf.abs(tf.signal.stft(x, 16, 8, 16)))
case('math', 'Bucketize/f32', [spec([2, 3])], lambda x: raw.Bucketize(input=x, boundaries=[0.0, 1.0, 10.0]))
case('math', 'Bucketize/i32', [spec([2, 3], i32)], lambda x: raw.Bucketize(input=x, boundaries=[0.0, 1.0, 10.0]))
for ex in (False, True):
    for rv in (False, True):
        case(
            'math',
            'Cumsum/ex=%d rev=%d' % (ex, rv),
            [spec([2, 3])],
            lambda x, ex=ex, rv=rv: raw.Cumsum(x=x, axis=1, exclusive=ex, reverse=rv),
        )
case('math', 'Cumsum/i64 axis64', [spec([2, 3], i64)], lambda x: raw.Cumsum(x=x, axis=const(-1, i64)))
case('math', 'Cumprod', [spec([2, 3])], lambda x: raw.Cumprod(x=x, axis=1))
case('math', 'CumulativeLogsumexp', [spec([2, 3])], lambda x: raw.CumulativeLogsumexp(x=x, axis=1))
case('math', 'Cross', [spec([2, 3])] * 2, lambda x, y: raw.Cross(a=x, b=y))
case('math', 'L2Loss', [spec([2, 3])], lambda x: raw.L2Loss(t=x))
case('math', 'Betainc', [spec([2, 3])] * 3, lambda a, b, d: raw.Betainc(a=a, b=b, x=d))
case('math', 'Select', [spec([2, 3], boolean), spec([2, 3]), spec([2, 3])], lambda p, x, y: raw.Select(condition=p, x=x, y=y))
case(
    'math', 'Select/cond rank1', [spec([2], boolean), spec([2, 3]), spec([2, 3])], lambda p, x, y: raw.Select(condition=p, x=x, y=y)
)
case(
    'math',
    'SelectV2/same',
    [spec([2, 3], boolean), spec([2, 3]), spec([2, 3])],
    lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y),
)
case(
    'math',
    'SelectV2/bcast',
    [spec([2, 1], boolean), spec([2, 3]), spec([1, 3])],
    lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y),
)
case(
    'math',
    'SelectV2/dyn',
    [spec([None, 3], boolean), spec([None, 3]), spec([None, 3])],
    lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y),
)
case(
    'math',
    'SelectV2/i64',
    [spec([2, 3], boolean), spec([2, 3], i64), spec([2, 3], i64)],
    lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y),
)
case(
    'math',
    'SelectV2/bcast rank5',
    [spec([2, 1, 1, 1, 3], boolean), spec([1, 2, 1, 1, 3]), spec([1, 1, 2, 1, 3])],
    lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y),
)
case('math', 'SelectV2/bool', [spec([2, 3], boolean)] * 3, lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y))
case('math', 'Rsqrt*x', [spec([2, 3])], lambda x: tf.math.rsqrt(x) * 2.0)
case('math', 'SqrtGrad', [spec([2, 3])] * 2, lambda x, y: raw.SqrtGrad(y=x, dy=y))
case('math', 'RsqrtGrad', [spec([2, 3])] * 2, lambda x, y: raw.RsqrtGrad(y=x, dy=y))
case('math', 'SoftplusGrad', [spec([2, 3])] * 2, lambda x, y: raw.SoftplusGrad(gradients=x, features=y))
case('math', 'ReciprocalGrad', [spec([2, 3])] * 2, lambda x, y: raw.ReciprocalGrad(y=x, dy=y))
case('math', 'SeluGrad', [spec([2, 3])] * 2, lambda x, y: raw.SeluGrad(gradients=x, outputs=y))
case('math', 'EluGrad', [spec([2, 3])] * 2, lambda x, y: raw.EluGrad(gradients=x, outputs=y))
case('math', 'Relu6Grad', [spec([2, 3])] * 2, lambda x, y: raw.Relu6Grad(gradients=x, features=y))
for dt in (tf.uint16, c64):
    case('math', 'Cast/%s->float32' % dt.name, [spec([2, 3], dt)], lambda x: raw.Cast(x=x, DstT=f32))
    case('math', 'Cast/float32->%s' % dt.name, [spec([2, 3])], lambda x, dt=dt: raw.Cast(x=x, DstT=dt))
case('math', 'keras.ops.erf', [spec([2, 3])], lambda x: keras.ops.erf(x))
case('math', 'keras.ops.einsum', [spec([2, 3, 4]), spec([4, 5])], lambda x, y: keras.ops.einsum('abc,cd->abd', x, y))
case('math', 'keras.ops.clip', [spec([2, 3])], lambda x: keras.ops.clip(x, 0.0, 6.0))
