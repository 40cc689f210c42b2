//go:build (amd64 || arm64) && !purego

package kernel

import "math"

const (
	countStep  = 16  // the number of elements whose bins are found in a step
	countEach  = 8   // the number of bins that are counted in a step
	countLeast = 256 // how many elements are worth emptying the table

	countBehind = 16 // how many bins a variant may write behind those that are left
)

// countTable holds counts that are not yet in a histogram.
type countTable struct {
	counts      []countEntry // of bins from -MaxBins to MaxBins-1, and of one that is never read
	bins        []int32      // found: those from first to last are to be counted, a multiple of countEach. mostWaiting of them, and countBehind
	first, last int
	held        int // how many counts are in it, or will be
	spikes      spikes
	runs        int // since it is the histogram's
}

// spikes are bins that hold many numbers, which are counted by themselves: a compare for sixteen numbers costs less than sixteen counts.
type spikes struct {
	bins [2]int32
	on   bool
}

const (
	noBin     = math.MinInt32 // no number's bin
	spikesRun = 16            // the run before which the spikes are looked for: in large tensors
)

// countEntry is a count in two parts.
type countEntry = [2]uint16

// maxHeld is how many counts fit into a part.
const maxHeld = 1<<16 - 1

// add counts the first of at most countRun numbers if they are finite and h has bins for them. It returns their range, and how many they are.
func (t *countTable) add(h *F32Histogram, x []float32) (F32Range, int) {
	n := len(x) &^ (countStep - 1)
	if !variants() || n < countLeast || len(h.Counts) == 0 {
		return F32Range{}, 0
	}
	if t.counts == nil {
		t.counts = make([]countEntry, 2*MaxBins+1)
		t.bins = make([]int32, mostWaiting+countBehind)
	}
	if t.last+n > mostWaiting {
		t.makeRoom()
	}
	bins := t.bins[t.last:]
	scale, left := float32(power(-h.Exp)), n
	var found [2]float32
	switch t.runs {
	case 0: // what a limit at 0 lets pass is mostly zeros
		t.spikes = spikes{[2]int32{0, noBin}, h.First == 0}
	case spikesRun:
		if anySpikes {
			t.spikes = h.spikes()
		}
	}
	t.runs++
	first := 0
	if t.spikes.on {
		left, first = otherBins(&bins[0], &x[0], n, scale, &found, &t.spikes.bins)
	} else {
		allBins(&bins[0], &x[0], n, scale, &found)
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
		bins[left] = MaxBins
	}
	t.last += left
	if t.held += left; t.held > maxHeld {
		t.move(h)
	}
	return F32Range{Min: found[0] + 0, Max: found[1] + 0}, n
}

// waiting returns how many bins are to be counted.
func (t *countTable) waiting() int { return t.last - t.first }

// makeRoom makes room for as many bins as are found at a time.
func (t *countTable) makeRoom() {
	if t.waiting() > mostWaiting/2 {
		t.count()
	}
	t.last = copy(t.bins, t.bins[t.first:t.last])
	t.first = 0
}

// count counts what is to be counted.
func (t *countTable) count() {
	if n := t.waiting(); n > 0 {
		countAsm(&t.counts[MaxBins], &t.bins[t.first], n)
	}
	t.first, t.last = 0, 0
}

// empty moves all counts to h, which has bins for them.
func (t *countTable) empty(h *F32Histogram) {
	t.runs = 0
	if t.held == 0 {
		return
	}
	t.count()
	t.move(h)
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

// move moves the counts to h that were made so far.
func (t *countTable) move(h *F32Histogram) {
	t.held = t.waiting()
	entries := t.counts[MaxBins+h.First:][:len(h.Counts)]
	n := len(entries) &^ 7
	if n > 0 {
		emptyTableAsm(&h.Counts[0], &entries[0], n)
	}
	for i := n; i < len(entries); i++ {
		h.Counts[i] += uint64(entries[i][0]) + uint64(entries[i][1])
		entries[i] = countEntry{}
	}
}

// fullest returns the table with the most bins that are to be counted.
func (c *F32Counter) fullest() *countTable {
	var most *countTable
	for i := range c.open {
		if t := &c.open[i].table; most == nil || t.waiting() > most.waiting() {
			most = t
		}
	}
	return most
}
