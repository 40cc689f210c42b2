package verify

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// sum compares want with one tensor.
func sum(want []float32, got *tensor.Tensor, q *quant.Params) Sums {
	var s Sums
	x := stored{sums: &s, want: want}
	x.take(got, q, new(numbers))
	x.end()
	return s
}

func TestSQNR(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, c := range map[string]struct {
		want, got []float32
		db        float64
	}{
		"a tenth off":             {[]float32{1, -2}, []float32{1.1, -2.2}, 20},
		"equal":                   {[]float32{1, -2}, []float32{1, -2}, 200},
		"zeros":                   {[]float32{0, 0}, []float32{0, 0}, 200},
		"something of zeros":      {[]float32{0, 0}, []float32{0, 1}, -200},
		"no number among results": {[]float32{1, -2}, []float32{1, nan}, -200},
		"infinite":                {[]float32{1, -2}, []float32{-inf, -2}, -200},
		"no number to compare":    {[]float32{3, nan, inf}, []float32{3.3, 0, 7}, 20},
		"fewer":                   {[]float32{3, 4}, []float32{3}, 10 * math.Log10(25.0/16)},
		"more":                    {[]float32{3}, []float32{3, 1}, 10 * math.Log10(9)},
	} {
		s := sum(c.want, tensor.F32(tensor.Shape{len(c.got)}, c.got...), nil)
		if db := s.SQNR(); math.Abs(db-c.db) > 1e-4 {
			t.Errorf("%s: %v dB, want %v", name, db, c.db)
		}
	}
}

func TestFigures(t *testing.T) {
	// Steps of a half around -1: what integers stand for is -64.5 to 63.
	q := quant.PerTensor(0.5, 1)
	got := tensor.Of(tensor.Int8, tensor.Shape{6}, []int8{3, -1, 127, 127, -128, -128})
	s := sum([]float32{1, -2, 63.2, 63.3, -64.7, -65}, got, q)
	if s.Saturated != 2 || s.Elements != 6 || s.Samples != 1 {
		t.Errorf("%d of %d elements saturate in %d samples, want 2 of 6 in 1", s.Saturated, s.Elements, s.Samples)
	}
	near := func(what string, have, want float64) {
		t.Helper()
		if math.Abs(have-want) > 1e-5 {
			t.Errorf("%s is %v, want %v", what, have, want)
		}
	}
	near("greatest error", s.Max, 1)
	near("mean error", s.Mean(), (0+1+0.2+0.3+0.2+0.5)/6)
	near("least", s.Low, -65)
	near("greatest", s.High, 63.3)
	x, y := []float64{1, -2, 63.2, 63.3, -64.7, -65}, []float64{1, -1, 63, 63, -64.5, -64.5}
	xx, yy, xy := 0.0, 0.0, 0.0
	for i := range x {
		xx, yy, xy = xx+x[i]*x[i], yy+y[i]*y[i], xy+x[i]*y[i]
	}
	near("cosine", s.Cosine(), xy/math.Sqrt(xx*yy))
	opposite := sum([]float32{1, 2}, tensor.F32(tensor.Shape{2}, -1, -2), nil)
	zero := sum([]float32{1, 2}, tensor.F32(tensor.Shape{2}, 0, 0), nil)
	equal := sum([]float32{0, 0}, tensor.F32(tensor.Shape{2}, 0, 0), nil)
	if opposite.Cosine() != -1 || zero.Cosine() != 0 || equal.Cosine() != 1 {
		t.Errorf("cosines %v, %v, %v: want -1, 0, 1", opposite.Cosine(), zero.Cosine(), equal.Cosine())
	}
}

// Long tensors are compared piece by piece, whatever their type.
func TestLongTensors(t *testing.T) {
	const n = 3*chunk + 7
	q := quant.PerTensor(0.25, 0)
	want := make([]float32, n)
	integers, wide, small := make([]int8, n), make([]int16, n), make([]uint8, n)
	for i := range want {
		want[i] = float32(i%100) / 4
		integers[i], wide[i], small[i] = int8(i%100), int16(i%100), uint8(i%100)
	}
	for _, got := range []*tensor.Tensor{
		tensor.F32(tensor.Shape{n}, want...), tensor.Of(tensor.Int8, tensor.Shape{n}, integers),
		tensor.Of(tensor.Int16, tensor.Shape{n}, wide), tensor.Of(tensor.UInt8, tensor.Shape{n}, small),
	} {
		if s := sum(want, got, q); s.Elements != n || s.Noise != 0 || s.Signal != s.Power || s.Dot != s.Signal || s.Signal == 0 {
			t.Errorf("%v: %+v", got.DType, s)
		}
	}
}

// drawPart draws a part of two models.
func drawPart(t *rapid.T, label string) *Part {
	number := rapid.Float64Range(0, 1e6)
	count := rapid.Uint64Range(0, 1000)
	sums := func() Sums {
		return Sums{Samples: count.Draw(t, label), Elements: count.Draw(t, label), Signal: number.Draw(t, label), Power: number.Draw(t, label), Dot: -number.Draw(t, label),
			Noise: number.Draw(t, label), Deviation: number.Draw(t, label), Max: number.Draw(t, label), Low: -number.Draw(t, label), High: number.Draw(t, label),
			Saturated: count.Draw(t, label), LeftOut: count.Draw(t, label), Broken: count.Draw(t, label)}
	}
	p := &Part{Question: Question{Task: Segment, Output: 1, Labels: true, Tensors: true}, Float: "f", Dataset: "d", Labels: "l", Numerics: 7, Samples: count.Draw(t, label)}
	if rapid.Bool().Draw(t, label) {
		p.Skipped = []Skip{{Sample: 3, Source: label, Reason: "bad"}}
	}
	for _, digest := range []string{"a", "b"} {
		m := ModelPart{Quantized: digest, Tensors: []Sums{sums(), sums()}, Outputs: []OutputSums{{Sums: sums(), Integers: count.Draw(t, label), Equal: count.Draw(t, label)}}}
		m.Score = Counts{Answers: count.Draw(t, label), Void: count.Draw(t, label), Agree: count.Draw(t, label), Classes: 3, Float: Hits{1, 2}, Quantized: Hits{count.Draw(t, label), 4},
			ByClass: make([]Class, rapid.IntRange(0, 3).Draw(t, label))}
		for i := range m.Score.ByClass {
			m.Score.ByClass[i] = Class{count.Draw(t, label), 1, 2, 3, count.Draw(t, label)}
		}
		p.Models = append(p.Models, m)
	}
	return p
}

// Parts that follow each other merge to the same bytes at once, one by one, and by way of files.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := []*Part{drawPart(t, "a"), drawPart(t, "b"), drawPart(t, "c")}
		all, err := Merge(parts...)
		if err != nil {
			t.Fatal(err)
		}
		want, err := all.Encode()
		if err != nil {
			t.Fatal(err)
		}
		first, err := Merge(parts[:2]...)
		if err != nil {
			t.Fatal(err)
		}
		file, err := first.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if first, err = DecodePart(file); err != nil {
			t.Fatal(err)
		}
		if again, err := Merge(first, parts[2]); err != nil {
			t.Fatal(err)
		} else if got, err := again.Encode(); err != nil || string(got) != string(want) {
			t.Fatal(err, cmp.Diff(string(want), string(got)))
		}
	})
}

func TestMergeRefusesStrangers(t *testing.T) {
	part := func(change func(p *Part)) *Part {
		p := &Part{Float: "f", Dataset: "d", Numerics: 1, Models: []ModelPart{{Quantized: "q", Tensors: make([]Sums, 2), Outputs: make([]OutputSums, 1)}}}
		if change != nil {
			change(p)
		}
		return p
	}
	if _, err := Merge(part(nil), part(nil)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(p *Part){
		"float model": func(p *Part) { p.Float = "g" }, "dataset": func(p *Part) { p.Dataset = "" }, "labels": func(p *Part) { p.Labels = "l" },
		"arithmetic": func(p *Part) { p.Numerics = 2 }, "question": func(p *Part) { p.Question.Tensors = true }, "number of models": func(p *Part) { p.Models = nil },
		"quantized model": func(p *Part) { p.Models[0].Quantized = "r" }, "tensors": func(p *Part) { p.Models[0].Tensors = nil }, "outputs": func(p *Part) { p.Models[0].Outputs = nil },
	} {
		if _, err := Merge(part(nil), part(change)); err == nil {
			t.Errorf("another %s is no error", name)
		}
	}
	for _, text := range []string{"", "{}", `{"format":"octet-verification-part","version":2}`, `{"format":"octet-verification-part","version":1}{}`, `{"form":1}`} {
		if _, err := DecodePart([]byte(text)); err == nil {
			t.Errorf("%q is read as a part", text)
		}
	}
}

// An element should take far less than computing it did.
func BenchmarkSums(b *testing.B) {
	const n = 1 << 16
	want, integers := make([]float32, n), make([]int8, n)
	for i := range want {
		want[i], integers[i] = float32(i%251)/8, int8(i%251-125)
	}
	q := quant.PerTensor(0.125, -125)
	for name, got := range map[string]*tensor.Tensor{"float32": tensor.F32(tensor.Shape{n}, want...), "int8": tensor.Of(tensor.Int8, tensor.Shape{n}, integers)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sum(want, got, q)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}
