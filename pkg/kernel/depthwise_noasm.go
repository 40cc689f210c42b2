//go:build !amd64 || purego

package kernel

// depthwisePlan is empty where there is no variant.
type depthwisePlan struct{}

func newDepthwisePlan(*F32DepthwiseSpec) depthwisePlan { return depthwisePlan{} }

func (d *F32Depthwise) image(out, in, blocks []float32, scan *F32Scan) {
	d.imageGeneric(out, in, blocks, scan)
}
