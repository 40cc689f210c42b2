//go:build (!amd64 && !arm64) || purego

package kernel

// s8DepthwisePlan is what variants need.
type s8DepthwisePlan struct{}

func (*S8Depthwise) newPlan() (*s8DepthwisePlan, error) { return nil, nil }

func (*s8DepthwisePlan) scratch(*S8DepthwiseSpec) int { return 0 }

func (d *S8Depthwise) image(out, in []int8, _ []int32) { d.imageGeneric(out, in) }
