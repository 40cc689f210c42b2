package parallel

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestDoCoversEachItemOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(processors)
		for _, n := range []int{0, 1, 2, 7, 8, 100} {
			for _, least := range []int{0, 1, 3, 50, 200} {
				var mu sync.Mutex
				seen, calls := make([]int, n), 0
				Do(n, least, func(first, last int) {
					mu.Lock()
					defer mu.Unlock()
					calls++
					if last-first < min(max(least, 1), n) {
						t.Errorf("%d items, at least %d: [%d, %d)", n, least, first, last)
					}
					for i := first; i < last; i++ {
						seen[i]++
					}
				})
				for i, k := range seen {
					if k != 1 {
						t.Fatalf("item %d of %d was done %d times", i, n, k)
					}
				}
				if want := min(processors, max(n/max(least, 1), 1)); n > 0 && calls != want {
					t.Errorf("%d items, at least %d, %d processors: %d calls, want %d", n, least, processors, calls, want)
				}
			}
		}
	}
}

func TestDoPanicsAsItsCallsDo(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	defer func() {
		if p := recover(); fmt.Sprint(p) != "25" {
			t.Errorf("recovered %v, want the first interval's 25", p)
		}
	}()
	Do(100, 1, func(first, _ int) {
		if first > 0 {
			panic(first)
		}
	})
}

func TestEachDoesEachItemOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(processors)
		for _, n := range []int{0, 1, 2, 7, 8, 100} {
			seen := make([]atomic.Int32, n)
			Each(n, func(i int) { seen[i].Add(1) })
			for i := range seen {
				if k := seen[i].Load(); k != 1 {
					t.Fatalf("item %d of %d was done %d times", i, n, k)
				}
			}
		}
	}
	defer func() {
		if p := recover(); p != "seven" {
			t.Errorf("recovered %v, want what item 7 panicked with", p)
		}
	}()
	Each(10, func(i int) {
		if i == 7 {
			panic("seven")
		}
	})
}
