//go:build (!amd64 && !arm64) || purego

package kernel

// depthwisePlan is empty where there is no variant.
type depthwisePlan struct{}

func newDepthwisePlan(*F32DepthwiseSpec) depthwisePlan { return depthwisePlan{} }

func (d *F32Depthwise) rows(out, in *band, blocks []float32, from, to int, scan *F32Scan) {
	d.rowsGeneric(out, in, blocks, from, to, scan)
}
