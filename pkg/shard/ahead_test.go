package shard

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octetlite/octet/pkg/tensor"
)

// numbered are samples of the given size that hold their position. They count calls that are under way and the samples that were asked for.
type numbered struct {
	underWay, asked atomic.Int32
	size            int
	bad             int
}

func (n *numbered) Sample(i int) ([]*tensor.Tensor, error) {
	n.underWay.Add(1)
	defer n.underWay.Add(-1)
	n.asked.Store(int32(i))
	if i == n.bad {
		return nil, fmt.Errorf("sample %d", i)
	}
	return []*tensor.Tensor{{Shape: tensor.Shape{i}, Data: make([]byte, n.size)}}, nil
}

// refilled are numbered samples that use memory again.
type refilled struct{ numbered }

func (r *refilled) SampleInto(i int, out []*tensor.Tensor) error {
	if i == r.bad {
		return fmt.Errorf("sample %d", i)
	}
	if out[0] == nil {
		out[0] = tensor.New(tensor.Int8, tensor.Shape{r.size})
	}
	out[0].Shape = tensor.Shape{i}
	return nil
}

func TestReadAheadGivesSamplesInOrder(t *testing.T) {
	for name, samples := range map[string]Samples{
		"small": &numbered{bad: 5}, "large": &numbered{bad: 5, size: blockBytes}, "again": &refilled{numbered{bad: 5, size: blockBytes / 3}},
	} {
		var memory blocks
		for range 2 {
			a := readAhead(samples, 1, Range{3, 999}, &memory)
			for i := 3; i < 999; i++ {
				in, err := a.next()
				if (err != nil) != (i == 5) || err == nil && in[0].Shape[0] != i {
					t.Fatalf("%s: sample %d: %v, %v", name, i, in, err)
				}
			}
			a.close()
		}
		if n := len(memory[0].samples) + len(memory[1].samples); n > 2*blockSamples || name == "large" && n > 2+1 || name == "again" && n > 2*(3+1) { // the bad one has no size
			t.Errorf("%s: %d samples in memory", name, n)
		}
	}
}

// TestReadAheadReadsOneMore demands that the next large sample is read before it is asked for, and none beyond it.
func TestReadAheadReadsOneMore(t *testing.T) {
	n := &numbered{bad: -1, size: blockBytes}
	a := readAhead(n, 1, Range{0, 9}, &blocks{})
	defer a.close()
	if _, err := a.next(); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { return n.asked.Load() == 1 && n.underWay.Load() == 0 })
	for range 100 {
		time.Sleep(10 * time.Microsecond)
		if i := n.asked.Load(); i > 1 {
			t.Fatalf("sample %d was read while sample 0 is computed", i)
		}
	}
}

// slow are samples that take a while.
type slow struct{ numbered }

func (s *slow) Sample(i int) ([]*tensor.Tensor, error) {
	time.Sleep(time.Second)
	return s.numbered.Sample(i)
}

// TestReadAheadHandsOverWhatIsWaitedFor demands that small samples don't wait for others of their block.
func TestReadAheadHandsOverWhatIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := readAhead(&slow{numbered{bad: -1}}, 1, Range{0, 9}, &blocks{})
		defer a.close()
		start := time.Now()
		for i := range 9 {
			if _, err := a.next(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != time.Duration(i+1)*time.Second {
				t.Errorf("sample %d came after %v", i, took)
			}
		}
	})
}

// stuck is a sample that takes until it is let go.
type stuck struct{ begun, free chan struct{} }

func (s stuck) Sample(int) ([]*tensor.Tensor, error) {
	close(s.begun)
	<-s.free
	return nil, errors.New("late")
}

// TestReadAheadCloses demands that close waits for a sample that is being read, since its source is closed next, and for no other.
func TestReadAheadCloses(t *testing.T) {
	s := stuck{make(chan struct{}), make(chan struct{})}
	a := readAhead(s, 1, Range{0, 9}, &blocks{})
	<-s.begun
	closed := make(chan struct{})
	go func() {
		a.close()
		close(closed)
	}()
	wait(t, a.stopped)
	select {
	case <-closed:
		t.Error("closed while a sample is being read")
	case <-time.After(5 * time.Millisecond):
	}
	close(s.free)
	<-closed
}

func wait(t *testing.T, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(time.Millisecond) {
		if time.Since(start) > 2*time.Minute {
			t.Fatal("waited in vain")
		}
	}
}

// expecting are numbered samples that record what they are told is wanted next.
type expecting struct {
	numbered
	told [][2]int
	late bool // a sample was read that they were not told of
}

func (e *expecting) Expect(first, last int) { e.told = append(e.told, [2]int{first, last}) }

func (e *expecting) Sample(i int) ([]*tensor.Tensor, error) {
	if n := len(e.told); n == 0 || i < e.told[n-1][0] || i >= e.told[n-1][1] {
		e.late = true
	}
	return e.numbered.Sample(i)
}

// TestReadAheadSaysWhatItWants wants samples to be asked for before they are read, and none of other shards.
func TestReadAheadSaysWhatItWants(t *testing.T) {
	e := &expecting{numbered: numbered{bad: -1, size: blockBytes}}
	var memory blocks
	a := readAhead(e, 1, Range{10, 60}, &memory)
	for range 50 {
		if _, err := a.next(); err != nil {
			t.Fatal(err)
		}
	}
	a.close()
	if e.late || len(e.told) != 50 {
		t.Errorf("told %v", e.told)
	}
	for i, r := range e.told {
		if r[0] != 10+i || r[1] != min(10+i+expected, 60) {
			t.Errorf("told that %v is next, at sample %d", r, 10+i)
		}
	}
}
