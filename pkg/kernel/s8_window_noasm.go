//go:build (!amd64 && !arm64) || purego

package kernel

// s8Limits are what variants need of limits.
type s8Limits struct{}

func newS8Limits(_, _ int32) (l s8Limits) { return l }

func s8PoolPixel(poolMode, []int8, []int8, int, *poolWindow, *s8Limits) bool { return false }

func s8SumLines([]int32, []int8, int, int) int { return 0 }

func s8BilinearPixel([]int8, *[4][]int8, *[4]int32) bool { return false }
