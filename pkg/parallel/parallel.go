// Package parallel divides work on long slices among the processors, for steps that nothing else runs beside. What they compute must not depend on where it is divided.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Do has items 0 to n-1 done: do is called with half-open intervals [first, last) that together are all of them, each of at least least items unless there are fewer, by as many goroutines at a
// time as may run. It returns when all calls have. If one panics, so does Do, with the value of the first interval's that did.
func Do(n, least int, do func(first, last int)) {
	count := min(runtime.GOMAXPROCS(0), n/max(least, 1))
	if count <= 1 {
		if n > 0 {
			do(0, n)
		}
		return
	}
	panics := make([]any, count)
	var group sync.WaitGroup
	part := func(i int) {
		defer func() { panics[i] = recover() }()
		do(i*n/count, (i+1)*n/count)
	}
	for i := 1; i < count; i++ {
		group.Go(func() { part(i) })
	}
	part(0)
	group.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}

// Each has items 0 to n-1 done one by one, begun in this order, by as many goroutines at a time as may run: for items of which some take much longer than others. It returns when all are done; if
// one panics, so does Each, which then may leave others out.
func Each(n int, do func(i int)) {
	var next atomic.Int64
	Do(min(n, runtime.GOMAXPROCS(0)), 1, func(first, last int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(i)
		}
	})
}
