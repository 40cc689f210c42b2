//go:build arm64 && !purego

package kernel

import "unsafe"

// hybridScaleRowsAsm is hybridScaleAsm for rows, outRow and sumsRow elements apart.
func hybridScaleRowsAsm(out *float32, outRow int, sums *int32, sumsRow, rows int, weights *int32, scale, bias *float32, n int, zero int32, by float32) {
	for i := range rows {
		to, from := unsafe.Pointer(out), unsafe.Pointer(sums)
		hybridScaleAsm((*float32)(unsafe.Add(to, i*outRow*int(unsafe.Sizeof(*out)))), (*int32)(unsafe.Add(from, i*sumsRow*int(unsafe.Sizeof(*sums)))), weights, scale, bias, n, zero, by)
	}
}
