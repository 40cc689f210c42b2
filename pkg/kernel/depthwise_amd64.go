//go:build amd64 && !purego

package kernel

// spread says where a block's inputs and outputs lie in a pixel, in bytes, which elements of a vector of inputs are loaded, which of them each output takes,
// and which outputs are stored.
type spread struct {
	in, out           int
	load, take, store [channelBlock]int32
}

// newSpread returns the spread of as many outputs as there are elements to take.
func newSpread(in, out int, takes []int) spread {
	s := spread{in: in, out: out}
	for j, i := range takes {
		s.load[i], s.take[j], s.store[j] = -1, int32(i), -1
	}
	return s
}
