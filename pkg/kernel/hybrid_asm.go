//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// hybridColumns is the number of columns that a variant computes in a step.
const hybridColumns = 8

// hybridAddRows does what hybridRight.add does for the first of n columns, and returns how many these are.
func hybridAddRows(out []float32, outRow int, sums []int32, sumsRow, n int, weights []int32, scale []float32, rows []hybridAffine) int {
	n &^= hybridColumns - 1
	if !variants() || n == 0 || len(rows) == 0 {
		return 0
	}
	_, _, _, _ = out[(len(rows)-1)*outRow+n-1], sums[(len(rows)-1)*sumsRow+n-1], weights[n-1], scale[n-1]
	hybridAddRowsAsm(&out[0], outRow, &sums[0], sumsRow, len(rows), &weights[0], &scale[0], n, (*byte)(unsafe.Pointer(&rows[0])))
	return n
}

// hybridScaleRows does what hybridRight.scaled does for the first of n columns, and returns how many these are.
func hybridScaleRows(out []float32, outRow int, sums []int32, sumsRow, rows, n int, weights []int32, scale, bias []float32, a *hybridAffine) int {
	n &^= hybridColumns - 1
	if !variants() || n == 0 || rows == 0 {
		return 0
	}
	_, _, _, _, _ = out[(rows-1)*outRow+n-1], sums[(rows-1)*sumsRow+n-1], weights[n-1], scale[n-1], bias[n-1]
	hybridScaleRowsAsm(&out[0], outRow, &sums[0], sumsRow, rows, &weights[0], &scale[0], n, &bias[0], a.zero, a.scale)
	return n
}
