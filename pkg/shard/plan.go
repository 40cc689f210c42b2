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
