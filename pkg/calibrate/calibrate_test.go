package calibrate

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
)

// observed returns the statistics of a tensor in some samples.
func observed(samples ...[]float32) *calib.Stats { return observedFrom(0, samples...) }

func observedFrom(first int, samples ...[]float32) *calib.Stats {
	c := calib.NewCollector([]calib.Tensor{{Name: "x"}}, calib.Spec{Histogram: true, PerSample: true})
	var counter kernel.F32Counter
	for i, x := range samples {
		var scan kernel.F32Scan
		scan.Start(true)
		scan.Count(&counter, c.Tally(0))
		scan.Include(x)
		r, _ := scan.Range(len(x))
		c.Record(0, r, len(x))
		c.EndSample(first + i)
	}
	counter.Flush()
	s, err := c.Stats()
	if err != nil {
		panic(err)
	}
	return s
}

// chosen returns what a calibrator makes of a tensor's statistics.
func chosen(t *testing.T, calibrator string, s *calib.Stats) quant.Range {
	t.Helper()
	return chosenFor(t, calibrator, s, Int8)
}

func chosenFor(t *testing.T, calibrator string, s *calib.Stats, of Integers) quant.Range {
	t.Helper()
	c, err := Parse(calibrator)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Apply(s, of)
	if err != nil {
		t.Fatal(err)
	}
	return out.Tensors[0].Range
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"": "minmax", "minmax": "minmax", "mse": "mse", "entropy": "entropy", "percentile": "percentile:99.99", "percentile:99.9990": "percentile:99.999",
		"percentile:100": "percentile:100", "ema": "ema:0.95", "ema:0": "ema:0",
	} {
		c, err := Parse(text)
		if err != nil || c.String() != want {
			t.Errorf("%q: %v, %v, want %s", text, c, err, want)
		}
		if again, err := Parse(c.String()); err != nil || again != c {
			t.Errorf("%v reads as %v, %v", c, again, err)
		}
	}
	for _, text := range []string{"max", "minmax:1", "mse:", "percentile:", "percentile:101", "percentile:49", "percentile:NaN", "ema:1", "ema:-1", "ema:x", "ema:0.9:1", " mse"} {
		if c, err := Parse(text); err == nil {
			t.Errorf("%q reads as %v", text, c)
		}
	}
}

// What is chosen depends on the samples alone: not on how they were divided, and, but for ema, not on their order. What is given stays as it is.
func TestChoiceDoesNotDependOnTheSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var samples [][]float32
		for range rapid.IntRange(1, 6).Draw(t, "samples") {
			x := make([]float32, 1+r.IntN(300))
			for i := range x {
				x[i] = float32(r.NormFloat64() * math.Exp(r.NormFloat64()))
			}
			samples = append(samples, x)
		}
		whole := observed(samples...)
		var parts []*calib.Stats
		for first := 0; first < len(samples); {
			next := first + 1 + r.IntN(len(samples)-first)
			parts = append(parts, observedFrom(first, samples[first:next]...))
			first = next
		}
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		merged, err := calib.Merge(parts...)
		if err != nil {
			t.Fatal(err)
		}
		// A part that counts twice is noticed.
		if _, err := calib.Merge(append(parts, parts[r.IntN(len(parts))])...); !errors.Is(err, calib.ErrMismatch) {
			t.Errorf("a part was taken twice: %v", err)
		}
		r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
		shuffled := observed(samples...)
		before, err := whole.Encode()
		if err != nil {
			t.Fatal(err)
		}
		integers := rapid.SampledFrom([]Integers{Int8, Int16}).Draw(t, "integers")
		for i := range methods {
			c := Calibrator{i, methods[i].usual}
			if methods[i].usual != 0 && r.IntN(2) == 0 {
				c.parameter = map[string]float64{"percentile": 50 + 50*r.Float64(), "ema": r.Float64()}[methods[i].name]
			}
			want, err := c.Apply(whole, integers)
			if err != nil {
				t.Fatal(err)
			}
			others := []*calib.Stats{merged}
			if methods[i].name != "ema" {
				others = append(others, shuffled)
			}
			for _, o := range others {
				got, err := c.Apply(o, integers)
				if err != nil {
					t.Fatal(err)
				}
				if got.Tensors[0].Range != want.Tensors[0].Range {
					t.Errorf("%v: %v, want %v", c, got.Tensors[0].Range, want.Tensors[0].Range)
				}
			}
			seen, is := whole.Tensors[0].Range, want.Tensors[0].Range
			if is.Min > is.Max || is.Min < min(seen.Min, 0) || is.Max > max(seen.Max, 0) || is.Count != seen.Count {
				t.Errorf("%v: %+v of %+v", c, is, seen)
			}
		}
		if after, err := whole.Encode(); err != nil || string(after) != string(before) {
			t.Errorf("what was given changed (%v): %s", err, cmp.Diff(string(before), string(after)))
		}
	})
}

func TestPercentile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 100_000)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	x[7], x[8] = 30, -20
	sorted := slices.Sorted(slices.Values(x))
	s := observed(x)
	width := float32(s.Tensors[0].Histogram.Width())
	for text, cut := range map[string]int{"percentile:99": 500, "percentile:99.9": 50, "percentile:90": 5000} {
		got := chosen(t, text, s)
		lo, hi := sorted[cut], sorted[len(x)-1-cut]
		if got.Min > lo || got.Min < lo-width || got.Max < hi || got.Max > hi+width {
			t.Errorf("%s: %v to %v, want %v to %v, within a bin of %v", text, got.Min, got.Max, lo, hi, width)
		}
	}
	if got := chosen(t, "percentile:100", s); got.Min != -20 || got.Max != 30 {
		t.Errorf("all elements are between %v and %v", got.Min, got.Max)
	}
	// No end passes 0.
	if got := chosen(t, "percentile:99.9", observed([]float32{3, 4, 5})); got.Min != 3 || got.Max != 5 {
		t.Errorf("%v to %v, want 3 to 5", got.Min, got.Max)
	}
}

// squareError quantizes x by integers over a range, 0 being one of them, and returns the mean square of the error.
func squareError(x []float32, lo, hi float32, of Integers) float64 {
	l, h := math.Min(float64(lo), 0), math.Max(float64(hi), 0)
	if of.Symmetric {
		h = max(h, -l)
		l = -h
	}
	steps := float64(of.Steps)
	step := (h - l) / steps
	zero := math.Round(-l / step)
	sum := 0.0
	for _, v := range x {
		q := min(max(math.Round(float64(v)/step)+zero, 0), steps)
		d := (q-zero)*step - float64(v)
		sum += d * d
	}
	return sum / float64(len(x))
}

// distributions draw activations of several shapes.
var distributions = map[string]func(r *rand.Rand) float32{
	"normal":      func(r *rand.Rand) float32 { return float32(r.NormFloat64()) },
	"heavy tails": func(r *rand.Rand) float32 { return float32(r.NormFloat64() / math.Sqrt(r.ExpFloat64()/2)) },
	"rectified":   func(r *rand.Rand) float32 { return max(0, float32(r.NormFloat64())) },
	"swish":       func(r *rand.Rand) float32 { v := 2 * r.NormFloat64(); return float32(v / (1 + math.Exp(-v))) },
	"outliers": func(r *rand.Rand) float32 {
		if r.IntN(5000) == 0 {
			return float32(40 * r.NormFloat64())
		}
		return float32(r.NormFloat64())
	},
	"uniform":  func(r *rand.Rand) float32 { return float32(r.Float64()) },
	"negative": func(r *rand.Rand) float32 { return -float32(r.ExpFloat64()) },
}

// TestLeastError compares the error of the chosen range with that of many others, as it comes out when the elements are quantized.
func TestLeastError(t *testing.T) {
	t.Run("8 bits", func(t *testing.T) { testLeastError(t, Int8) })
	t.Run("16 bits", func(t *testing.T) { testLeastError(t, Int16) })
	t.Run("10 bits around 0", func(t *testing.T) { testLeastError(t, Integers{Steps: 1022, Symmetric: true}) })
}

func testLeastError(t *testing.T, of Integers) {
	for name, next := range distributions {
		r := rand.New(rand.NewPCG(3, 4))
		x := make([]float32, 20_000)
		for i := range x {
			x[i] = next(r)
		}
		s := observed(x)
		seen, got := s.Tensors[0].Range, chosenFor(t, "mse", s, of)
		best, whole := math.Inf(1), squareError(x, seen.Min, seen.Max, of)
		for i := range 16 {
			for j := range 16 {
				best = min(best, squareError(x, float32(i+1)/16*seen.Min, float32(j+1)/16*seen.Max, of))
			}
		}
		e := squareError(x, got.Min, got.Max, of)
		t.Logf("%-12s %v to %v of %v to %v: error %.3g, whole %.3g, best tried %.3g", name, got.Min, got.Max, seen.Min, seen.Max, e, whole, best)
		if e > whole*1.02 || e > best*1.1 {
			t.Errorf("%s: range %v to %v of %v to %v has the error %v, the whole one %v, another %v", name, got.Min, got.Max, seen.Min, seen.Max, e, whole, best)
		}
	}
}

// TestLeastDivergence checks that outliers are cut, as far as the error allows, and that what is dense up to its ends is not.
func TestLeastDivergence(t *testing.T) {
	for name, share := range map[string][2]float64{"uniform": {0.97, 1}, "normal": {0.4, 1}, "outliers": {0.02, 0.35}, "heavy tails": {0, 0.35}, "rectified": {0.4, 1}} {
		r := rand.New(rand.NewPCG(5, 6))
		x := make([]float32, 200_000)
		for i := range x {
			x[i] = distributions[name](r)
		}
		s := observed(x)
		seen, got := s.Tensors[0].Range, chosen(t, "entropy", s)
		part := float64(max(got.Max, -got.Min) / max(seen.Max, -seen.Min))
		is, whole := squareError(x, got.Min, got.Max, Int8), squareError(x, seen.Min, seen.Max, Int8)
		t.Logf("%-12s %v to %v of %v to %v: error %.3g, whole %.3g", name, got.Min, got.Max, seen.Min, seen.Max, is, whole)
		if part < share[0] || part > share[1] || is > 4*whole*1.02 {
			t.Errorf("%s: range %v to %v of %v to %v with the error %v, the whole one %v", name, got.Min, got.Max, seen.Min, seen.Max, is, whole)
		}
	}
}

// Integers around 0 reach as far on the shorter side, so that cutting it makes no step finer; of others one is 0, and the ends move by less than a step.
func TestCover(t *testing.T) {
	if step, from, to := (Integers{Steps: 250, Symmetric: true}).cover(-10, 99); step != 0.8 || from != -100 || to != 100 {
		t.Errorf("around 0: steps of %v from %v to %v", step, from, to)
	}
	if step, from, to := (Integers{Steps: 250, Symmetric: true}).cover(-200, 99); step != 1.6 || from != -200 || to != 200 {
		t.Errorf("around 0: steps of %v from %v to %v", step, from, to)
	}
	step, from, to := Integers{Steps: 220}.cover(-10, 99)
	if zero := -from / step; step != 0.5 || from != -10 || to != 100 || zero != 20 {
		t.Errorf("steps of %v from %v to %v", step, from, to)
	}
	if _, from, to := (Integers{Steps: 11}).cover(-13, 96); from != -10 || to != 100 { // steps of 10: 1.3 of them below 0
		t.Errorf("from %v to %v", from, to)
	}
}

// Integers that tell more than the bins of a histogram lose nothing that a shorter range would give back.
func TestManyIntegersKeepWhatWasSeen(t *testing.T) {
	for name, next := range distributions {
		r := rand.New(rand.NewPCG(7, 8))
		x := make([]float32, 20_000)
		for i := range x {
			x[i] = next(r)
		}
		s := observed(x)
		if seen, got := s.Tensors[0].Range, chosenFor(t, "entropy", s, Int16); got.Min != min(seen.Min, 0) && got.Min != seen.Min || got.Max != max(seen.Max, 0) && got.Max != seen.Max {
			t.Errorf("%s: %v to %v of %v to %v", name, got.Min, got.Max, seen.Min, seen.Max)
		}
	}
}

// TestAverage compares with what moving_average_update of AI Edge Quantizer 0.10 makes of the same ranges.
func TestAverage(t *testing.T) {
	lo := []float32{
		0.040919121354818344, -4.555665016174316, -1.5819011926651, -2.5677695274353027, -2.4526493549346924, -2.215597152709961,
		-4.019986152648926, -2.2319324016571045, -2.86521315574646, 1.3229994773864746, -1.774213433265686, -2.352630853652954,
	}
	hi := []float32{
		2.718712568283081, 2.331953763961792, 1.9448494911193848, 2.609199047088623, 3.481945276260376, 2.761446475982666,
		3.957758665084839, 2.8001978397369385, 3.024259567260742, 4.545820713043213, 3.545105457305908, 2.4947712421417236,
	}
	var samples [][]float32
	for i := range lo {
		samples = append(samples, []float32{lo[i], hi[i]})
	}
	got := chosen(t, "ema:0.95", observed(samples...))
	if got.Min != -0.9266648292541504 || got.Max != 2.882194757461548 {
		t.Errorf("%v to %v", got.Min, got.Max)
	}
}

func TestUnusualNumbers(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, x := range map[string][]float32{
		"one": {5}, "zeros": {0, 0, 0}, "negative": {-3}, "least": {1e-45, -1e-45}, "greatest": {math.MaxFloat32, -math.MaxFloat32}, "infinite": {inf, 1, -2, nan},
	} {
		s := observed(x)
		for i := range methods {
			r := chosen(t, Calibrator{i, methods[i].usual}.String(), s)
			if r.Min > r.Max || r.Min != r.Min || r.Max != r.Max || r.Count != uint64(len(x)) {
				t.Errorf("%s of %s: %+v", methods[i].name, name, r)
			}
		}
	}
	// Nothing finite: nothing to choose.
	s := observed([]float32{nan, nan})
	if r := chosen(t, "mse", s); r != s.Tensors[0].Range {
		t.Errorf("%+v, want %+v", r, s.Tensors[0].Range)
	}
}

func TestApplyRefuses(t *testing.T) {
	s := &calib.Stats{Kind: calib.True}
	for _, text := range []string{"mse", "percentile:99", "entropy", "ema"} {
		c, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Apply(s, Int8); err == nil {
			t.Errorf("%s makes do with ranges", text)
		}
	}
}
