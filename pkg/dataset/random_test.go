package dataset_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/tensor"
)

// TestRandomDigests pins the numbers that every platform must produce.
func TestRandomDigests(t *testing.T) {
	for spec, want := range map[string]string{
		"random:normal?samples=3&seed=1":                    "d8066ca82d87faa174e049ac81b7b981796f096fe0172ae24d29d85206f8a1db",
		"random:uniform?samples=3&seed=1":                   "01785606634f12721919c06022a26ac369948287d4fb031854ed3c2dbb331791",
		"random:normal?samples=3&seed=2&low=-0.5&high=0.25": "62bfd618ce622845abbebee784ba68a3336a5c7094f4261e13f050967eabfac9",
		"random:uniform?samples=3&low=-3.7&high=1e3":        "ca98a05ae0424013d688e2e10795fbe5325b6edb6d3c0cb69ac7317d0c678607",
	} {
		_, r := build(t, spec, input("x", tensor.Float32, 1, 1000), input("y", tensor.Float32, 7))
		h := sha256.New()
		for i := range 3 {
			for _, x := range sample(t, r, i) {
				h.Write(x.Data)
			}
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s: sha256 %s, want %s", spec, got, want)
		}
	}
	_, r := build(t, "random:uniform?samples=2&low=-5&high=100", input("a", tensor.Int8, 8), input("b", tensor.Int64, 8), input("c", tensor.Bool, 8))
	h := sha256.New()
	for _, x := range sample(t, r, 1) {
		h.Write(x.Data)
	}
	if got, want := hex.EncodeToString(h.Sum(nil)), "d5c111ec0edce9f8bebda2c352010292ad56706edfb7ea4d3327b4bb300350c4"; got != want {
		t.Errorf("integers: sha256 %s, want %s", got, want)
	}
}

func TestRandomSamplesDependOnSeedIndexAndInput(t *testing.T) {
	x, y := input("x", tensor.Float32, 1, 50), input("y", tensor.Float32, 1, 50)
	_, long := build(t, "random:normal?samples=10&seed=3", x, y)
	_, short := build(t, "random:normal?samples=5&seed=3", x)
	_, other := build(t, "random:normal?samples=5&seed=4", x)
	for i := range 5 {
		a, b := sample(t, long, i), sample(t, short, i)
		if diff := cmp.Diff(a[0], b[0]); diff != "" {
			t.Errorf("sample %d depends on the number of samples or inputs: %s", i, diff)
		}
		if cmp.Equal(a[0], a[1]) || cmp.Equal(a[0], sample(t, other, i)[0]) || i > 0 && cmp.Equal(a[0], sample(t, long, i-1)[0]) {
			t.Errorf("sample %d repeats another", i)
		}
		if diff := cmp.Diff(a, sample(t, long, i)); diff != "" {
			t.Errorf("sample %d differs the second time: %s", i, diff)
		}
	}
}

// TestRandomDistributions counts values below quantiles: their shares must lie within 5 standard deviations of the probabilities.
func TestRandomDistributions(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		spec   string
		shares map[float32]float64
	}{
		{"random:uniform?samples=1&low=-1&high=3", map[float32]float64{-1: 0, -0.5: 0.125, 0: 0.25, 1: 0.5, 2.9: 0.975, 3: 1}},
		// The normal distribution's values at these points, from its tables.
		{"random:normal?samples=1", map[float32]float64{-3: 0.0013498980, -2: 0.0227501319, -1: 0.1586552539, -0.5: 0.3085375387, 0: 0.5,
			0.25: 0.5987063257, 0.75: 0.7733726476, 1: 0.8413447461, 1.5: 0.9331927987, 2: 0.9772498681, 2.5: 0.9937903347, 4: 0.9999683288}},
		{"random:normal?samples=1&low=-1&high=0.5", map[float32]float64{-1.0000001: 0, -1: 0.1586552539, 0: 0.5, 0.49999: 0.691461, 0.5: 1}},
	} {
		_, r := build(t, c.spec, input("x", tensor.Float32, n))
		values := tensor.View[float32](sample(t, r, 0)[0])
		for at, p := range c.shares {
			count := 0
			for _, v := range values {
				if v <= at {
					count++
				}
			}
			if got := float64(count) / n; math.Abs(got-p) > 5*math.Sqrt(p*(1-p)/n)+5e-6 {
				t.Errorf("%s: %v of the values are at most %v, want %v", c.spec, got, at, p)
			}
		}
	}
}

func TestRandomIntegers(t *testing.T) {
	const n = 30_000
	_, r := build(t, "random:uniform?samples=1&low=-1&high=1", input("x", tensor.Int32, n), input("b", tensor.Bool, n))
	out := sample(t, r, 0)
	count := map[int32]int{}
	for _, v := range tensor.View[int32](out[0]) {
		count[v]++
	}
	if len(count) != 3 {
		t.Fatalf("values %v", count)
	}
	for v, c := range count {
		if c < n/3-500 || c > n/3+500 {
			t.Errorf("%d of %d values are %d", c, n, v)
		}
	}
	set := 0
	for _, v := range tensor.View[bool](out[1]) {
		if v {
			set++
		}
	}
	if set < n/2-500 || set > n/2+500 {
		t.Errorf("%d of %d bools are set", set, n)
	}
}

func TestRandomThatDoesNotFit(t *testing.T) {
	x, whole := input("x", tensor.Float32, 1, 2), input("x", tensor.UInt8, 1, 2)
	refused(t, "want random:uniform or random:normal", "random:gauss", x)
	refused(t, "want a known size", "random:normal", input("x", tensor.Float32, 1, -1))
	refused(t, "want a known size", "random:normal", input("x", tensor.Float32, 1<<20, 1<<20))
	refused(t, "low=2 is above high=1", "random:uniform?low=2", x)
	refused(t, `option low="nan": want a number`, "random:uniform?low=nan", x)
	refused(t, `option seed="-1": want a whole number`, "random:uniform?seed=-1", x)
	refused(t, "the limit is", "random:uniform?samples=1000000000", x)
	refused(t, "the dataset is empty", "random:uniform?samples=0", x)
	refused(t, "out of range", "random:uniform?high=1e39", x)
	refused(t, "normal numbers are fractions", "random:normal", whole)
	refused(t, "whole random numbers need low= and high=", "random:uniform?low=0", whole)
	refused(t, "must be whole and within [0, 255]", "random:uniform?low=0&high=256", whole)
	refused(t, "must be whole and within [0, 255]", "random:uniform?low=0&high=1.5", whole)
	refused(t, "no random:uniform numbers of this type", "random:uniform?low=0&high=1", input("x", tensor.Float16, 1))
}
