package keras

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestFirstFormOfSequential reads what Keras before 2.2.3 wrote: a list of layers in the place of a configuration.
func TestFirstFormOfSequential(t *testing.T) {
	c, err := decodeConfig([]byte(`{"class_name": "Sequential", "config": [
		{"class_name": "Embedding", "config": {"name": "words", "batch_input_shape": [null, 3]}},
		{"class_name": "GRU", "config": {"name": "gru_1", "units": 4}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	l := (&importer{}).instance(c)
	if layers := l.config.list("layers"); len(layers) != 2 || config(layers[1].(map[string]any)).text("class_name", "") != "GRU" {
		t.Errorf("layers are %v", l.config)
	}
	if typ := inputType((&importer{}).instance(c)); !typ.Shape.Equal(tensor.Shape{-1, 3}) {
		t.Errorf("the input is %v", typ)
	}
}

// TestGRUsFirstForm tells the forms of the cell apart where a file does not: Keras 2 began with the reset before the product, Keras 3 knows both.
func TestGRUsFirstForm(t *testing.T) {
	for keras2, after := range map[bool]bool{true: false, false: true} {
		c := &Context{im: &importer{keras2: keras2}, layer: &instance{class: "GRU"}, Config: config{"units": json.Number("4")}}
		if got := newCell(c, "gru_cell").(*gruCell).after; got != after {
			t.Errorf("of Keras 2 %v: reset after %v", keras2, got)
		}
	}
}

// TestOpenSizes leaves sizes open in layers that change them.
func TestOpenSizes(t *testing.T) {
	tests := []struct{ class, config, in, out, ops string }{
		{"Cropping1D", `{"cropping": [1, 2]}`, "f32[?,?,3]", "f32[?,?,3]", "STRIDED_SLICE"},
		{"Cropping2D", `{"cropping": [[1, 0], [0, 0]]}`, "f32[1,?,6,3]", "f32[1,?,6,3]", "STRIDED_SLICE"},
		{"Cropping2D", `{"cropping": [[1, 0], [0, 2]]}`, "f32[?,5,6,3]", "f32[?,4,4,3]", "SLICE"},
		{"UpSampling1D", `{"size": 2}`, "f32[1,?,3]", "f32[1,?,3]", "RESHAPE TILE RESHAPE"},
		{"UpSampling2D", `{"size": [2, 3]}`, "f32[?,?,?,3]", "f32[?,?,?,3]", "SHAPE SLICE MUL RESIZE_NEAREST_NEIGHBOR"},
		{"UpSampling2D", `{"size": [2, 3]}`, "f32[?,4,5,3]", "f32[?,8,15,3]", "RESIZE_NEAREST_NEIGHBOR"},
		{"Reshape", `{"target_shape": [-1, 4]}`, "f32[1,?,?,8]", "f32[1,?,4]", "RESHAPE"},
		{"Flatten", `{}`, "f32[1,?,8]", "f32[1,?]", "RESHAPE"},
	}
	for _, test := range tests {
		t.Run(test.class+" of "+test.in, func(t *testing.T) {
			var shape tensor.Shape
			for d := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(test.in, "f32["), "]"), ",") {
				n, err := strconv.Atoi(d)
				if err != nil {
					n = -1
				}
				shape = append(shape, n)
			}
			c, err := decodeConfig([]byte(test.config))
			if err != nil {
				t.Fatal(err)
			}
			m := &ir.Model{}
			b := build.New(m, "main")
			x := b.Input("x", ir.Type{DType: tensor.Float32, Shape: shape})
			layer := Context{Builder: b, im: &importer{b: b}, layer: &instance{class: test.class, rule: Layers[test.class]}, Config: c, Args: []any{x}, name: "y"}
			y := Layers[test.class].Call(&layer).(*ir.Value)
			if got := y.Type.String(); got != test.out {
				t.Errorf("becomes %s, want %s", got, test.out)
			}
			m.Graphs[0].Outputs = []*ir.Value{y}
			m.Signatures = []*ir.Signature{{Key: Signature, Inputs: []ir.Port{{Name: "x", Value: x}}, Outputs: []ir.Port{{Name: "y", Value: y}}}}
			if err := pass.Settle(m, pass.Import); err != nil {
				t.Fatal(err)
			}
			var ops []string
			for _, n := range m.Graphs[0].Nodes {
				ops = append(ops, n.Op)
			}
			if got := strings.Join(ops, " "); got != test.ops {
				t.Errorf("by %s, want %s", got, test.ops)
			}
		})
	}
}

// TestNameOfSequentialsInput calls the input as Keras 2 does, which makes a layer of its own for it.
func TestNameOfSequentialsInput(t *testing.T) {
	c, err := decodeConfig([]byte(`{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "dense_1", "batch_input_shape": [null, 3]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for keras2, want := range map[bool]string{true: "dense_1_input", false: "dense_1"} {
		b := build.New(&ir.Model{}, "main")
		im := &importer{b: b, keras2: keras2, opt: Options{Shapes: map[string]tensor.Shape{want: {1, 3}}}}
		in := im.inputs(im.container(im.instance(c), &store{b: b}))
		if len(in) != 1 || in[0].name != want || !in[0].typ.Shape.Equal(tensor.Shape{1, 3}) {
			t.Errorf("of Keras 2 %v: the input is %v, want %s", keras2, in, want)
		}
	}
}
