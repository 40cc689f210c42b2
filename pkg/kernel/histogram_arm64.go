//go:build arm64 && !purego

package kernel

// countEntry is a count in two parts.
type countEntry = [2]uint32

// maxHeld is how many counts fit into a part.
const maxHeld = 1<<32 - 1

func allBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) {
	binsAsm(dst, x, n, scale, found)
}

func otherBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) (left int) {
	return otherBinsAsm(dst, x, n, scale, found)
}
