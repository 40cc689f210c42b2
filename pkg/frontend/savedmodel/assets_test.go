package savedmodel

import (
	"testing"
	"testing/fstest"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// TestAssets follows the variable in which models of TensorFlow 2 keep the name of an asset to the file.
func TestAssets(t *testing.T) {
	meta := &tfpb.MetaGraphDef{AssetFileDef: []tfpb.AssetFileDef{{TensorInfo: tfpb.TensorInfo{Name: "path:0"}, Filename: "words.txt"}}}
	meta.GraphDef.Node = []tfpb.NodeDef{
		{Name: "path", Op: "Placeholder"}, {Name: "Variable", Op: "VarHandleOp"}, {Name: "other", Op: "VarHandleOp"}, {Name: "value", Op: "Placeholder"},
		{Name: "set", Op: "AssignVariableOp", Input: []string{"Variable", "path"}}, {Name: "set2", Op: "AssignVariableOp", Input: []string{"other", "value"}},
	}
	v := &variables{meta: meta}
	name, err := v.value(&meta.GraphDef.Node[1])
	if err != nil || string(name.Data[12:]) != "words.txt" {
		t.Errorf("the variable holds %v, %v", name, err)
	}
	if name, err := v.value(&meta.GraphDef.Node[2]); err == nil {
		t.Errorf("the other variable holds %v", name)
	}
	fsys := fstest.MapFS{"assets/words.txt": {Data: []byte("red")}, "secret": {Data: []byte("x")}}
	if data, err := asset(fsys, meta, "words.txt"); err != nil || string(data) != "red" {
		t.Errorf("the asset is %q, %v", data, err)
	}
	meta.AssetFileDef[0].Filename = "../secret"
	for _, name := range []string{"words.txt", "../secret"} {
		if data, err := asset(fsys, meta, name); err == nil {
			t.Errorf("%s is %q", name, data)
		}
	}
}
