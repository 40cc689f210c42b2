//go:build amd64 && !purego

package kernel

import "unsafe"

// stripPairs returns how many pairs of blocks of c channels are computed by AVX-512.
func stripPairs(c int) int {
	if !useAVX512 {
		return 0
	}
	return c / (2 * channelBlock)
}

// depthwisePairs is depthwiseStrips for pairs of blocks.
func depthwisePairs(columns, stride, outputs int, c *stripCall) {
	call := (*byte)(unsafe.Pointer(c))
	switch 100*columns + 10*stride + outputs {
	case 318:
		depthwise3s1n8AVX512(call)
	case 317:
		depthwise3s1n7AVX512(call)
	case 316:
		depthwise3s1n6AVX512(call)
	case 315:
		depthwise3s1n5AVX512(call)
	case 314:
		depthwise3s1n4AVX512(call)
	case 328:
		depthwise3s2n8AVX512(call)
	case 327:
		depthwise3s2n7AVX512(call)
	case 326:
		depthwise3s2n6AVX512(call)
	case 325:
		depthwise3s2n5AVX512(call)
	case 324:
		depthwise3s2n4AVX512(call)
	case 518:
		depthwise5s1n8AVX512(call)
	case 517:
		depthwise5s1n7AVX512(call)
	case 516:
		depthwise5s1n6AVX512(call)
	case 515:
		depthwise5s1n5AVX512(call)
	case 514:
		depthwise5s1n4AVX512(call)
	case 528:
		depthwise5s2n8AVX512(call)
	case 527:
		depthwise5s2n7AVX512(call)
	case 526:
		depthwise5s2n6AVX512(call)
	case 525:
		depthwise5s2n5AVX512(call)
	case 524:
		depthwise5s2n4AVX512(call)
	case 718:
		depthwise7s1n8AVX512(call)
	case 717:
		depthwise7s1n7AVX512(call)
	case 716:
		depthwise7s1n6AVX512(call)
	case 715:
		depthwise7s1n5AVX512(call)
	case 714:
		depthwise7s1n4AVX512(call)
	case 728:
		depthwise7s2n8AVX512(call)
	case 727:
		depthwise7s2n7AVX512(call)
	case 726:
		depthwise7s2n6AVX512(call)
	case 725:
		depthwise7s2n5AVX512(call)
	case 724:
		depthwise7s2n4AVX512(call)
	}
}
