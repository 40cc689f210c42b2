package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// fullyConnectedLayer is a fully connected layer over m rows.
func fullyConnectedLayer(name string, m int, s F32FullyConnectedSpec) layer {
	return layer{
		name: name, in: m * s.K, weights: s.N * s.K, bias: s.N, out: m * s.N, clamp: s.Clamp, macs: m * s.N * s.K,
		prepare: func(weights, bias []float32) (func(out, in []float32), error) {
			f, err := NewF32FullyConnected(s, weights, bias)
			if err != nil {
				return nil, err
			}
			return f.Run, nil
		},
		with: func(out, in, weights, bias []float32) error {
			f, err := NewF32FullyConnected(s, nil, nil)
			if err == nil {
				f.RunWith(out, in, weights, bias, dirty(f.Scratch()))
			}
			return err
		},
		channel: func(o int) int { return o % s.N },
		terms: func(o int, add func(i, w int)) {
			for k := range s.K {
				add(o/s.N*s.K+k, o%s.N*s.K+k)
			}
		},
	}
}

func TestFullyConnected(t *testing.T) {
	var layers []layer
	for _, m := range []int{1, 2, 5, 6, 7, 13} {
		for _, n := range []int{1, 8, 10, 16, 63, 64, 65, 80, 112, 200} {
			for _, k := range []int{1, 3, 4, 5, 70} {
				s := F32FullyConnectedSpec{K: k, N: n, Clamp: clamps[len(layers)%len(clamps)]}
				layers = append(layers, fullyConnectedLayer(fmt.Sprintf("m%d_n%d_k%d", m, n, k), m, s))
			}
		}
	}
	layers = append(layers, fullyConnectedLayer("blocks", 40, F32FullyConnectedSpec{K: 2000, N: 20}))
	checkAll(t, layers)
}

// TestFullyConnectedResume computes sums in two parts: the result is that of one.
func TestFullyConnectedResume(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, n := range []int{3, 16, 24, 80, 150} {
		for _, m := range []int{1, 4, 6, 9} {
			const k1, k2 = 37, 22
			l := fullyConnectedLayer("", m, F32FullyConnectedSpec{K: k1 + k2, N: n})
			in, weights, bias := make([]float32, l.in), make([]float32, l.weights), make([]float32, n)
			values(r, in, 500)
			values(r, weights, 0)
			values(r, bias, 0)
			want, _, _ := l.contract(in, weights, bias)
			columns := func(x []float32, from, to int) (part []float32) {
				for row := range len(x) / (k1 + k2) {
					part = append(part, x[row*(k1+k2)+from:row*(k1+k2)+to]...)
				}
				return part
			}
			check := func() {
				first, err := NewF32FullyConnected(F32FullyConnectedSpec{K: k1, N: n}, columns(weights, 0, k1), bias)
				if err != nil {
					t.Fatal(err)
				}
				second, err := NewF32FullyConnected(F32FullyConnectedSpec{K: k2, N: n}, columns(weights, k1, k1+k2), nil)
				if err != nil {
					t.Fatal(err)
				}
				out, intact := guarded(t, m*n)
				first.Run(out, columns(in, 0, k1))
				second.rows(out, columns(in, k1, k1+k2), true, nil)
				intact()
				same(t, fmt.Sprintf("m %d, n %d", m, n), out, want)
			}
			check()
			withLesserVariants(check)
			withoutVariants(check)
		}
	}
}

func BenchmarkFullyConnected(b *testing.B) {
	benchmarkLayers(b, []layer{
		fullyConnectedLayer("1x1280x1000", 1, F32FullyConnectedSpec{K: 1280, N: 1000}),
		fullyConnectedLayer("1x2048x1000", 1, F32FullyConnectedSpec{K: 2048, N: 1000}),
		fullyConnectedLayer("1x128x128", 1, F32FullyConnectedSpec{K: 128, N: 128}),
		fullyConnectedLayer("1x512x10", 1, F32FullyConnectedSpec{K: 512, N: 10}),
		fullyConnectedLayer("1x1152x48", 1, F32FullyConnectedSpec{K: 1152, N: 48}),
		fullyConnectedLayer("1x48x1152", 1, F32FullyConnectedSpec{K: 48, N: 1152}),
		fullyConnectedLayer("2x256x256", 2, F32FullyConnectedSpec{K: 256, N: 256}),
		fullyConnectedLayer("64x512x512", 64, F32FullyConnectedSpec{K: 512, N: 512}),
	})
}
