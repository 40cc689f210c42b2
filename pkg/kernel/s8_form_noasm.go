//go:build (!amd64 && !arm64) || purego

package kernel

// s8FormNow returns the form in which operands are prepared.
func s8FormNow() *s8Form { return &s8Words }

func (f *s8Form) copy(dst []byte, dstStep int, src []int8, srcStep, n, lines int) {
	copyLines(dst, dstStep, view[byte](src), srcStep, n, lines)
}

func (*s8Form) totals([]int32, []byte, int, int, int32) {}

func (*s8Right) tiles([]int32, []byte, int, int, int, []int32) {}
