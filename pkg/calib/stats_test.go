package calib

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
)

// everything asks for all sections.
var everything = Spec{Histogram: true, PerSample: true}

// observation is one tensor of one sample.
type observation struct {
	slot int
	x    []float32
}

// sample is a position in the dataset and what is observed there.
type sample struct {
	at  int
	all []observation
}

// collect observes samples of a number of tensors. The last tensor holds the elements of the first two.
func collect(spec Spec, samples []sample, slots int) *Stats {
	var tensors []Tensor
	for i := range slots {
		tensors = append(tensors, Tensor{Key: Key{i % 2, i}, Name: string(rune('a' + i))})
	}
	c := NewCollector(tensors, spec)
	c.Derive(slots-1, Derivation{From: []int{0, 1}})
	var counter kernel.F32Counter
	for _, s := range samples {
		for _, o := range s.all {
			var scan kernel.F32Scan
			scan.Start(true)
			if t := c.Tally(o.slot); t != nil {
				scan.Count(&counter, t)
			}
			scan.Include(o.x)
			r, _ := scan.Range(len(o.x))
			c.Record(o.slot, r, len(o.x))
		}
		c.EndSample(s.at)
	}
	counter.Flush()
	s := must(c.Stats())
	s.Model, s.Numerics = "m", 1
	return s
}

// drawSamples draws samples of all but the last of a number of tensors; the first two are observed together.
func drawSamples(t *rapid.T, slots int) []sample {
	special := []float32{0, 1, -1, 3.4e38, -3.4e38, 1e-45, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
	value := rapid.OneOf(rapid.Float32(), rapid.Float32Range(-3, 3), rapid.SampledFrom(special))
	one := rapid.Custom(func(t *rapid.T) observation {
		return observation{rapid.IntRange(0, slots-2).Draw(t, "slot"), rapid.SliceOfN(value, 1, 9).Draw(t, "x")}
	})
	var samples []sample
	for i, all := range rapid.SliceOfN(rapid.SliceOf(one), 1, 12).Draw(t, "samples") {
		for _, o := range all {
			if o.slot < 2 {
				all = append(all, observation{1 - o.slot, []float32{0.5}})
			}
		}
		samples = append(samples, sample{3 * i, all})
	}
	return samples
}

// Any split of the samples into parts, merged in any order and grouping, gives the same bytes.
func TestMergeDoesNotDependOnTheSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const slots = 4
		spec := Spec{Histogram: rapid.Bool().Draw(t, "histogram"), PerSample: rapid.Bool().Draw(t, "perSample")}
		samples := drawSamples(t, slots)
		want, err := collect(spec, samples, slots).Encode()
		if err != nil {
			t.Fatal(err)
		}
		cuts := rapid.SliceOf(rapid.IntRange(0, len(samples))).Draw(t, "cuts")
		slices.Sort(cuts)
		var parts []*Stats
		last := 0
		for _, cut := range append(cuts, len(samples)) {
			parts = append(parts, collect(spec, samples[last:cut], slots))
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
		decoded, err := Decode(got)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(merged, decoded, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Statistics that are narrowed are those that the lesser Spec leads to, and those that were given stay as they are.
func TestNarrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const slots = 4
		spec := func(name string) Spec {
			return Spec{Histogram: rapid.Bool().Draw(t, name+"Histogram"), PerSample: rapid.Bool().Draw(t, name+"PerSample")}
		}
		samples, less := drawSamples(t, slots), spec("less")
		more := less.Union(spec("more"))
		if !more.Holds(less) || less.Holds(more) != (less == more) {
			t.Errorf("%v and %v hold each other: %v, %v", more, less, more.Holds(less), less.Holds(more))
		}
		given := collect(more, samples, slots)
		if diff := cmp.Diff(collect(less, samples, slots), given.Narrow(less)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(collect(more, samples, slots), given); diff != "" {
			t.Error("what was given changed", diff)
		}
	})
}

// Merging leaves the parts as they are.
func TestMergeChangesNoPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := collect(everything, drawSamples(t, 3), 3)
		b := collect(everything, []sample{{1000, []observation{{0, []float32{1, 2, 3e30}}}}}, 3)
		before, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := Merge(a, b); err != nil {
				t.Fatal(err)
			}
		}
		after, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after) {
			t.Fatal(cmp.Diff(string(before), string(after)))
		}
	})
}

func TestDerived(t *testing.T) {
	s := collect(everything, []sample{
		{4, []observation{{0, []float32{1, 2}}, {1, []float32{-3, 0.5, 0.5}}}},
		{5, []observation{{0, []float32{7, 7}}, {1, []float32{0, 1, 1}}}},
	}, 3)
	got := s.Lookup(Key{0, 2})
	want := &Tensor{
		Key: Key{0, 2}, Name: "c", Samples: 2, Range: quant.Range{Min: -3, Max: 7, Count: 10},
		Histogram: s.Lookup(Key{0, 0}).Histogram.Clone(), PerSample: []SampleRange{{4, -3, 2}, {5, 0, 7}},
	}
	want.Histogram.Merge(s.Lookup(Key{1, 1}).Histogram)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := got.Histogram.Total(); n != 10 {
		t.Errorf("%d of 10 elements are counted", n)
	}
}

// What is derived of a tensor that holds others and zeros is what observing it gives.
func TestDerivedWithZeros(t *testing.T) {
	special := []float32{0, 3.4e38, -3.4e38, 1e-45, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
	value := rapid.OneOf(rapid.Float32Range(-3, 3), rapid.Float32Range(1, 2), rapid.SampledFrom(special))
	rapid.Check(t, func(t *rapid.T) {
		spec := Spec{Histogram: rapid.Bool().Draw(t, "histogram"), PerSample: rapid.Bool().Draw(t, "perSample")}
		tensors := []Tensor{{Key: Key{0, 0}}, {Key: Key{0, 1}}, {Key: Key{0, 2}}}
		derived, observed := NewCollector(tensors, spec), NewCollector(tensors, spec)
		derived.Derive(2, Derivation{From: []int{0, 1, 0}, Zeros: 4, Of: 8})
		var counter kernel.F32Counter
		record := func(c *Collector, slot int, x []float32) {
			var scan kernel.F32Scan
			scan.Start(true)
			if t := c.Tally(slot); t != nil {
				scan.Count(&counter, t)
			}
			scan.Include(x)
			r, _ := scan.Range(len(x))
			c.Record(slot, r, len(x))
		}
		for i := range rapid.IntRange(1, 5).Draw(t, "samples") {
			for range rapid.IntRange(0, 2).Draw(t, "times") {
				a, b := rapid.SliceOfN(value, 3, 3).Draw(t, "a"), rapid.SliceOfN(value, 2, 2).Draw(t, "b")
				for _, c := range []*Collector{derived, observed} {
					record(c, 0, a)
					record(c, 1, b)
				}
				record(observed, 2, slices.Concat(a, b, a, make([]float32, 4)))
			}
			derived.EndSample(2 * i)
			observed.EndSample(2 * i)
		}
		counter.Flush()
		if diff := cmp.Diff(must(observed.Stats()), must(derived.Stats()), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMergeRefusesStrangers(t *testing.T) {
	a := &Stats{Kind: True, Model: "m", Numerics: 1}
	for _, b := range []*Stats{
		{Kind: TFLiteCalibrator, Model: "m", Numerics: 1}, {Kind: True, Model: "n", Numerics: 1},
		{Kind: True, Model: "m", Numerics: 2}, {Kind: True, Model: "m", Numerics: 1, Dataset: "d"},
		{Kind: True, Model: "m", Numerics: 1, Spec: Spec{Histogram: true}},
	} {
		if _, err := Merge(a, b); !errors.Is(err, ErrMismatch) {
			t.Errorf("Merge(%+v, %+v): %v", a, b, err)
		}
	}
	if _, err := Merge(); err == nil {
		t.Error("merging nothing is no error")
	}
	twice := collect(everything, []sample{{7, []observation{{0, []float32{1}}}}}, 3)
	if _, err := Merge(twice, twice); !errors.Is(err, ErrMismatch) {
		t.Errorf("a sample in two parts: %v", err)
	}
}

// Datasets that are joined are what one dataset of all their samples is.
func TestJoin(t *testing.T) {
	samples := []sample{
		{0, []observation{{0, []float32{1, 2}}, {1, []float32{-3}}}}, {2, []observation{{0, []float32{7}}, {1, []float32{0}}}},
		{3, []observation{{0, []float32{-1}}, {1, []float32{90}}}}, {4, []observation{{0, []float32{5}}, {1, []float32{5}}}},
	}
	want := collect(everything, samples, 3)
	want.Skipped = []Skip{{Sample: 1, Source: "x"}, {Sample: 5, Source: "y"}}
	a, b := collect(everything, samples[:2], 3), collect(everything, []sample{{0, samples[2].all}, {1, samples[3].all}}, 3)
	a.Dataset, a.Skipped = "a", []Skip{{Sample: 1, Source: "x"}}
	b.Dataset, b.Skipped = "b", []Skip{{Sample: 2, Source: "y"}}
	got, err := Join(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if b.Skipped[0].Sample != 2 || b.Tensors[0].PerSample[0].Sample != 0 {
		t.Error("a part was changed")
	}
	if _, err := Join(a, b, a); !errors.Is(err, ErrMismatch) {
		t.Errorf("a dataset twice: %v", err)
	}
	if _, err := Join(); err == nil {
		t.Error("joining nothing is no error")
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	inf := float32(math.Inf(1))
	s := &Stats{
		Kind: True, Model: "ab", Dataset: "cd", Numerics: 3, Samples: 7,
		Skipped: []Skip{{2, "x.npz:input[2]", "NaN at element 5"}},
		Tensors: []Tensor{
			{Key: Key{0, 1}, Name: "a", Samples: 7, Range: quant.Range{Min: -0.1, Max: 1e-45, Count: 21}},
			{Key: Key{0, 4}, Name: "b", Samples: 7, Range: quant.Range{Min: -inf, Max: inf, Count: 7, Inf: 2, NaN: 1}},
			{Key: Key{1, 0}, Name: "c", Samples: 1, Range: quant.Range{Min: 3.4028235e38, Max: 3.4028235e38, Count: 1}},
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
	head := func(more string) string {
		return `{"format":"octet-stats","version":2,"kind":"true","histograms":true,"per_sample":true,"tensors":[{"samples":1,"elements":3,"min":1,"max":2,` + more + `}]}`
	}
	// Three elements between 1 and 2: 1025 bins of 2^-9.
	counts := func(set map[int]uint64) string {
		var p packed
		for i := range 1025 {
			p = binary.AppendUvarint(p, set[i])
		}
		return base64.StdEncoding.EncodeToString(p)
	}
	good := counts(map[int]uint64{512: 2, 1024: 1})
	histogram := func(exp, first int, counts string) string {
		return fmt.Sprintf(`"histogram":{"exp":%d,"first":%d,"counts":%q}`, exp, first, counts)
	}
	const one = `,"per_sample":{"samples":"AA==","min":"AACAPw==","max":"AAAAQA=="}`
	if s, err := Decode([]byte(head(histogram(-9, 0, good) + one))); err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	for name, text := range map[string]string{
		"other JSON":              `{}`,
		"version":                 `{"format":"octet-stats","version":99,"kind":"true","tensors":[]}`,
		"kind":                    `{"format":"octet-stats","version":1,"kind":"x","tensors":[]}`,
		"NaN":                     `{"format":"octet-stats","version":1,"kind":"true","tensors":[{"min":"nan","max":1}]}`,
		"twice":                   `{"format":"octet-stats","version":1,"kind":"true","tensors":[{"min":0,"max":1},{"min":0,"max":1}]}`,
		"no JSON":                 `TFL3`,
		"unknown name":            `{"format":"octet-stats","version":1,"kind":"true","tensors":[],"x":1}`,
		"something behind it":     `{"format":"octet-stats","version":2,"kind":"true","tensors":[]} {}`,
		"no histogram":            head(`"name":"a"` + one),
		"other width":             head(histogram(-10, 0, good) + one),
		"other bins":              head(histogram(-9, -1, good) + one),
		"bins beyond 0":           head(histogram(-9, 1, good) + one),
		"exponent":                head(histogram(-9000, 0, good) + one),
		"too few":                 head(histogram(-9, 0, counts(map[int]uint64{512: 1, 1024: 1})) + one),
		"too many":                head(histogram(-9, 0, counts(map[int]uint64{512: 2, 1024: 2})) + one),
		"sum that wraps":          head(histogram(-9, 0, counts(map[int]uint64{512: 1<<64 - 1, 700: 3, 1024: 1})) + one),
		"empty last bin":          head(histogram(-9, 0, counts(map[int]uint64{512: 3})) + one),
		"half a number":           head(histogram(-9, 0, "gA==") + one),
		"no ranges of samples":    head(histogram(-9, 0, good)),
		"ranges of more samples":  head(histogram(-9, 0, good) + `,"per_sample":{"samples":"AAA=","min":"AACAPwAAgD8=","max":"AAAAQAAAAEA="}`),
		"lists of unequal length": head(histogram(-9, 0, good) + `,"per_sample":{"samples":"AAA=","min":"AACAPw==","max":"AAAAQA=="}`),
		"another range":           head(histogram(-9, 0, good) + `,"per_sample":{"samples":"AA==","min":"AACAPw==","max":"AAAAQQ=="}`),
		"unannounced":             `{"format":"octet-stats","version":2,"kind":"true","tensors":[{"elements":1,"min":0,"max":0,"histogram":{"exp":-126,"first":0,"counts":"AQ=="}}]}`,
	} {
		if s, err := Decode([]byte(text)); err == nil {
			t.Errorf("%s: decoded %+v", name, s)
		}
	}
}

// TestDecodeReadsVersion1 reads what was written before there were histograms.
func TestDecodeReadsVersion1(t *testing.T) {
	const text = `{"format":"octet-stats","version":1,"kind":"true","model":"ab","numerics":1,"samples":2,"tensors":[
{"subgraph":0,"tensor":1,"name":"x","samples":2,"elements":6,"min":-0.5,"max":1}
]}
`
	got, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := &Stats{Kind: True, Model: "ab", Numerics: 1, Samples: 2, Tensors: []Tensor{
		{Key: Key{0, 1}, Name: "x", Samples: 2, Range: quant.Range{Min: -0.5, Max: 1, Count: 6}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzDecode demands that what can be read is written as something that reads alike, and merges with nothing to itself.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"format":"octet-stats","version":1,"kind":"true","tensors":[{"elements":1,"min":"-inf","max":1,"inf":1}]}`))
	for _, spec := range []Spec{{}, everything} {
		s := collect(spec, []sample{{2, []observation{{0, []float32{1, -2}}, {1, []float32{0, float32(math.Inf(1)), 5e-40}}}}, {9, []observation{{0, []float32{300}}}}}, 3)
		data, err := s.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data)
		if err != nil {
			return
		}
		text, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		merged, err := Merge(again)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, o := range []*Stats{again, merged} {
			if got, err := o.Encode(); err != nil || !bytes.Equal(got, text) {
				t.Fatalf("%v\n%s\n%s", err, text, got)
			}
		}
	})
}

// must returns statistics that are complete.
func must(s *Stats, err error) *Stats {
	if err != nil {
		panic(err)
	}
	return s
}
