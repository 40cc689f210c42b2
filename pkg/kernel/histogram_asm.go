//go:build (amd64 || arm64) && !purego

package kernel

import "math"

const (
	countStep  = 16 // the number of elements whose bins are found in a step
	countEach  = 8  // the number of bins that are counted in a step
	countLeast = 32 // how many elements are worth the effort

	countBehind = 16 // how many bins a variant may write behind those that are left
)

// countTable holds counts that are not yet in a histogram.
type countTable struct {
	counts []countEntry // of the histogram's bins from its first one on, and of one that is never read, behind MaxBins others
	held   int          // how many counts are in it, or will be
	turns  int          // how often counting began since the bins are what they are
	spikes spikes
}

// spikes are bins that hold many numbers, which are counted by themselves: a compare for sixteen numbers costs less than sixteen counts.
type spikes struct {
	bins [2]int32
	on   bool
}

// noBin is no number's bin, not even by its last 16 bits.
const noBin = math.MinInt16

// begin is called when counting begins for a histogram, as once in a sample. From the second time on its spikes are known; they are looked for
// again the less often the longer they are.
func (t *countTable) begin(h *F32Histogram) {
	t.turns++
	switch {
	case t.turns == 1 || !anySpikes || len(h.Counts) == 0:
		t.restart(h)
	case t.turns&(t.turns-1) == 0:
		t.move(h, 0)
		t.spikes = h.spikes()
	}
}

// restart is called where a histogram has other bins than before.
func (t *countTable) restart(h *F32Histogram) {
	t.turns = 1
	t.spikes = spikes{[2]int32{0, noBin}, h.First == 0} // what a limit at 0 lets pass is mostly zeros
}

// countEntry is a count in two parts.
type countEntry = [2]uint16

// maxHeld is how many counts fit into an entry: each of its parts takes every second one.
const maxHeld = 2 * (1<<16 - 1)

// add counts the first of at most countRun numbers if they are finite and the histogram has bins for them. It returns their range, and how many they are.
func (q *queue) add(x []float32) (F32Range, int) {
	h, t := &q.into.histogram, &q.into.table
	n := len(x) &^ (countStep - 1)
	if !variants() || n < countLeast || len(h.Counts) == 0 || !hasBins(h.Exp) {
		return F32Range{}, 0
	}
	bins := q.room(n)
	left := n
	var found [2]float32
	first := 0
	if t.spikes.on {
		left, first = otherBins(&bins[0], &x[0], n, h.Exp, &found, &t.spikes.bins)
	} else {
		allBins(&bins[0], &x[0], n, h.Exp, &found)
	}
	if !h.covers(found[0], found[1]) {
		return F32Range{}, 0
	}
	for i, many := range [2]int{first, n - left - first} {
		if many > 0 {
			h.Counts[int(t.spikes.bins[i])-h.First] += uint64(many)
		}
	}
	t.spikes.on = t.spikes.on && worthLeavingOut(n-left, n)
	for ; left%countEach != 0; left++ {
		bins[left] = waitingBin(h.First + MaxBins)
	}
	q.put(left)
	return F32Range{Min: found[0] + 0, Max: found[1] + 0}, n
}

// room returns the memory for n bins that are to be counted, and for what may be written behind them.
func (q *queue) room(n int) []waitingBin {
	if q.bins == nil {
		q.bins = make([]waitingBin, mostWaiting+JointRun+countBehind)
	}
	if t := &q.into.table; t.counts == nil {
		t.counts = make([]countEntry, MaxBins+1)
	}
	if q.last+n > mostWaiting && q.waiting() <= mostWaiting/2 {
		q.last = copy(q.bins, q.bins[q.first:q.last])
		q.first = 0
	}
	return q.bins[q.last:][:n+countBehind]
}

// put has n bins counted that were written there, a multiple of countEach: at once, while they are in the first-level cache, where enough others wait.
func (q *queue) put(n int) {
	t := &q.into.table
	if t.held += n; t.held > maxHeld {
		t.makeRoom(&q.into.histogram, q.waiting()+n)
	}
	switch {
	case n == 0:
	case q.last+n <= mostWaiting:
		q.last += n
	default:
		countAsm(q.zero(), &q.bins[q.last], n)
	}
}

// waiting returns how many bins are to be counted.
func (q *queue) waiting() int { return q.last - q.first }

// zero returns the entry of bin 0, from which on counts are found.
func (q *queue) zero() *countEntry { return &q.into.table.counts[-q.into.histogram.First] }

// count counts what is to be counted.
func (q *queue) count() {
	if n := q.waiting(); n > 0 {
		countAsm(q.zero(), &q.bins[q.first], n)
	}
	q.first, q.last = 0, 0
}

// move moves the counts that were made so far to h, all but those that are waiting. h has bins for them.
func (t *countTable) move(h *F32Histogram, waiting int) {
	if t.held == waiting {
		return
	}
	t.held = waiting
	entries := t.counts[:len(h.Counts)]
	n := len(entries) &^ 7
	if n > 0 {
		emptyTableAsm(&h.Counts[0], &entries[0], n)
	}
	for i := n; i < len(entries); i++ {
		h.Counts[i] += uint64(entries[i][0]) + uint64(entries[i][1])
		entries[i] = countEntry{}
	}
}

// makeRoom makes sure that what waits can be counted, too. Entries hold far less than what was counted, as a rule.
func (t *countTable) makeRoom(h *F32Histogram, waiting int) {
	t.held = waiting + 2*mostCounted(t.counts[:len(h.Counts)])
	if t.held > maxHeld/2 {
		t.move(h, waiting)
	}
}

// fullest returns the queue with the most bins that are to be counted.
func (c *F32Counter) fullest() *queue {
	most := &c.open[0]
	for i := range c.open {
		if q := &c.open[i]; q.waiting() > most.waiting() {
			most = q
		}
	}
	return most
}

// spikes returns the two fullest bins, and whether it is worth while to leave them out.
func (h *F32Histogram) spikes() spikes {
	most, next, total := 0, 0, uint64(0)
	for i, n := range h.Counts {
		total += n
		switch {
		case n > h.Counts[most]:
			most, next = i, most
		case i > 0 && (n > h.Counts[next] || next == most):
			next = i
		}
	}
	bins := [2]int32{int32(h.First + most), int32(h.First + next)}
	if next == most {
		bins[1] = noBin
	}
	both := h.Counts[most] + h.Counts[next]
	return spikes{bins, total > 0 && worthLeavingOut(int(both), int(total))}
}
