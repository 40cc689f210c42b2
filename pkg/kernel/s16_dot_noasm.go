//go:build !amd64 || purego

package kernel

func (*s16Right[W]) dots(*[s16Block]int64, []int16, *[s16Block]int) int { return 0 }
