//go:build amd64 && !purego

package kernel

import (
	"fmt"
	"math"
)

// JointWins reports whether counting at once takes less time than counting by itself.
func JointWins() bool { return useAVX2 }

// sharedCounts are counts of cells: each is one of several tallies.
type sharedCounts struct {
	of    [mostJoined]*F32Tally
	tally F32Tally // its bins are cells, of which the middle one is bin 0
	cells *cells   // nil at first
	calls int      // of ready
	next  int      // the call from which on other cells may be taken
	lost  uint64   // numbers that were found in no cell that is known
}

// together returns the counts of what is to be counted at once, where the argument has the given range; nil if that can't be.
func (j *F32Joint) together(r F32Range) *sharedCounts {
	if j.functions == nil || !useAVX2 || r.NaN+r.Inf > 0 {
		return nil
	}
	for _, t := range j.into[:j.functions.count()+1] {
		if t == nil || t.histogram.Counts == nil {
			return nil
		}
	}
	argument := j.into[0]
	if argument.shared == nil {
		for _, t := range j.into {
			if t != nil && t.shared != nil {
				return nil
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
		return nil
	}
	if s.calls++; !s.fit() && s.calls >= s.next {
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
	if h := &argument.histogram; s.fit() && !h.covers(r.Min, r.Max) {
		j.by.queueOf(argument).extend(r)
	}
	if !s.fit() {
		return nil
	}
	return s
}

// begin makes counts for the cells.
func (s *sharedCounts) begin() {
	c, t := s.cells, &s.tally
	n := len(c.of)
	if cap(t.histogram.Counts) < n {
		t.histogram.Counts = make([]uint64, n)
		t.table.counts = make([]countEntry, n+1)
	}
	t.histogram.First = -(n / 2)
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
			s.lost += n
			h.Counts[i] = 0
			continue
		}
		h.Counts[i] = 0
		for k, t := range s.of {
			if t != nil {
				into := &t.histogram
				into.Counts[int(s.cells.of[i][k])>>(into.Exp-s.cells.exps[k])-into.First] += n
			}
		}
	}
}

// err returns an error if numbers were lost.
func (s *sharedCounts) err() error {
	if s == nil || s.lost == 0 {
		return nil
	}
	return fmt.Errorf("%d numbers, counted with what functions of them give, lie in no pair of bins that is known, of widths 2^%v", s.lost, s.cells.exps)
}

// count counts n numbers with their results, a multiple of jointStep, and returns n; or 0 if these can't be counted at once.
func (j *F32Joint) count(n int, seen *F32Scan, first []float32, also *F32Scan, second []float32) int {
	s := j.at
	if !s.fit() { // what was counted by itself in between may have changed bins
		return 0
	}
	var by [mostJoined]float32
	var from [mostJoined]int32 // the bits of bin 0
	for i, e := range s.cells.exps {
		by[i] = magic(e)
		from[i] = int32(math.Float32bits(by[i]))
	}
	c, q := s.cells, j.by.queueOf(&s.tally)
	cells := q.room(n)
	bins := [3]int32{c.turn + from[0], c.least + from[1], int32(c.first-s.tally.histogram.First) + from[0]}
	var found [mostJoined - 1][2]float32
	if also != nil {
		bins[2] += from[2] << 2
	}
	switch x, y := &j.x[:n][0], &first[:n][0]; {
	case also == nil && useAVX512:
		joint1AVX512(&cells[0], x, y, n, &by, &bins, &found)
	case also == nil:
		joint1Asm(&cells[0], x, y, n, &by, &bins, &found)
	case useAVX512:
		joint2AVX512(&cells[0], x, y, &second[:n][0], n, &by, &bins, &found)
	default:
		joint2Asm(&cells[0], x, y, &second[:n][0], n, &by, &bins, &found)
	}
	for i := range j.functions.count() {
		if !j.into[i+1].histogram.covers(found[i][0], found[i][1]) {
			return 0
		}
	}
	q.put(n)
	seen.add(n, F32Range{Min: found[0][0] + 0, Max: found[0][1] + 0})
	if also != nil {
		also.add(n, F32Range{Min: found[1][0] + 0, Max: found[1][1] + 0})
	}
	return n
}
