package convert

import (
	"errors"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

func TestQuantizable(t *testing.T) {
	hybrid := testmodel.Conv()
	for _, v := range hybrid.Graphs[0].Values {
		if v.Name == "fc/w" {
			v.Type.DType = tensor.Int8
			v.Const = tensor.New(tensor.Int8, v.Type.Shape)
			v.Quant = &quant.Params{Scale: []float32{1}, Zero: []int64{0}}
		}
	}
	for _, tt := range []struct {
		name  string
		model *ir.Model
		want  error
	}{
		{"float", testmodel.Conv(), nil},
		{"int8", quantized(t, quantize.Int8IO), ErrQuantized},
		{"int8 between floats", quantized(t, quantize.Float32IO), ErrQuantized},
		{"int8 weights", hybrid, ErrHybrid},
		{"integers", integers(), ErrNoFloat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Quantizable(&Float{Source: "m", Model: tt.model})
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if err != nil && KindOf(err) != Refused {
				t.Errorf("kind %q, want %q", KindOf(err), Refused)
			}
		})
	}
}

// quantized returns the convolution model as the pipeline quantizes it.
func quantized(t *testing.T, io quantize.IOType) *ir.Model {
	t.Helper()
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load(Source{Name: "conv", Data: data}, true)
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := f.Inputs("")
	if err != nil {
		t.Fatal(err)
	}
	files := store.NewOverlay(store.NewMemory())
	manifest, err := dataset.Build(t.Context(), "random:normal?samples=4", inputs, files)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := dataset.Open(t.Context(), manifest, files)
	if err != nil {
		t.Fatal(err)
	}
	defer samples.Close()
	opt := Options{Scheme: Int8, Quantize: quantize.Options{IO: io}}
	stats, err := Calibrate(t.Context(), f, opt, manifest, &Pool{Workers: 1, Samples: samples}, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Finish(f, opt, stats)
	if err != nil {
		t.Fatal(err)
	}
	m, err := tflite.Decode(res.Model.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// integers is a model that adds an int32 to itself.
func integers() *ir.Model {
	i32 := ir.Type{DType: tensor.Int32, Shape: tensor.Shape{1}}
	x, y := &ir.Value{Name: "x", Type: i32}, &ir.Value{Name: "y", Type: i32}
	g := &ir.Graph{Name: "main", Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}, Values: []*ir.Value{x, y}}
	g.Nodes = []*ir.Node{{Op: "ADD", Attr: &op.Arith{}, Inputs: []*ir.Value{x, x}, Outputs: g.Outputs}}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}
