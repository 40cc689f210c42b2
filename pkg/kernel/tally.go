package kernel

import "math"

// F32Tally is a histogram that grows while samples are computed. Most counts are kept as small integers, which are moved to the histogram where they might not fit any
// more, and in the end. The zero value holds nothing.
type F32Tally struct {
	histogram F32Histogram
	table     countTable
	shared    *sharedCounts // with other tallies; nil if there are none
	few       []float32     // that are not counted yet: of small tensors, what it takes to begin is shared by many
}

// fewNumbers is how many numbers at most wait for others, and fewAll how many are counted together then.
const (
	fewNumbers = 256
	fewAll     = 1024
)

// countFew counts what waits for others, one by one.
func (t *F32Tally) countFew() {
	x := t.few
	t.few = t.few[:0]
	for len(x) > 0 {
		n := 0
		for n < len(x) && x[n]-x[n] == 0 {
			n++
		}
		if n > 0 {
			r := F32MinMax(x[:n])
			t.histogram.extend(r.Min, r.Max)
			t.table.restart(&t.histogram)
			t.histogram.add(x[:n])
		}
		x = x[min(n+1, len(x)):]
	}
}

// Histogram returns what was counted by counters that were flushed since. It is the tally's own, and complete until more is counted.
func (t *F32Tally) Histogram() *F32Histogram {
	t.shared.settle()
	t.table.move(&t.histogram, 0)
	t.countFew()
	return &t.histogram
}

// Err returns an error if the histogram that Histogram returned last lacks numbers, which only a function that is less exact than it claims to be can bring about.
func (t *F32Tally) Err() error { return t.shared.err() }

// F32Counter counts for one tally after the other. It holds the memory that this takes, and serves one goroutine.
type F32Counter struct {
	open [openTallies]queue
	next int // of open, which is closed when another tally comes
}

// queue holds the bins of numbers that are to be counted, where there are variants.
type queue struct {
	into        *F32Tally
	bins        []waitingBin // those from first to last, a multiple of countEach, are to be counted. mostWaiting of them, and countBehind
	first, last int
}

// openTallies is how many tallies are counted for in turn without effort, as when a chain of operators is computed piece by piece.
const openTallies = 4

// countRun is the number of elements that are looked at before they are counted, while they are in the first-level cache.
const countRun = 1024

// Flush completes the tallies for which the counter has counted.
func (c *F32Counter) Flush() {
	for i := range c.open {
		c.open[i].close()
	}
}

// close ends counting for a tally.
func (q *queue) close() {
	if q.into != nil {
		q.count()
		q.into = nil
	}
}

// queueOf returns the queue of a tally.
func (c *F32Counter) queueOf(t *F32Tally) *queue {
	for i := range c.open {
		if c.open[i].into == t {
			return &c.open[i]
		}
	}
	q := &c.open[c.next]
	c.next = (c.next + 1) % openTallies
	q.close()
	q.into = t
	t.table.begin(&t.histogram)
	return q
}

// add counts x and returns its range, as F32MinMax does.
func (c *F32Counter) add(into *F32Tally, x []float32) F32Range {
	if len(x) > fewNumbers {
		return c.addMany(into, x)
	}
	c.addFew(into, x)
	return F32MinMax(x)
}

// Add counts x, of which nobody wants to know the range.
func (c *F32Counter) Add(into *F32Tally, x []float32) {
	if len(x) > fewNumbers {
		c.addMany(into, x)
	} else {
		c.addFew(into, x)
	}
}

// AddTimes counts x so many times. r is its range.
func (c *F32Counter) AddTimes(into *F32Tally, x []float32, r F32Range, times int) {
	if r.NaN+r.Inf > 0 {
		for range times {
			c.Add(into, x)
		}
		return
	}
	if times == 0 || len(x) == 0 {
		return
	}
	h := &into.histogram
	if !h.covers(r.Min, r.Max) {
		c.queueOf(into).extend(r)
	}
	scale := power(-h.Exp)
	for _, v := range x {
		h.Counts[int(math.Floor(float64(v)*scale))-h.First] += uint64(times)
	}
}

// addFew has at most fewNumbers wait until it is worth counting them.
func (c *F32Counter) addFew(into *F32Tally, x []float32) {
	if len(into.few)+len(x) > fewAll {
		c.addMany(into, into.few)
		into.few = into.few[:0]
	}
	if into.few == nil {
		into.few = make([]float32, 0, fewAll)
	}
	into.few = append(into.few, x...)
}

// addMany is add for so many numbers that it is worth beginning.
func (c *F32Counter) addMany(into *F32Tally, x []float32) F32Range {
	q := c.queueOf(into)
	all := emptyRange
	for len(x) > 0 {
		run := x[:min(len(x), countRun)]
		r, n := q.add(run)
		if n == 0 {
			n = len(run)
			r = F32MinMax(run)
			q.addGeneric(run, r)
		}
		all.merge(r)
		x = x[n:]
	}
	return all
}

// extend makes bins for finite numbers with the given range.
func (q *queue) extend(r F32Range) {
	h := &q.into.histogram
	q.count()
	q.into.table.move(h, 0)
	h.extend(r.Min, r.Max)
	q.into.table.restart(h)
}

// addGeneric counts numbers with the given range.
func (q *queue) addGeneric(x []float32, r F32Range) {
	h := &q.into.histogram
	switch {
	case r.NaN+r.Inf > 0:
		q.addFinite(x)
	case h.covers(r.Min, r.Max):
		h.add(x)
	default:
		q.extend(r)
		if _, n := q.add(x); n < len(x) {
			h.add(x[n:])
		}
	}
}

// addFinite counts the finite numbers of x.
func (q *queue) addFinite(x []float32) {
	for from := 0; from < len(x); {
		to := from
		for to < len(x) && x[to]-x[to] == 0 {
			to++
		}
		if to > from {
			q.addGeneric(x[from:to], F32MinMax(x[from:to]))
		}
		from = to + 1
	}
}
