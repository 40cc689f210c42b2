package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// hybridLayer is a layer of float activations and integer weights under test: its operands' lengths, and what prepares it.
type hybridLayer struct {
	in, weights, bias, out int
	prepare                func(weights []int8, bias []float32) (run func(out, in, scratch []float32), scratch int, err error)
}

func drawFactors(r *rand.Rand, n int) []float32 {
	scale := make([]float32, n)
	for i := range scale {
		scale[i] = 0.001 + r.Float32()
	}
	return scale
}

func drawHybridConv(r *rand.Rand) hybridLayer {
	s := HybridConvSpec{Window: draw(r, 11, 4), Groups: 1 + r.IntN(4)/3, Asymmetric: r.IntN(2) == 0, Clamp: F32Clamp{On: r.IntN(2) == 0, Lo: -1, Hi: 6}}
	if r.IntN(3) == 0 {
		s.Window = square(1+r.IntN(12), 1, 1)
	}
	s.C, s.OC = s.Groups*(1+r.IntN(40)), s.Groups*(1+r.IntN(150))
	s.Scale = drawFactors(r, s.OC)
	batch := 1 + r.IntN(2)
	return hybridLayer{batch * s.H * s.W * s.C, s.OC * s.taps() * s.C / s.Groups, s.OC, batch * s.OH * s.OW * s.OC,
		func(weights []int8, bias []float32) (func(out, in, scratch []float32), int, error) {
			c, err := NewHybridConv(s, weights, bias)
			return c.Run, c.Scratch(), err
		}}
}

func drawHybridDepthwise(r *rand.Rand) hybridLayer {
	s := F32DepthwiseSpec{Window: draw(r, 11, 4), C: 1 + r.IntN(70), Multiplier: 1 + r.IntN(2)}
	scale := drawFactors(r, s.outputs())
	return hybridLayer{s.H * s.W * s.C, s.taps() * s.outputs(), s.outputs(), s.OH * s.OW * s.outputs(),
		func(weights []int8, bias []float32) (func(out, in, scratch []float32), int, error) {
			d, err := NewHybridDepthwise(s, weights, scale, bias)
			return d.Run, d.Scratch(), err
		}}
}

func drawHybridFullyConnected(r *rand.Rand) hybridLayer {
	s := HybridFullyConnectedSpec{K: 1 + r.IntN(300), N: 1 + r.IntN(200), Asymmetric: r.IntN(2) == 0, Clamp: F32Clamp{On: r.IntN(2) == 0, Hi: 6}}
	s.Scale = drawFactors(r, s.N)
	m := 1 + r.IntN(100)
	return hybridLayer{m * s.K, s.N * s.K, s.N, m * s.N, func(weights []int8, bias []float32) (func(out, in, scratch []float32), int, error) {
		f, err := NewHybridFullyConnected(s, weights, bias)
		return f.Run, f.Scratch(), err
	}}
}

func drawHybridBlocks(r *rand.Rand) hybridLayer {
	s := HybridBlocksSpec{N: 1 + r.IntN(90), Size: []int{32, 64, 7}[r.IntN(3)]}
	s.K = s.Size * (1 + r.IntN(4))
	s.Scale = drawFactors(r, s.N*s.K/s.Size)
	m := 1 + r.IntN(100)
	return hybridLayer{m * s.K, s.N * s.K, s.N, m * s.N, func(weights []int8, bias []float32) (func(out, in, scratch []float32), int, error) {
		b, err := NewHybridBlocks(s, weights, bias)
		return b.Run, b.Scratch(), err
	}}
}

// drawHybridBatchMatMul returns a product whose right operand are the weights. It has no bias.
func drawHybridBatchMatMul(r *rand.Rand) hybridLayer {
	s := F32BatchMatMulSpec{X: []int{3}, Y: []int{3}, M: 1 + r.IntN(80), K: 1 + r.IntN(100), N: 1 + r.IntN(100), AdjX: r.IntN(2) == 0, AdjY: r.IntN(2) == 0}
	scale, asymmetric := drawFactors(r, s.N), r.IntN(2) == 0
	return hybridLayer{3 * s.M * s.K, 3 * s.K * s.N, 0, 3 * s.M * s.N, func(weights []int8, _ []float32) (func(out, in, scratch []float32), int, error) {
		b, err := NewHybridBatchMatMul(s, weights, scale, asymmetric)
		return b.Run, b.Scratch(), err
	}}
}

// endedActivations returns n numbers of one magnitude at the end of the memory that can be read, halves of steps, zeros and what is no number among them.
func endedActivations(t *testing.T, r *rand.Rand, n int) []float32 {
	x := ended(t, n)
	unit := []float32{1, 1e-3, 1e30, 1e-38, math.SmallestNonzeroFloat32}[r.IntN(5)]
	odd := r.IntN(6) == 0
	for i := range x {
		switch c := r.IntN(12); {
		case c == 0:
			x[i] = 0
		case c == 1:
			x[i] = unit * 127
		case c < 5:
			x[i] = unit * (float32(r.IntN(255)-127) + 0.5)
		case c == 5 && odd:
			x[i] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}[r.IntN(3)]
		default:
			x[i] = unit * 127 * (2*r.Float32() - 1)
		}
	}
	return x
}

// TestHybridVariants compares the variants of layers with the generic code, on operands at the end of the memory.
func TestHybridVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(80, 81))
	for name, draw := range map[string]func(*rand.Rand) hybridLayer{
		"conv": drawHybridConv, "depthwise": drawHybridDepthwise, "fully connected": drawHybridFullyConnected, "blocks": drawHybridBlocks, "matrices": drawHybridBatchMatMul,
	} {
		t.Run(name, func(t *testing.T) {
			for round := range 60 {
				l := draw(r)
				in, weights := endedActivations(t, r, l.in), endedInt8(t, r, l.weights)
				var bias []float32
				if l.bias > 0 && r.IntN(4) > 0 {
					bias = drawFactors(r, l.bias)
				}
				compute := func() []float32 {
					run, scratch, err := l.prepare(weights, bias)
					if err != nil {
						t.Fatal(err)
					}
					out, work := ended(t, l.out), make([]float32, scratch+1)
					for i := range work {
						work[i] = math.Float32frombits(r.Uint32())
					}
					last := math.Float32bits(work[scratch])
					run(out, in, work[:scratch:scratch])
					if math.Float32bits(work[scratch]) != last {
						t.Fatal("memory behind scratch was overwritten")
					}
					if n := testing.AllocsPerRun(1, func() { run(out, in, work[:scratch]) }); n != 0 {
						t.Fatalf("%v allocations in a run", n)
					}
					return out
				}
				var want []float32
				withoutVariants(func() { want = compute() })
				check := func(what string) {
					t.Helper()
					for i, v := range compute() {
						if math.Float32bits(v) != math.Float32bits(want[i]) && (v == v || want[i] == want[i]) {
							t.Fatalf("round %d, %s: result %d of %d is %v, want %v", round, what, i, l.out, v, want[i])
						}
					}
				}
				check("variant")
				withLesserVariants(func() { check("lesser variants") })
			}
		})
	}
}

// BenchmarkHybrid runs a product of quantized rows, as transformers have it.
func BenchmarkHybrid(b *testing.B) {
	const m, k, n = 64, 256, 256
	f, err := NewHybridFullyConnected(HybridFullyConnectedSpec{K: k, N: n, Asymmetric: true, Scale: make([]float32, n)}, make([]int8, n*k), nil)
	if err != nil {
		b.Fatal(err)
	}
	out, in, scratch := make([]float32, m*n), make([]float32, m*k), make([]float32, f.Scratch())
	for i := range in {
		in[i] = float32(i%9) - 4
	}
	for b.Loop() {
		f.Run(out, in, scratch)
	}
}
