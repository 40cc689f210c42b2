// Package shard is the step in the middle of every conversion: which samples a shard covers, running a float model over them, and what comes
// out. It is the same for goroutines in one process and for workers of a cluster.
package shard

// Range is a shard's samples: the half-open interval [First, Last) of positions in the dataset.
type Range struct{ First, Last int }

// Len returns the number of samples.
func (r Range) Len() int { return r.Last - r.First }

// The plan aims at targetShards shards of at least minSamples samples each, of at most maxSamples.
const (
	targetShards = 256
	minSamples   = 4
	maxSamples   = 256
)

// Plan splits a dataset of the given number of samples into shards. It depends on nothing but that number, so that the same shards come out
// of any cluster, and their results can be told apart by position alone.
func Plan(samples int) []Range {
	size := min(max((samples+targetShards-1)/targetShards, minSamples), maxSamples)
	var plan []Range
	for first := 0; first < samples; first += size {
		plan = append(plan, Range{first, min(first+size, samples)})
	}
	return plan
}

// Pieces splits a dataset for so many goroutines of one process, which take the pieces in order: they get smaller towards the end, so that all goroutines finish at about the same time, and are
// no more than it takes. Each begins at a multiple of unit, the samples that are the steps of one run; 0 is 1. Statistics are the same for all pieces, which therefore need not be a plan's shards.
func Pieces(samples, unit, goroutines int) []Range {
	const each = 3 // a piece is one of so many equal parts of what each goroutine has left to do
	unit = max(unit, 1)
	var pieces []Range
	for first := 0; first < samples; {
		size := min(max((samples-first)/(each*max(goroutines, 1)), 1), maxSamples)
		last := min(first+(size+unit-1)/unit*unit, samples)
		pieces = append(pieces, Range{first, last})
		first = last
	}
	return pieces
}
