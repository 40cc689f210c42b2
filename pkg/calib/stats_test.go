package calib

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/quant"
)

// observation is one observed tensor of one sample.
type observation struct {
	slot int
	r    quant.Range
}

func collect(samples [][]observation, slots int) *Stats {
	var tensors []Tensor
	for i := range slots {
		tensors = append(tensors, Tensor{Key: Key{i % 2, i}, Name: string(rune('a' + i))})
	}
	c := NewCollector(tensors)
	for _, s := range samples {
		for _, o := range s {
			c.Observe(o.slot, o.r)
		}
		c.EndSample()
	}
	s := c.Stats()
	s.Model, s.Numerics = "m", 1
	return s
}

// Any split of the samples into parts, merged in any order and grouping, gives the same bytes.
func TestMergeDoesNotDependOnTheSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const slots = 4
		value := rapid.Float32()
		one := rapid.Custom(func(t *rapid.T) observation {
			a, b := value.Draw(t, "a"), value.Draw(t, "b")
			r := quant.Range{Min: min(a, b), Max: max(a, b), Count: uint64(rapid.IntRange(1, 9).Draw(t, "n"))}
			if rapid.Bool().Draw(t, "nothing") {
				r = quant.EmptyRange()
				r.Count, r.NaN = 2, 2
			}
			return observation{rapid.IntRange(0, slots-1).Draw(t, "slot"), r}
		})
		samples := rapid.SliceOfN(rapid.SliceOf(one), 1, 12).Draw(t, "samples")
		want, err := collect(samples, slots).Encode()
		if err != nil {
			t.Fatal(err)
		}
		cuts := rapid.SliceOf(rapid.IntRange(0, len(samples))).Draw(t, "cuts")
		slices.Sort(cuts)
		var parts []*Stats
		last := 0
		for _, cut := range append(cuts, len(samples)) {
			parts = append(parts, collect(samples[last:cut], slots))
			last = cut
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		half := len(parts) / 2
		groups := parts
		if half > 0 {
			left, err := Merge(parts[:half]...)
			if err != nil {
				t.Fatal(err)
			}
			groups = append([]*Stats{left}, parts[half:]...)
		}
		merged, err := Merge(groups...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := merged.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestMergeRefusesStrangers(t *testing.T) {
	a := &Stats{Kind: True, Model: "m", Numerics: 1}
	for _, b := range []*Stats{
		{Kind: TFLiteCalibrator, Model: "m", Numerics: 1}, {Kind: True, Model: "n", Numerics: 1},
		{Kind: True, Model: "m", Numerics: 2}, {Kind: True, Model: "m", Numerics: 1, Dataset: "d"},
	} {
		if _, err := Merge(a, b); !errors.Is(err, ErrMismatch) {
			t.Errorf("Merge(%+v, %+v): %v", a, b, err)
		}
	}
	if _, err := Merge(); err == nil {
		t.Error("merging nothing is no error")
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	inf := float32(math.Inf(1))
	s := &Stats{
		Kind: True, Model: "ab", Dataset: "cd", Numerics: 3, Samples: 7,
		Skipped: []Skip{{2, "x.npz:input[2]", "NaN at element 5"}},
		Tensors: []Tensor{
			{Key{0, 1}, "a", 7, quant.Range{Min: -0.1, Max: 1e-45, Count: 21}},
			{Key{0, 4}, "b", 7, quant.Range{Min: -inf, Max: inf, Count: 7, Inf: 2, NaN: 1}},
			{Key{1, 0}, "c", 1, quant.Range{Min: 3.4028235e38, Max: 3.4028235e38, Count: 1}},
		},
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Error(diff)
	}
	if got.Lookup(Key{0, 4}).Name != "b" || got.Lookup(Key{0, 2}) != nil {
		t.Error("Lookup is wrong")
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"other JSON":   `{}`,
		"version":      `{"format":"octet-stats","version":99,"kind":"true","tensors":[]}`,
		"kind":         `{"format":"octet-stats","version":1,"kind":"x","tensors":[]}`,
		"NaN":          `{"format":"octet-stats","version":1,"kind":"true","tensors":[{"min":"nan","max":1}]}`,
		"twice":        `{"format":"octet-stats","version":1,"kind":"true","tensors":[{"min":0,"max":1},{"min":0,"max":1}]}`,
		"no JSON":      `TFL3`,
		"unknown name": `{"format":"octet-stats","version":1,"kind":"true","tensors":[],"x":1}`,
	} {
		if s, err := Decode([]byte(text)); err == nil {
			t.Errorf("%s: decoded %+v", name, s)
		}
	}
}
