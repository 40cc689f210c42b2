//go:build !amd64 || purego

package kernel

// depthwisePlan is empty where there is no variant.
type depthwisePlan struct{}

func newDepthwisePlan(*F32DepthwiseSpec) depthwisePlan { return depthwisePlan{} }

func (d *F32Depthwise) row(out, in, blocks []float32, y int) { d.rowGeneric(out, in, blocks, y) }
