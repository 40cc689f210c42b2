package kernel

import "testing"

// TestNothingIsAllocated calls kernels the way an executor does, over and over.
func TestNothingIsAllocated(t *testing.T) {
	shape, vector := []int{2, 4, 4, 2}, []int{2}
	x, y, z := make([]float32, 64), make([]float32, 64), make([]float32, 64)
	b, out := make([]byte, 4*64), make([]byte, 4*64)
	small := make([]byte, 4*16)
	q, ints, flags := make([]int8, 64), make([]int32, 64), make([]bool, 64)
	long := make([]int64, 4*64)
	perm, zeros, ones := []int{0, 3, 1, 2}, []int{0, 0, 0, 0}, []int{1, 1, 1, 1}
	block, none := []int{2, 2}, []int{0, 0}
	axes, half := []int{1, 2}, []int{2, 2, 2, 2}
	scale, zero := []float32{0.5}, []int64{0}
	scales, zeroes := []float32{0.5, 0.25}, []int64{0, 1}
	ids := []int32{0, 1, 1, 0}
	value := []byte{0, 0, 0, 0}
	parts := [][]byte{b[:128], b[128:]}
	window := Window{H: 4, W: 4, OH: 4, OW: 4, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Top: 1, Left: 1}
	result := S8Result{Lo: -128, Hi: 127, Scale: make([]Multiplier, 1)}
	conv, err := NewS8Conv(S8ConvSpec{Window: window, C: 2, OC: 2, Result: result}, make([]int8, 36), nil)
	if err != nil {
		t.Fatal(err)
	}
	depthwise, err := NewS8Depthwise(S8DepthwiseSpec{Window: window, C: 2, Multiplier: 1, Result: result}, make([]int8, 18), nil)
	if err != nil {
		t.Fatal(err)
	}
	dense, err := NewS8FullyConnected(S8FullyConnectedSpec{K: 8, N: 8, Result: result}, make([]int8, 64), nil)
	if err != nil {
		t.Fatal(err)
	}
	sumsMemory := make([]int32, depthwise.Scratch())
	hybrid, err := NewHybridConv(HybridConvSpec{Window: window, C: 2, OC: 2, Asymmetric: true, Scale: scale}, make([]int8, 36), nil)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := NewHybridRNN(F32RNNSpec{Inputs: 2, Units: 2}, S8Matrix{q[:4], 1}, S8Matrix{}, S8Matrix{q[:4], 1}, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	steps := F32Sequence{Steps: 4, Batch: 1}
	words := make([]float32, hybrid.Scratch()+cells.Scratch(steps))
	scratch, dense8, softmax, addition := make([]int64, conv.Scratch()), make([]int64, dense.Scratch(8)), new(S8Softmax), new(S8Sum)
	pool, sums := IntPoolSpec{Window: window, C: 2, Lo: -128, Hi: 127}, S8Sums{Shape: shape, Kept: []int{2, 1, 1, 2}}
	row := addition.Row
	for name, f := range map[string]func(){
		"S8Conv":           func() { conv.Run(q, q, scratch) },
		"S8Depthwise":      func() { depthwise.Run(q, q, sumsMemory) },
		"HybridConv":       func() { hybrid.Run(z, x, words) },
		"NewHybridRNN":     func() { cells.Run(z[:8], x[:8], nil, y[:2], steps, words) },
		"S8FullyConnected": func() { dense.Run(q, q, dense8) },
		"IntAvgPool":       func() { _ = IntAvgPool(q, q, pool) },
		"IntMaxPool":       func() { _ = IntMaxPool(q, q, pool) },
		"S8Sums":           func() { sums.Mean(q[:4], q, Multiplier{}, 0, ints) },
		"S8Softmax":        func() { softmax.Run(q, q, 8) },
		"S8Sum":            func() { Binary(q, q, shape, q[:2], vector, row) },
		"ResizeBilinear":   func() { ResizeBilinear(q, q[:16], []int{2, 2, 2, 2}, 4, 4, Resize{}) },
		"Binary":           func() { Binary(z, x, shape, y[:2], vector, Add[float32]) },
		"BinaryClamp":      func() { BinaryClamp(z, x, shape, y, shape, Maximum[float32], 0, 6) },
		"compare":          func() { Binary(flags, x, shape, y, shape, Less[float32]) },
		"F32Map":           func() { F32Map(z, x, F32Tanh) },
		"F32Gelu":          func() { F32Gelu(z, x) },
		"FloatToInt":       func() { FloatToInt(ints, x) },
		"Reduce":           func() { Reduce(ints[:4], ints, shape, axes, SumOf) },
		"F32Reduce":        func() { F32Reduce(z[:4], x, shape, axes, MeanOf) },
		"F32Reduce, rows":  func() { F32Reduce(z[:4], x, []int{16, 4}, []int{0}, MaxOf) },
		"F32Reduce, lines": func() { F32Reduce(z[:16], x, []int{16, 4}, []int{1}, MinOf) },
		"ArgMax":           func() { ArgMax(ints[:32], x, shape, 3) },
		"TopK":             func() { TopK(z, ints, x, 8, 3) },
		"CumSum":           func() { CumSum(z, x, shape, 2, false, false) },
		"F32Softmax":       func() { F32Softmax(z, x, 8, 1) },
		"F32LocalResponse": func() { F32LocalResponse(z, x, 8, 2, 1, 1, 0.75) },
		"Transpose":        func() { Transpose(out, b, 4, shape, perm) },
		"Slice":            func() { Slice(out, b, 4, shape, zeros, ones, half) },
		"Pad":              func() { Pad(small, b[:4], 4, ones, zeros, ones, value) },
		"MirrorPad":        func() { MirrorPad(out, small, 4, half, zeros, zeros, true) },
		"Tile":             func() { Tile(out, small, 4, half, ones) },
		"Concat":           func() { Concat(out, 2, parts...) },
		"Gather":           func() { _ = Gather(out, b, 4, shape, ids[:1], 1, 0) },
		"ScatterND":        func() { _ = ScatterND(z, shape, ids, 2, x[:16]) },
		"Select":           func() { Select(out, 4, flags, shape, b, shape, b[:4], nil) },
		"Where":            func() { Where(long, flags, shape) },
		"SpaceToBatchND":   func() { SpaceToBatchND(out, b, 4, shape, block, none, none, value) },
		"BatchToSpaceND":   func() { BatchToSpaceND(out, b[:128], 4, []int{4, 2, 2, 2}, block, none, none) },
		"SpaceToDepth":     func() { SpaceToDepth(out, b, 4, shape, 2) },
		"ReverseSequence":  func() { ReverseSequence(out, b, 4, shape, ids[:2], 1, 0) },
		"OneHot":           func() { OneHot(out, 4, ids, 1, 4, value, value) },
		"ResizeNearest":    func() { ResizeNearest(out, small, 4, []int{2, 2, 2, 2}, 4, 4, Resize{}) },
		"Quantize":         func() { Quantize(q, x, scale, zero, 1) },
		"Dequantize":       func() { Dequantize(z, q, scales, zeroes, 4) },
		"Requantize":       func() { Requantize(q, q, 0, 0, NewMultiplier(1<<30, 1)) },
	} {
		if n := testing.AllocsPerRun(5, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
