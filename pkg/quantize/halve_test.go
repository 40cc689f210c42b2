package quantize

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/kernel"
)

// What is halved a block at a time is what is halved at once, wherever the numbers beyond the range are.
func TestHalve(t *testing.T) {
	numbers := make([]float32, 2<<12+5)
	for i := range numbers {
		numbers[i] = float32(i)/7 - 300
	}
	inf := float32(math.Inf(1))
	numbers[0], numbers[1<<12-1], numbers[1<<12], numbers[len(numbers)-1] = 1e6, -1e6, inf, -inf
	for _, all := range []bool{false, true} {
		whole := append([]float32(nil), numbers...)
		whole[0], whole[1<<12-1] = maxHalf, -maxHalf
		clipped := 2
		if all {
			whole[1<<12], whole[len(whole)-1], clipped = maxHalf, -maxHalf, 4
		}
		want, got := make([]uint16, len(numbers)), make([]uint16, len(numbers))
		kernel.F32ToF16(want, whole)
		if n := halve(got, numbers, all); n != clipped {
			t.Errorf("all %v: %d are clipped, want %d", all, n, clipped)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("all %v (-want +got):\n%s", all, diff)
		}
	}
}
