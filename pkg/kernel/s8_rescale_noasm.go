//go:build (!amd64 && !arm64) || purego

package kernel

// s8Lanes is what variants need.
type s8Lanes struct{}

func newS8Lanes(*S8Result) *s8Lanes { return nil }

func (*s8Lanes) within(func(int) int64) {}

func (*s8Lanes) rows(*S8Result, []int8, int, []int32, int, int, int, int) bool { return false }
