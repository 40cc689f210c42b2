// Package kernel is the arithmetic: slices in, slices out. It knows neither tensors nor graphs.
//
// # What is computed
//
// Every result is determined by the operands alone, bit for bit. It does not depend on the processor, the width of its registers, the
// number of goroutines or the number of samples computed together. Files *_generic.go, or functions …Generic, are the
// definition; variants in assembly equal it. The environment chooses among these on amd64: GODEBUG=cpu.avx512f=off leaves AVX2, and GODEBUG=cpu.avx2=off generic Go.
//
//   - A sum of products has one accumulator for each output. It starts from the bias, or 0, and takes the terms one after the other, in
//     the order of the weights' layout, each by a fused multiply-add. What lies outside an image is zeros that take part.
//   - Nothing else is fused: float32(x*y) + z.
//   - The functions of one number (F32Exp, F32Log, F32Tanh …) are fixed sequences of operations on float32, multiply-adds fused where they say so, within 2 units in
//     the last place, GELU as said there. F32Sin, F32Cos, F32Erf, F32Pow and F32Atan2 are computed in float64, within 0.51 units.
//   - A NaN stays, whatever its payload, and so does an infinity. Fused activations are comparisons in a fixed order, so that
//     a NaN passes them; without one there is no limit.
//
// # Sums of products
//
// A layer whose weights are known beforehand is prepared once, which rearranges the weights and looks up where every
// output finds its inputs, and then run by any number of goroutines:
//
//	conv, err := kernel.NewF32Conv(spec, weights, bias)
//	conv.Run(out, in)
//
// F32Conv, F32Depthwise, F32TransposeConv, F32Conv3D and F32FullyConnected are made like that. Where the weights are results
// themselves, prepare with nil and use RunWith, with scratch memory of Scratch() elements. F32BatchMatMul takes two operands and scratch.
// F32Pool and F32Bilinear are prepared as well. F32MinMax is a plain function.
//
// An F32Scan is the range of a result, taken while its parts are in the cache: RunScan and F32BinaryScan fill it in. It is what F32MinMax finds of the whole.
// Where it is told to Count, the F32Histogram of an F32Tally grows beside it. An F32Joint counts a tensor and what functions make of each of its elements at once.
//
// Images are NHWC. The number of images, N, follows from the lengths of the slices. Sizes and padding are the caller's: a Window says
// how many outputs there are and what is padded before the first row and column. New… return an error for a geometry that makes no sense
// or weights that don't fit it; Run panics on slices that are not what the geometry says. Run allocates nothing.
//
// # Everything else
//
// Plain functions; the result comes first, in memory of the caller. Shapes are row-major, of rank MaxRank at most.
//
//   - A binary operator is a Row (Add, Maximum, F32Prelu, Less …), which Binary lays over two operands that broadcast:
//     Binary(dst, a, aShape, b, bShape, Add[float32]). Unary ones are functions of slices (Abs, F32Gelu …), or F32Map over a function of one number; F32MapExp, F32MapLogistic,
//     F32MapTanh, F32MapLog, F32MapSqrt and F32MapRsqrt are faster than that.
//   - Movement (Transpose, Slice, Concat, Gather, Pad …) works on bytes and is told the size of an element.
//   - Sums over axes, rows and windows are made in float64, in an order that is written down, and rounded once.
//   - F32LSTM, F32RNN and F32SVDF are prepared like the layers above; what they remember is the caller's.
//
// # Int8
//
// S8Conv, S8Depthwise, S8TransposeConv, S8FullyConnected and S8BatchMatMul add up products in int32 and rescale them as TFLite's reference kernels do: by a
// Multiplier, which rounds twice, or in fully connected layers by a float64. Their products have forms (s8Form): what vector instructions multiply, to which the weights
// are rearranged once and images strip by strip. Operators on one int8 are tables of 256 integers (S8Table), those on two are Rows of
// a prepared struct (S8Sum, S8Product …). What scales, zero points and multipliers are is the caller's to compute.
//
// Integers have no order of sums to keep, so that variants add up as suits the processor. They may demand more of multipliers, weights or sizes than the
// definition does; what they don't take is computed by generic Go.
//
// # Int16
//
// S16Conv, S16Depthwise, S16TransposeConv, S16FullyConnected and S16BatchMatMul add up products of int16 with int8 weights, or with int16, in int64, and rescale them by an
// S16Scale, which rounds once; beside a bias of int32 in that type, by a Multiplier. All zero points are 0. Functions of one int16 are an S16Table of 513 elements with straight lines
// between them, an S16Sigmoid, or an S16Rescale.
//
// # Float activations and integer weights
//
// HybridFullyConnected, HybridConv, HybridDepthwise, HybridTransposeConv, HybridBatchMatMul and HybridBlocks quantize floats to int8 as they come, by the range of a row or an image, and
// turn sums of products in int32 into floats again. NewHybridLSTM, NewHybridRNN and NewHybridSVDF make the recurrent layers of such products. A NaN becomes 0; an infinity leaves a scale without a number.
package kernel
