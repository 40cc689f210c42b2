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
	switch 1000*columns + 100*stride + outputs {
	case 3112:
		depthwise3s1n12AVX512(call)
	case 3111:
		depthwise3s1n11AVX512(call)
	case 3110:
		depthwise3s1n10AVX512(call)
	case 3109:
		depthwise3s1n9AVX512(call)
	case 3108:
		depthwise3s1n8AVX512(call)
	case 3107:
		depthwise3s1n7AVX512(call)
	case 3106:
		depthwise3s1n6AVX512(call)
	case 3105:
		depthwise3s1n5AVX512(call)
	case 3104:
		depthwise3s1n4AVX512(call)
	case 3212:
		depthwise3s2n12AVX512(call)
	case 3211:
		depthwise3s2n11AVX512(call)
	case 3210:
		depthwise3s2n10AVX512(call)
	case 3209:
		depthwise3s2n9AVX512(call)
	case 3208:
		depthwise3s2n8AVX512(call)
	case 3207:
		depthwise3s2n7AVX512(call)
	case 3206:
		depthwise3s2n6AVX512(call)
	case 3205:
		depthwise3s2n5AVX512(call)
	case 3204:
		depthwise3s2n4AVX512(call)
	case 5110:
		depthwise5s1n10AVX512(call)
	case 5109:
		depthwise5s1n9AVX512(call)
	case 5108:
		depthwise5s1n8AVX512(call)
	case 5107:
		depthwise5s1n7AVX512(call)
	case 5106:
		depthwise5s1n6AVX512(call)
	case 5105:
		depthwise5s1n5AVX512(call)
	case 5104:
		depthwise5s1n4AVX512(call)
	case 5210:
		depthwise5s2n10AVX512(call)
	case 5209:
		depthwise5s2n9AVX512(call)
	case 5208:
		depthwise5s2n8AVX512(call)
	case 5207:
		depthwise5s2n7AVX512(call)
	case 5206:
		depthwise5s2n6AVX512(call)
	case 5205:
		depthwise5s2n5AVX512(call)
	case 5204:
		depthwise5s2n4AVX512(call)
	case 7108:
		depthwise7s1n8AVX512(call)
	case 7107:
		depthwise7s1n7AVX512(call)
	case 7106:
		depthwise7s1n6AVX512(call)
	case 7105:
		depthwise7s1n5AVX512(call)
	case 7104:
		depthwise7s1n4AVX512(call)
	case 7208:
		depthwise7s2n8AVX512(call)
	case 7207:
		depthwise7s2n7AVX512(call)
	case 7206:
		depthwise7s2n6AVX512(call)
	case 7205:
		depthwise7s2n5AVX512(call)
	case 7204:
		depthwise7s2n4AVX512(call)
	}
}
