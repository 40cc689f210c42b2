package convert

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the order in which items are taken and end, the failure is that of the first item that fails when all before it have run, and no item
// before it is cancelled.
func TestFrontReportsTheFirstFailure(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(rt, "items")
		workers := rapid.IntRange(1, 5).Draw(rt, "workers")
		bad := map[int]error{}
		first := -1
		for i := range n {
			if rapid.Bool().Draw(rt, "fails") {
				bad[i] = errors.New("bad")
				if first < 0 {
					first = i
				}
			}
		}
		f := newFront(t.Context(), n)
		ran := map[int]bool{}
		var running []int
		for {
			for len(running) < workers {
				i, _, ok := f.next()
				if !ok {
					break
				}
				running, ran[i] = append(running, i), true
			}
			if len(running) == 0 {
				break
			}
			k := rapid.IntRange(0, len(running)-1).Draw(rt, "ends")
			f.finished(running[k], bad[running[k]])
			running = append(running[:k], running[k+1:]...)
		}
		if first < 0 {
			if err := f.err(); err != nil || len(ran) != n {
				rt.Fatalf("error %v, %d of %d items ran", err, len(ran), n)
			}
			return
		}
		if f.failed != first || !errors.Is(f.err(), bad[first]) {
			rt.Fatalf("item %d: %v, want item %d", f.failed, f.err(), first)
		}
		for i := range first {
			if !ran[i] {
				rt.Fatalf("item %d did not run", i)
			}
		}
	})
}

func TestFrontCancelsWhatIsBehindAFailure(t *testing.T) {
	f := newFront(t.Context(), 3)
	_, before, _ := f.next()
	_, _, _ = f.next()
	_, behind, _ := f.next()
	f.finished(1, errors.New("bad"))
	if before.Err() != nil || behind.Err() == nil {
		t.Errorf("the item before the failure: %v, that behind it: %v", before.Err(), behind.Err())
	}
	if i, _, ok := f.next(); ok {
		t.Errorf("item %d is handed out", i)
	}
}
