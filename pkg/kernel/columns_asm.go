//go:build (amd64 || arm64) && !purego

package kernel

// vectorColumns makes columns of the first lines and of their first elements, and returns how many these are.
func vectorColumns(dst []float32, dstStep int, src []float32, srcStep, n, lines int) (done, whole int) {
	const block, size = 8, 4
	done, whole = lines&^(block-1), n&^(block-1)
	if !variants() || done == 0 || whole == 0 {
		return 0, n
	}
	_, _ = dst[(whole-1)*dstStep+done-1], src[(done-1)*srcStep+whole-1]
	for j := 0; j < done; j += block {
		columnsAsm(&dst[j], size*dstStep, &src[j*srcStep], size*srcStep, whole/block)
	}
	return done, whole
}
