package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// joints are all functions that are counted with their argument.
var joints = []struct {
	name string
	of   *F32Functions
}{
	{"Logistic", JointLogistic}, {"Tanh", JointTanh}, {"Elu", JointElu}, {"Gelu", JointGelu}, {"GeluTanh", JointGeluTanh}, {"HardSwish", JointHardSwish}, {"Swish", JointSwish},
}

// jointly counts numbers and their results, sample by sample, in runs.
type jointly struct {
	of      *F32Functions
	by      F32Counter
	joint   F32Joint
	tallies [mostJoined]F32Tally
	all     [mostJoined][]float32
	at      int // in so many samples numbers were counted at once
}

// sample counts x, its results taking its memory in part.
func (j *jointly) sample(t *testing.T, x []float32, run int) {
	t.Helper()
	var second *F32Tally
	if j.of.count() == 2 {
		second = &j.tallies[2]
	}
	var seen [mostJoined - 1]F32Scan
	for i := range seen {
		seen[i].Start(true)
		seen[i].Count(&j.by, &j.tallies[i+1])
	}
	j.joint.Start(j.of, &j.by, F32MinMax(x), &j.tallies[0], &j.tallies[1], second)
	j.all[0] = append(j.all[0], x...)
	if j.joint.at != nil {
		j.at++
	}
	for at := 0; at < len(x); at += run {
		part := x[at:min(at+run, len(x))]
		j.joint.Argument(part)
		var y [mostJoined - 1][]float32
		for i := range j.of.count() {
			y[i] = make([]float32, len(part))
			j.of.list[i].Map(y[i], part)
			j.all[i+1] = append(j.all[i+1], y[i]...)
		}
		clear(part)
		if second == nil {
			j.joint.Results(&seen[0], y[0], nil, nil)
		} else {
			j.joint.Results(&seen[0], y[0], &seen[1], y[1])
		}
	}
	j.joint.Stop()
	j.by.Flush()
	for i := range j.of.count() {
		all := j.all[i+1]
		if r, ok := seen[i].Range(len(x)); !ok || r != F32MinMax(all[len(all)-len(x):]) {
			t.Errorf("result %d: range %+v of %d, want %+v", i, r, seen[i].Seen(), F32MinMax(all[len(all)-len(x):]))
		}
	}
}

// check compares the histograms with the direct count of everything.
func (j *jointly) check(t *testing.T, what string) {
	t.Helper()
	for i := range j.of.count() + 1 {
		want := directly(j.all[i])
		if got := j.tallies[i].Histogram(); !sameHistogram(got, &want) {
			t.Errorf("%s: number %d: %s, want %s", what, i, describe(got), describe(&want))
		}
	}
}

// TestJointIsTheDirectCount counts samples of many kinds with results of every function, and demands what counting each by itself gives.
func TestJointIsTheDirectCount(t *testing.T) {
	r := rand.New(rand.NewPCG(82, 83))
	for _, f := range joints {
		for _, scale := range []float64{1e-30, 1e-3, 0.1, 1, 3, 20, 200} {
			for i, run := range []int{JointRun, 700, 100} {
				middle := []float64{0, -4, 4}[i] // beside 0 there are tails alone
				check := func() {
					j := jointly{of: f.of}
					for i := range 6 {
						x := make([]float32, 6000+r.IntN(20))
						for k := range x {
							x[k] = float32((r.NormFloat64() + r.Float64() + middle) * scale)
						}
						switch i {
						case 3: // grows by other widths
							x[77] = float32(5 * scale)
						case 4:
							x[2050] = float32(math.NaN())
							x[3050] = float32(math.Inf(1))
							x[4050] = float32(math.Copysign(0, -1))
							x[4051] = -math.SmallestNonzeroFloat32
							x[5050] = float32(-40 * scale)
						}
						j.sample(t, x, run)
						if i%2 == 0 {
							j.check(t, fmt.Sprintf("%s, scale %v, runs of %d, sample %d", f.name, scale, run, i))
						}
					}
					j.check(t, fmt.Sprintf("%s, scale %v, runs of %d", f.name, scale, run))
					if JointWins() && middle == 0 && scale > 0.01 && scale < 10 && j.at < 1 {
						t.Errorf("%s, scale %v: numbers are counted at once in %d of 6 samples", f.name, scale, j.at)
					}
				}
				check()
				withLesserVariants(check)
			}
		}
	}
	check := func() {
		j := jointly{of: JointSwish}
		for range 3 {
			j.sample(t, samples(r, 0, 3000), JointRun)
		}
		j.check(t, "without variants")
	}
	withoutVariants(check)
}
