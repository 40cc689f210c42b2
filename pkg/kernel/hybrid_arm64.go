//go:build arm64 && !purego

package kernel

import "unsafe"

// hybridAddRowsAsm is hybridAddAsm for rows, outRow and sumsRow elements apart, each with a hybridAffine.
func hybridAddRowsAsm(out *float32, outRow int, sums *int32, sumsRow, rows int, weights *int32, scale *float32, n int, affine *byte) {
	for i, a := range unsafe.Slice((*hybridAffine)(unsafe.Pointer(affine)), rows) {
		hybridAddAsm(behind(out, i*outRow), behind(sums, i*sumsRow), weights, scale, n, a.zero, a.scale)
	}
}

// hybridScaleRowsAsm is hybridScaleAsm for rows, outRow and sumsRow elements apart.
func hybridScaleRowsAsm(out *float32, outRow int, sums *int32, sumsRow, rows int, weights *int32, scale *float32, n int, bias *float32, zero int32, by float32) {
	for i := range rows {
		hybridScaleAsm(behind(out, i*outRow), behind(sums, i*sumsRow), weights, scale, bias, n, zero, by)
	}
}

// behind is the place n elements behind one.
func behind[T float32 | int32](p *T, n int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(p), n*int(unsafe.Sizeof(*p))))
}
