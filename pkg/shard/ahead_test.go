package shard

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/tensor"
)

// numbered are samples that hold their position. It counts calls that are under way and the samples that were asked for.
type numbered struct {
	underWay, asked atomic.Int32
	bad             int
}

func (n *numbered) Sample(i int) ([]*tensor.Tensor, error) {
	n.underWay.Add(1)
	defer n.underWay.Add(-1)
	n.asked.Store(int32(i))
	if i == n.bad {
		return nil, fmt.Errorf("sample %d", i)
	}
	return []*tensor.Tensor{{Shape: tensor.Shape{i}}}, nil
}

func TestReadAheadGivesSamplesInOrder(t *testing.T) {
	a := readAhead(&numbered{bad: 5}, Range{3, 9})
	defer a.close()
	for i := 3; i < 9; i++ {
		in, err := a.next()
		if (err != nil) != (i == 5) || err == nil && in[0].Shape[0] != i {
			t.Errorf("sample %d: %v, %v", i, in, err)
		}
	}
}

// TestReadAheadReadsOneMore demands that the next sample is read before it is asked for, and none beyond it.
func TestReadAheadReadsOneMore(t *testing.T) {
	n := &numbered{bad: -1}
	a := readAhead(n, Range{0, 9})
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
	a := readAhead(s, Range{0, 9})
	<-s.begun
	closed := make(chan struct{})
	go func() {
		a.close()
		close(closed)
	}()
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
	for range 10_000 {
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("waited in vain")
}
