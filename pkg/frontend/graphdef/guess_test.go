package graphdef_test

import (
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// TestInputsOfAnInputPipeline finds inputs that replace what a pipeline would deliver, and leaves options with constant defaults alone.
func TestInputsOfAnInputPipeline(t *testing.T) {
	g := &tfpb.GraphDef{Node: []tfpb.NodeDef{
		{Name: "handle", Op: "Placeholder"},
		{Name: "next", Op: "IteratorGetNext", Input: []string{"handle"}},
		{Name: "image", Op: "PlaceholderWithDefault", Input: []string{"next:1"}},
		{Name: "off", Op: "Const"},
		{Name: "training", Op: "PlaceholderWithDefault", Input: []string{"off"}},
		{Name: "gain", Op: "Placeholder"},
		{Name: "scaled", Op: "Mul", Input: []string{"image", "gain", "^training"}},
	}}
	if got, want := graphdef.GuessInputs(g, []string{"scaled"}), []string{"image", "gain"}; !slices.Equal(got, want) {
		t.Errorf("inputs are %q, want %q", got, want)
	}
}
