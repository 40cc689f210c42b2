//go:build amd64 && !purego

package kernel

// firstLanes starts with the mask of channelBlock lanes; that of n lanes starts n before its middle.
var firstLanes = [2 * channelBlock]int32{-1, -1, -1, -1, -1, -1, -1, -1}

// sumLines stores the sums of lines of n elements, each as F32Sum adds up.
func sumLines(sums []float64, x []float32, n int) {
	if !useAVX2 || n == 0 || len(sums) == 0 {
		sumLinesGeneric(sums, x, n)
		return
	}
	_ = x[n*len(sums)-1]
	sumLinesAVX2(&sums[0], &x[0], n, len(sums), &firstLanes[channelBlock-n%channelBlock])
}
