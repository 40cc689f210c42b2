//go:build arm64 && !purego

package kernel

// spread says where a block's inputs and outputs lie in a pixel, in bytes, how many inputs are loaded and outputs stored, and which byte of the inputs each
// byte of the outputs takes.
type spread struct {
	in, out     int
	load, store int
	take        [4 * channelBlock]uint8
}

// newSpread returns the spread of as many outputs as there are elements to take, which ascend.
func newSpread(in, out int, takes []int) spread {
	s := spread{in: in, out: out, load: takes[len(takes)-1] + 1, store: len(takes)}
	for j, i := range takes {
		for b := range 4 {
			s.take[4*j+b] = uint8(4*i + b)
		}
	}
	return s
}
