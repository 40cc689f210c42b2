package exec_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// plain sees every value, and looks at it by itself, but for what operators let see of their inside, of which there is no tensor.
type plain struct {
	inside map[*ir.Value]quant.Range
	t      *testing.T
	counts map[*ir.Value]*kernel.F32Tally
	ranges map[*ir.Value]quant.Range
}

func newPlain(t *testing.T) *plain {
	return &plain{t: t, inside: map[*ir.Value]quant.Range{}, counts: map[*ir.Value]*kernel.F32Tally{}, ranges: map[*ir.Value]quant.Range{}}
}

func (p *plain) Observe(v *ir.Value, t *tensor.Tensor, r quant.Range) {
	p.t.Helper()
	if t == nil {
		if old, ok := p.inside[v]; ok {
			r = r.Merge(old)
		}
		p.inside[v] = r
		return
	}
	x := tensor.View[float32](t)
	want := kernel.F32MinMax(x)
	if got := (kernel.F32Range{Min: r.Min, Max: r.Max, NaN: int(r.NaN), Inf: int(r.Inf)}); got != want || r.Count != uint64(len(x)) {
		p.t.Errorf("%q: range %+v, want %+v", v.Name, r, want)
	}
	p.add(v, x, r)
}

func (p *plain) add(v *ir.Value, x []float32, r quant.Range) {
	var counter kernel.F32Counter
	var scan kernel.F32Scan
	scan.Start(true)
	scan.Count(&counter, p.tally(v))
	scan.Include(x)
	counter.Flush()
	if old, ok := p.ranges[v]; ok {
		r = r.Merge(old)
	}
	p.ranges[v] = r
}

func (p *plain) tally(v *ir.Value) *kernel.F32Tally {
	if p.counts[v] == nil {
		p.counts[v] = &kernel.F32Tally{}
	}
	return p.counts[v]
}

// recording takes the statistics of values, by position.
type recording struct {
	*plain
	values []*ir.Value
}

// newRecording returns a recorder for the values that a program observes.
func newRecording(t *testing.T, p *exec.Program) recording {
	r := recording{plain: newPlain(t)}
	seen := p.Observed()
	for _, g := range slices.Sorted(maps.Keys(seen)) {
		r.values = append(r.values, seen[g]...)
	}
	return r
}

func (r recording) Record(i int, found kernel.F32Range, n int) {
	v := r.values[i]
	x := quant.Range{Min: found.Min, Max: found.Max, Count: uint64(n), NaN: uint64(found.NaN), Inf: uint64(found.Inf)}
	if old, ok := r.ranges[v]; ok {
		x = x.Merge(old)
	}
	r.ranges[v] = x
}

// equal compares ranges and histograms with those of an observer who was shown the values.
func (r recording) equal(want *plain) {
	r.t.Helper()
	if !maps.Equal(want.ranges, r.ranges) {
		r.t.Errorf("ranges\n%v\nwant\n%v", r.ranges, want.ranges)
	}
	for v := range want.ranges {
		h, g := want.tally(v).Histogram(), r.tally(v).Histogram()
		if g.Exp != h.Exp || g.First != h.First || !slices.Equal(g.Counts, h.Counts) {
			r.t.Errorf("%q is counted otherwise", v.Name)
		}
	}
}

// copied returns a function that copies the bytes of what a run returned.
func copied(t *testing.T) func([]*tensor.Tensor, error) [][]byte {
	return func(out []*tensor.Tensor, err error) (all [][]byte) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			all = append(all, bytes.Clone(o.Data))
		}
		return all
	}
}

func (r recording) Tally(i int) *kernel.F32Tally { return r.tally(r.values[i]) }

// TestRecorder runs each model of TestGolden and compares what kernels let see of their results, and what is derived of values that were moved, with the results themselves.
func TestRecorder(t *testing.T) {
	golden := openArchive(t, "testdata/golden_ops.zip")
	moved, padded := 0, 0
	for _, file := range slices.Sorted(maps.Keys(golden)) {
		name, ok := strings.CutSuffix(file, ".tflite")
		if !ok {
			continue
		}
		m, err := tflite.Decode(golden.read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		p, err := exec.Compile(m, 0, exec.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var inputs []*tensor.Tensor
		for i := range p.Inputs() {
			inputs = append(inputs, readNPY(t, golden.read(t, fmt.Sprintf("%s.in%d.npy", name, i))))
		}
		want, got := newPlain(t), newRecording(t, p)
		s := p.NewSession()
		for range 2 {
			if _, err := s.Run(inputs, want); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := s.Record(inputs, got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for v, holds := range p.Moved() {
			if _, ok := want.ranges[v]; !ok {
				continue // in a branch that is not taken
			}
			if _, ok := got.ranges[v]; ok {
				t.Errorf("%s: %q is moved, and observed", name, v.Name)
			}
			moved++
			r := quant.EmptyRange()
			for _, f := range holds.From {
				r = r.Merge(got.ranges[f])
				got.tally(v).Histogram().Merge(got.tally(f).Histogram())
			}
			if holds.Zeros > 0 {
				n := r.Count / uint64(holds.Of) * uint64(holds.Zeros)
				r = r.Merge(quant.Range{Count: n})
				got.tally(v).Histogram().Merge(&kernel.F32Histogram{Exp: kernel.MinExp, Counts: []uint64{n}})
				padded++
			}
			got.ranges[v] = r
		}
		maps.Copy(want.ranges, want.inside)
		if !maps.Equal(want.ranges, got.ranges) {
			t.Errorf("%s: ranges\n%v\nwant\n%v", name, got.ranges, want.ranges)
		}
		for v, tally := range want.counts {
			h, g := tally.Histogram(), got.tally(v).Histogram()
			if g.Exp != h.Exp || g.First != h.First || !slices.Equal(g.Counts, h.Counts) {
				t.Errorf("%s: %q is counted in %d bins from %d of 2^%d on, want %d from %d of 2^%d", name, v.Name, len(g.Counts), g.First, g.Exp, len(h.Counts), h.First, h.Exp)
			}
			if r := want.ranges[v]; h.Total() != r.Count-r.NaN-r.Inf {
				t.Errorf("%s: %q: %d of %d elements are counted", name, v.Name, h.Total(), r.Count)
			}
		}
	}
	if moved == 0 || padded == 0 {
		t.Errorf("%d values were moved, %d of them with zeros", moved, padded)
	}
}

// TestRecordingDoesNotAllocate is TestRunDoesNotAllocate with everything recorded.
func TestRecordingDoesNotAllocate(t *testing.T) {
	golden := openArchive(t, "testdata/golden_ops.zip")
	for _, file := range slices.Sorted(maps.Keys(golden)) {
		name, ok := strings.CutSuffix(file, ".tflite")
		if !ok || allocating[name] {
			continue
		}
		m, err := tflite.Decode(golden.read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		p, err := exec.Compile(m, 0, exec.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var inputs []*tensor.Tensor
		for i := range p.Inputs() {
			inputs = append(inputs, readNPY(t, golden.read(t, fmt.Sprintf("%s.in%d.npy", name, i))))
		}
		s, all := p.NewSession(), exec.Recorder(newRecording(t, p))
		run := func() {
			if _, err := s.Record(inputs, all); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		// After an odd number of iterations a loop's two sets of variables have changed places; each of the counter's queues must have come into use; and what is known of small tensors
		// must have been counted once.
		n := 1.0
		for tries := 0; n > 0 && tries < 40; tries++ {
			for range 6 {
				run()
			}
			n = testing.AllocsPerRun(3, run)
		}
		if n > 0 {
			t.Errorf("%s: %v allocations in each run", name, n)
		}
	}
}

// TestMoved checks which values take over the statistics of others.
func TestMoved(t *testing.T) {
	const text = `graph "main" {
		%0 = input "x" f32[1,2,2,4]
		%1 = const "shape" i32[2] = [4 4]
		%2 = const "perm" i32[2] = [1 0]
		%3 = const "c" f32[4,4] = splat 2
		%4 = const "paddings" i32[2,2] = [1 0 0 0]
		%5 "reshaped" f32[4,4] = RESHAPE(%0, %1)
		%6 "turned" f32[4,4] = TRANSPOSE(%5, %2)
		%7 "abs" f32[4,4] = ABS(%6)
		%8 "joined" f32[12,4] = CONCATENATION(%6, %7, %5) {axis=0}
		%9 "with constant" f32[16,4] = CONCATENATION(%8, %3) {axis=0}
		%10 "padded" f32[17,4] = PAD(%9, %4)
		%11 "padded abs" f32[5,4] = PAD(%7, %4)
		%12 "padded twice" f32[6,4] = PAD(%11, %4)
		%13 "together" f32[11,4] = CONCATENATION(%12, %11) {axis=0}
		%14 "exp" f32[4,4] = EXP(%6)
		%15 = const "axis" i32[] = [0]
		%16 "first" f32[2,4], %17 "second" f32[2,4] = SPLIT(%15, %14) {count=2}
		return %10
	}`
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for v, m := range p.Moved() {
		var from []string
		for _, f := range m.From {
			from = append(from, f.Name)
		}
		got[v.Name] = fmt.Sprintf("%v, %d zeros to %d", from, m.Zeros, m.Of)
	}
	want := map[string]string{
		"reshaped": "[x], 0 zeros to 0", "turned": "[x], 0 zeros to 0", "joined": "[x abs x], 0 zeros to 0",
		"padded": "[with constant], 4 zeros to 64", "padded abs": "[abs], 4 zeros to 16", "padded twice": "[abs], 8 zeros to 16", "together": "[abs abs], 12 zeros to 32",
		"exp": "[first second], 0 zeros to 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
