package kernel

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"
)

// Bounds of cells.
const (
	mostJoined  = 3       // numbers whose bins are counted at once: an argument and results of two functions
	cellMargin  = 7       // the sum of all weights: so far a cell's number may lie beyond the least and the greatest of what is expected
	mostCells   = 1 << 15 // numbers of cells
	cellRound   = 512     // bins of the argument to which bounds are rounded, so that tensors share tables
	mostTables  = 64      // that are kept
	cellNumbers = 1 << 16 // that there are at most: they wait as 16 bits

	leastCellExp = -100 // of a bin's width: no number near a bin's end is denormal but near 0
	mostCellExp  = 0    // wider bins are rare
)

// cellWeight is what a step of each of the numbers adds to a cell's number. Sums of different sets differ.
var cellWeight = [mostJoined]int{1, 2, 4}

// cells says which bins of an argument and of results of functions of it belong together.
//
// Where f rises, the bins of x and of f(x) never become less as x grows. Where it falls, that holds for the distance from the bin of f's least value, with a minus sign. So x runs through cells, each of which has its
// bins; the sum of the bins by weights is another number in each, so that counting these numbers counts x and all its results at once.
//
// A computed f is off by a few units in the last place, at most 2^-11 of a bin's width, or else by so little that steep allows it, so that near an end of a bin, and nowhere else, its bins may go to and fro by one. What happens there to two of the numbers at once
// is told apart as well, since sums of weights differ: near a point at which several ends meet, each set of them that may have been passed has a cell of its own. One number does not pass two ends so
// near each other, and where two such points ask for one number, the nearer ends decide.
type cells struct {
	ok    bool // false where cells can't be told apart
	joint *F32Functions
	exps  [mostJoined]int
	lo    int                 // the argument's first bin
	hi    int                 // and the one behind its last
	first int                 // the least number of a cell
	of    [][mostJoined]int32 // the bins of each cell, from the first on
	known []bool
	turn  int32 // the argument's bin in which the first function turns, and the bin of its value there
	least int32
}

// cellTables holds tables by what they follow from.
var cellTables = struct {
	sync.Mutex
	of map[cellKey]*cells
}{of: map[cellKey]*cells{}}

// cellKey is what a table of cells follows from.
type cellKey struct {
	joint  *F32Functions
	exps   [mostJoined]int
	lo, hi int
}

// cellsOf returns the cells for bins of such widths, and an argument in bins from lo to hi at least.
func cellsOf(joint *F32Functions, exps [mostJoined]int, lo, hi int) *cells {
	key := cellKey{joint, exps, (lo - cellRound + 1) / cellRound * cellRound, (hi + cellRound) / cellRound * cellRound}
	cellTables.Lock()
	defer cellTables.Unlock()
	if c := cellTables.of[key]; c != nil {
		return c
	}
	if len(cellTables.of) >= mostTables {
		clear(cellTables.of)
	}
	c := &cells{joint: joint, exps: exps, lo: key.lo, hi: key.hi}
	c.ok = c.make()
	cellTables.of[key] = c
	return c
}

// crossing is where one of the numbers passes an end of a bin, upwards.
type crossing struct {
	at   float32 // the first argument behind it
	what int     // 0 is the argument
}

// make finds the cells, and reports whether they can be told apart.
func (c *cells) make() bool {
	for i := range c.joint.count() + 1 {
		if e := c.exps[i]; e < leastCellExp || e > mostCellExp {
			return false
		}
	}
	c.turn, c.least = math.MinInt32/2, 0
	if f := &c.joint.list[0]; f.Turn > -math.MaxFloat32 && !c.turns(f) {
		return false
	}
	// The first and the last number of each bin of the argument.
	var ends []float32
	for b := c.lo; b < c.hi; b++ {
		ends = append(ends, c.begin(b), math.Nextafter32(c.begin(b+1), float32(math.Inf(-1))))
	}
	var passed []crossing
	for b := c.lo + 1; b < c.hi; b++ {
		passed = append(passed, crossing{c.begin(b), 0})
	}
	at := [mostJoined]int{c.lo}
	memory := make([]float32, len(ends))
	bins := make([]int, len(ends))
	for i := 1; i <= c.joint.count(); i++ {
		c.bins(i, bins, ends, memory)
		at[i] = bins[0]
		found, ok := c.search(i, ends, bins)
		if !ok || len(passed)+len(found) > mostCells || !c.steep(i, found) {
			return false
		}
		passed = append(passed, found...)
	}
	slices.SortStableFunc(passed, func(a, b crossing) int { return cmp.Compare(a.at, b.at) })
	c.number(at, passed)
	return len(c.of) <= cellNumbers
}

// begin returns the first number of a bin of the argument.
func (c *cells) begin(bin int) float32 { return float32(float64(bin) * power(c.exps[0])) }

// turns finds the bins in which a function turns, and reports whether all its numbers near that point are clearly in one bin.
func (c *cells) turns(f *F32Function) bool {
	b := bin(f.Turn, c.exps[0])
	if b >= c.hi {
		return false // it would have to rise only
	}
	c.turn = int32(max(b, math.MinInt32/2))
	y := []float32{f.Turn, c.begin(b), math.Nextafter32(c.begin(b+1), f.Turn)}
	f.Map(y, y)
	least := bin(y[0], c.exps[1])
	c.least = int32(least)
	from, to := float64(float64(least)*power(c.exps[1])), float64(float64(least+1)*power(c.exps[1]))
	near := float64(math.Abs(float64(y[0])) / (1 << 18))
	for _, v := range y {
		if !f.Exact && float64(v) < from+near || float64(v) > to-near {
			return false
		}
	}
	return true
}

// bins finds the bins of a function of x, made to rise.
func (c *cells) bins(what int, bins []int, x, memory []float32) {
	y := memory[:len(x)]
	c.joint.list[what-1].Map(y, x)
	for i, v := range y {
		b := bin(v, c.exps[what])
		if what == 1 {
			b -= int(c.least)
			switch at := bin(x[i], c.exps[0]); {
			case at < int(c.turn):
				b = -b
			case at == int(c.turn):
				b = 0
			}
		}
		bins[i] = b
	}
}

// search finds where a function passes an end of a bin, between the first and the last number of each bin of the argument, for which its bins are known. It reports whether it passes them upwards alone, but
// for one step.
func (c *cells) search(what int, ends []float32, bins []int) (found []crossing, ok bool) {
	type between struct{ lo, hi, bin int } // numbers in order: the bin begins behind lo, and not behind hi
	var open []between
	last := bins[0]
	for i := range bins {
		if bins[i] < last-1 || len(open) > mostCells || bins[i]-last > mostCells {
			return nil, false
		}
		for b := last + 1; b <= bins[i]; b++ {
			hi := ordered(ends[i])
			lo := hi - 1
			if i%2 == 1 {
				lo = ordered(ends[i-1])
			}
			open = append(open, between{lo, hi, b})
		}
		last = max(last, bins[i])
	}
	middle, memory, at := make([]float32, len(open)), make([]float32, len(open)), make([]int, len(open))
	for again := len(open) > 0; again; {
		again = false
		for i, o := range open {
			middle[i] = unordered(o.lo + (o.hi-o.lo)/2)
		}
		c.bins(what, at, middle, memory)
		for i := range open {
			o := &open[i]
			if o.hi-o.lo < 2 {
				continue
			}
			again = true
			if m := o.lo + (o.hi-o.lo)/2; at[i] >= o.bin {
				o.hi = m
			} else {
				o.lo = m
			}
		}
	}
	for _, o := range open {
		found = append(found, crossing{unordered(o.hi), what})
	}
	return found, true
}

// steep reports whether a function passes ends of its bins so steeply that its error tells within half a bin of the argument, and by no more than one bin.
func (c *cells) steep(what int, found []crossing) bool {
	f := &c.joint.list[what-1]
	if f.Off == 0 {
		return true
	}
	half, y := float32(power(c.exps[0])/2), make([]float32, 3*len(found))
	for i, p := range found {
		y[3*i], y[3*i+1], y[3*i+2] = p.at-half, p.at, p.at+half
	}
	f.Map(y, y)
	for i, p := range found {
		if p.at == math.Nextafter32(f.Until, 0) {
			continue // it becomes 0 at once
		}
		off := 4 * f.Off * math.Abs(float64(p.at))
		at := float64(y[3*i+1])
		if math.Abs(float64(y[3*i])-at) < off || math.Abs(float64(y[3*i+2])-at) < off || power(c.exps[what]) < off {
			return false
		}
	}
	return true
}

// ordered returns a number's place in the order of all numbers, both zeros being one.
func ordered(x float32) int {
	b := math.Float32bits(x)
	n := int(b &^ (1 << 31))
	if b>>31 != 0 {
		return -n
	}
	return n
}

// unordered returns the number of a place.
func unordered(n int) float32 {
	if n < 0 {
		return -math.Float32frombits(uint32(-n))
	}
	return math.Float32frombits(uint32(n))
}

// number lists the cells that an argument runs through which passes ends of bins in some order, from a cell on, and those in which it may be near points where several ends meet.
func (c *cells) number(at [mostJoined]int, passed []crossing) {
	sum, total := 0, 0
	for i, b := range at {
		sum += cellWeight[i] * b
	}
	for _, p := range passed {
		total += cellWeight[p.what]
	}
	c.first = sum - cellMargin
	c.of, c.known = make([][mostJoined]int32, total+2*cellMargin+1), make([]bool, total+2*cellMargin+1)
	gap := make([]float64, len(c.of))
	for i := range gap {
		gap[i] = math.Inf(1)
	}
	put := func(sum int, bins [mostJoined]int, near float64) {
		if i := sum - c.first; near < gap[i] {
			c.of[i], c.known[i], gap[i] = [mostJoined]int32{int32(bins[0]), int32(bins[1]), int32(bins[2])}, true, near
		}
	}
	put(sum, at, -1)
	for i, p := range passed {
		for _, more := range [][]int{{1}, {2}, {1, 2}} { // what may be passed before p is
			set := at
			s, all := sum, 1<<p.what
			last := i
			for _, j := range more {
				if last = i + j; last < len(passed) {
					q := passed[last]
					set[q.what]++
					s += cellWeight[q.what]
					all |= 1 << q.what
				}
			}
			if last == i+2 && last < len(passed) {
				all |= 1 << passed[i+1].what
			}
			if last < len(passed) && bits.OnesCount(uint(all)) == last-i+1 {
				put(s, set, float64(passed[last].at)-float64(p.at))
			}
		}
		at[p.what]++
		sum += cellWeight[p.what]
		put(sum, at, -1)
	}
	for i := range c.of { // of the first function, what the bin is
		if !c.known[i] {
			continue
		}
		b := &c.of[i]
		if b[0] < c.turn {
			b[1] = -b[1]
		}
		b[1] += c.least
	}
}
