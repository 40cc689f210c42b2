//go:build amd64 && !purego

package kernel

import "fmt"

// JointWins reports whether counting at once takes less time than counting by itself.
func JointWins() bool { return useAVX2 }

// sharedCounts are counts of cells: each is one of several tallies.
type sharedCounts struct {
	of    [mostJoined]*F32Tally
	tally F32Tally // its bins are cells, of which the first has the number 0
	cells *cells   // nil at first
	calls int      // of ready
	next  int      // the call from which on other cells may be taken
}

// start looks for cells.
func (j *F32Joint) start() {
	argument := j.into[0]
	for _, t := range j.into[:j.functions.count()+1] {
		if t == nil {
			return
		}
	}
	if argument.shared == nil {
		for _, t := range j.into {
			if t != nil && t.shared != nil {
				return
			}
		}
		argument.shared = &sharedCounts{of: j.into}
		for _, t := range j.into {
			if t != nil {
				t.shared = argument.shared
			}
		}
	}
	s := argument.shared
	if s.of != j.into {
		return
	}
	s.calls++
	if s.fit() || s.calls < s.next || len(argument.histogram.Counts) == 0 {
		return
	}
	s.next = s.calls + s.calls/2 + 1
	j.by.queueOf(&s.tally).count()
	s.settle()
	var exps [mostJoined]int
	for i, t := range s.of {
		if t != nil {
			exps[i] = t.histogram.Exp
		}
	}
	h := &argument.histogram
	s.cells = cellsOf(j.functions, exps, h.First, h.Last()+1)
	if s.cells.ok {
		s.begin()
	}
}

// begin makes counts for the cells.
func (s *sharedCounts) begin() {
	c, t := s.cells, &s.tally
	n := len(c.of)
	if cap(t.histogram.Counts) < n {
		t.histogram.Counts = make([]uint64, n)
		t.table.counts = make([]countEntry, n+1)
	}
	t.histogram.Counts, t.table.counts = t.histogram.Counts[:n], t.table.counts[:n+1]
}

// fit reports whether the cells are those of the histograms.
func (s *sharedCounts) fit() bool {
	if s.cells == nil || !s.cells.ok {
		return false
	}
	h := &s.of[0].histogram
	if h.First < s.cells.lo || h.Last() >= s.cells.hi {
		return false
	}
	for i, t := range s.of {
		if t != nil && t.histogram.Exp != s.cells.exps[i] {
			return false
		}
	}
	return true
}

// settle adds the counts to the histograms.
func (s *sharedCounts) settle() {
	if s == nil || s.cells == nil || !s.cells.ok {
		return
	}
	h := &s.tally.histogram
	s.tally.table.move(h, 0)
	for i, n := range h.Counts {
		if n == 0 {
			continue
		}
		if !s.cells.known[i] {
			panic(fmt.Sprintf("kernel: %d numbers lie in no cell between those of bins of 2^%v", n, s.cells.exps))
		}
		h.Counts[i] = 0
		for k, t := range s.of {
			if t != nil {
				into := &t.histogram
				into.Counts[s.cells.of[i][k]>>(into.Exp-s.cells.exps[k])-into.First] += n
			}
		}
	}
}

// find finds the bins of one of the tensors, and reports whether the histogram has all of them.
func (j *F32Joint) find(what int, x []float32, n int) (F32Range, bool) {
	h := &j.into[what].histogram
	if len(h.Counts) == 0 {
		return F32Range{}, false
	}
	if j.bins[what] == nil {
		j.bins[what] = make([]int32, JointRun)
	}
	var found [2]float32
	allBins(&j.bins[what][:n][0], &x[:n][0], n, float32(power(-h.Exp)), h.First, &found)
	return F32Range{Min: found[0] + 0, Max: found[1] + 0}, h.covers(found[0], found[1])
}

// argument finds the bins of numbers, a multiple of jointStep, and reports whether they are to be counted with their results.
func (j *F32Joint) argument(x []float32) bool {
	s := j.into[0].shared
	if !useAVX2 || s == nil || s.of != j.into || !s.fit() {
		return false
	}
	if _, ok := j.find(0, x, len(x)); !ok {
		return false
	}
	j.n = len(x)
	return true
}

// results counts the numbers with their results, or alone, and reports whether these are counted, too.
func (j *F32Joint) results(first, second []float32) (ranges [mostJoined - 1]F32Range, ok bool) {
	ok = true
	for i, y := range [][]float32{first, second}[:j.functions.count()] {
		if ok {
			ranges[i], ok = j.find(i+1, y, j.n)
		}
	}
	s := j.into[0].shared
	into := j.into[0]
	if ok {
		into = &s.tally
	}
	q := j.by.queueOf(into)
	bins := q.room(j.n)
	switch c := s.cells; {
	case !ok:
		copy(bins, j.bins[0][:j.n])
	case j.into[2] == nil:
		cellsAsm(&bins[0], &j.bins[0][0], &j.bins[1][0], j.n, c.turn, c.least, int32(c.first))
	default:
		cells3Asm(&bins[0], &j.bins[0][0], &j.bins[1][0], &j.bins[2][0], j.n, c.turn, c.least, int32(c.first))
	}
	q.put(j.n)
	return ranges, ok
}
