package convert

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/verify"
)

// steps are random steps of ten numbers, so many to a sequence.
type steps int

func (steps) Sample(i int) ([]*tensor.Tensor, error) {
	r := rand.New(rand.NewPCG(uint64(i), 5))
	t := tensor.New(tensor.Float32, tensor.Shape{1, 10})
	for j := range tensor.View[float32](t) {
		tensor.View[float32](t)[j] = float32(r.NormFloat64())
	}
	return []*tensor.Tensor{t}, nil
}

func (s steps) Sequence() int { return int(s) }

// Statistics of sequences, and comparisons over them, do not depend on where shards begin; a spotter of keywords that is quantized by them is nearer to the float model over sequences than one that
// is quantized by single steps.
func TestSequences(t *testing.T) {
	const samples, length = 60, 15
	source, err := os.ReadFile("../quantize/testdata/oracle/svdf/calibrated.tflite")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load(Source{Name: "svdf.tflite", Data: source}, true)
	if err != nil {
		t.Fatal(err)
	}
	model, err := shard.Load(f.Bytes(), "")
	if err != nil {
		t.Fatal(err)
	}
	measured := func(s steps, ends ...int) *calib.Stats {
		var parts []*calib.Stats
		first := 0
		for _, last := range ends {
			spec := shard.Spec{Range: shard.Range{First: first, Last: last}, Observe: calib.Spec{Histogram: true, PerSample: true}}
			part, err := shard.Run(t.Context(), model, s, spec, nil)
			if err != nil {
				t.Fatal(err)
			}
			parts, first = append(parts, part), last
		}
		stats, err := shard.Merge(parts)
		if err != nil {
			t.Fatal(err)
		}
		return stats
	}
	text := func(s *calib.Stats) []byte {
		data, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	whole := measured(length, samples)
	if !bytes.Equal(text(whole), text(measured(length, 1, 7, 15, 29, 30, 59, samples))) {
		t.Error("statistics of sequences depend on the shards")
	}
	single := measured(0, samples)
	if bytes.Equal(text(whole), text(single)) {
		t.Error("single steps have the statistics of sequences")
	}
	if again := measured(0, samples); !bytes.Equal(text(single), text(again)) {
		t.Error("single steps remember a sequence")
	}
	var ratios []float64
	for _, stats := range []*calib.Stats{whole, single} {
		result, err := Finish(f, Options{Scheme: Int8}, stats)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Report.Float) > 0 {
			t.Errorf("operators stay float: %+v", result.Report.Float)
		}
		c, err := shard.LoadComparison(f.Bytes(), [][]byte{result.Model.Bytes()}, "", verify.Question{})
		if err != nil {
			t.Fatal(err)
		}
		compared := func(s steps, ends ...int) *verify.Part {
			var parts []*verify.Part
			first := samples
			for _, last := range ends {
				part, err := shard.Compare(t.Context(), c, s, nil, shard.Spec{Range: shard.Range{First: first, Last: last}}, nil)
				if err != nil {
					t.Fatal(err)
				}
				parts, first = append(parts, part), last
			}
			part, err := shard.MergeComparisons(parts)
			if err != nil {
				t.Fatal(err)
			}
			return part
		}
		pairings, err := shard.Pair(f.Bytes(), [][]byte{result.Model.Bytes()}, "")
		if err != nil {
			t.Fatal(err)
		}
		ratio := func(p *verify.Part) float64 {
			r, err := pairings[0].Result(p, 0)
			if err != nil {
				t.Fatal(err)
			}
			return r.Outputs[0].SQNR
		}
		all := ratio(compared(length, 2*samples))
		if parts := ratio(compared(length, 61, 77, 2*samples)); parts != all {
			t.Errorf("%v dB over sequences, %v in parts", all, parts)
		}
		ratios = append(ratios, all)
	}
	if ratios[0] < 25 || ratios[0] < ratios[1]+6 {
		t.Errorf("%.1f dB by the ranges of sequences, %.1f by those of single steps", ratios[0], ratios[1])
	}
}
