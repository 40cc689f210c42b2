package savedmodel

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/tensor"
)

// asset reads a file of the model's folder of assets.
func asset(fsys fs.FS, meta *tfpb.MetaGraphDef, name string) ([]byte, error) {
	if !slices.ContainsFunc(meta.AssetFileDef, func(a tfpb.AssetFileDef) bool { return a.Filename == name }) {
		return nil, fmt.Errorf("the model lists no asset %q", name)
	}
	path := "assets/" + name
	if !fs.ValidPath(path) {
		return nil, fmt.Errorf("the asset %q leads out of the model's folder", name)
	}
	return fs.ReadFile(fsys, path)
}

// assetName returns the content of a variable that holds the name of an asset, nil if it is none: such variables are assigned from the tensors that the model lists
// with its assets.
func assetName(meta *tfpb.MetaGraphDef, handle string) *tensor.Tensor {
	if len(meta.AssetFileDef) == 0 {
		return nil
	}
	for i := range meta.GraphDef.Node {
		n := &meta.GraphDef.Node[i]
		if n.Op != "AssignVariableOp" {
			continue
		}
		in := dataInputs(n)
		if len(in) < 2 || nodeOf(in[0]) != handle {
			continue
		}
		for _, a := range meta.AssetFileDef {
			if nodeOf(a.TensorInfo.Name) == nodeOf(in[1]) {
				return &tensor.Tensor{DType: tensor.String, Shape: tensor.Shape{}, Data: graphdef.Strings([][]byte{[]byte(a.Filename)})}
			}
		}
	}
	return nil
}
