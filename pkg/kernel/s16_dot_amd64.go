//go:build amd64 && !purego

package kernel

// s16DotMost is the number of products of which a sum fits into 32 bits, in each of the variant's lanes.
const s16DotMost = 2048

// dots adds the products of the first elements of a row with the columns that start at at, to sums, and returns how many of the row these are.
func (r *s16Right[W]) dots(sums *[s16Block]int64, x []int16, at *[s16Block]int) int {
	whole := len(x) &^ 15
	if r.narrow == nil || !variants() || whole == 0 {
		return 0
	}
	var w [s16Block][]int8
	for j, first := range at {
		w[j] = r.narrow[first:][:whole]
	}
	for i := 0; i < whole; i += s16DotMost {
		s16Dot4AVX2(sums, &x[i], &w[0][i], &w[1][i], &w[2][i], &w[3][i], min(s16DotMost, whole-i))
	}
	return whole
}
