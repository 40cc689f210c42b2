//go:build (amd64 || arm64) && !purego

package kernel

const (
	countStep  = 16   // the number of elements whose bins are found in a step
	countEach  = 8    // the number of bins that are counted in a step
	countRun   = 1024 // how many bins are found before they are counted
	countLeast = 256  // how many elements are worth emptying the table
)

// countTable holds counts that are not yet in a histogram.
type countTable struct {
	counts []countEntry // of bins from -MaxBins to MaxBins-1, and of one that is never read
	bins   []int32      // countRun of them, and as many as a variant may write behind them
	held   int          // how many counts are in it
}

// countEntry is a count in two parts.
type countEntry = [2]uint32

// maxHeld keeps the parts of a count from passing their 32 bits.
const maxHeld = 1 << 31

// add counts finite numbers of which lo is the least, and for which h has bins, and returns how many of them: from the first.
func (t *countTable) add(h *F32Histogram, x []float32, lo float32) int {
	n := len(x) &^ (countStep - 1)
	if !variants() || n < countLeast {
		return 0
	}
	if t.counts == nil {
		t.counts = make([]countEntry, 2*MaxBins+1)
		t.bins = make([]int32, countRun+countEach)
	}
	if t.held+n > maxHeld {
		t.empty(h)
	}
	scale := float32(power(-h.Exp))
	sparse := lo == 0 // what a limit at 0 lets pass is mostly zeros
	for at := 0; at < n; at += countRun {
		run := min(countRun, n-at)
		left := run
		if sparse {
			left = otherBinsAsm(&t.bins[0], &x[at], run, scale)
			h.Counts[-h.First] += uint64(run - left)
			sparse = 4*left < 3*run // else they cost more than they save
			for ; left%countEach != 0; left++ {
				t.bins[left] = MaxBins
			}
		} else {
			binsAsm(&t.bins[0], &x[at], run, scale)
		}
		if left > 0 {
			countAsm(&t.counts[MaxBins], &t.bins[0], left)
		}
	}
	t.held += n
	return n
}

// empty moves all counts to h, which has bins for them.
func (t *countTable) empty(h *F32Histogram) {
	if t.held == 0 {
		return
	}
	t.held = 0
	entries := t.counts[MaxBins+h.First:][:len(h.Counts)]
	n := len(entries) &^ 3
	if n > 0 {
		emptyTableAsm(&h.Counts[0], &entries[0], n)
	}
	for i := n; i < len(entries); i++ {
		h.Counts[i] += uint64(entries[i][0]) + uint64(entries[i][1])
		entries[i] = countEntry{}
	}
}
