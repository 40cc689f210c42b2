package quantize_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// randomGraphs calls each with the random graphs of testdata/fuzz.
func randomGraphs(t *testing.T, each func(seed string, content []byte)) (count int) {
	t.Helper()
	file, err := os.Open("testdata/fuzz/graphs.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(plain); ; count++ {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		each(header.Name, content)
	}
}

// TestDefaultMeetsKernels makes sure, on the random graphs, that what the default rules make is what LiteRT's int8 kernels take: no operator with both float and
// int8 tensors, one set of parameters where the kernel only copies or compares, the fixed ones where it has them, and symmetric weights.
func TestDefaultMeetsKernels(t *testing.T) {
	integer := 0
	randomGraphs(t, func(seed string, content []byte) {
		m, err := tflite.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		q, _, err := quantize.Run(m, carried(m), quantize.Options{})
		if err != nil {
			t.Fatalf("%s: %v", seed, err)
		}
		if err := ir.Verify(q, op.Set); err != nil {
			t.Errorf("%s: %v", seed, err)
		}
		for _, g := range q.Graphs {
			for i, n := range g.Nodes {
				if n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" {
					continue
				}
				if why := meetsKernel(n); why != "" {
					t.Errorf("%s: node %d %s: %s", seed, i, n.Op, why)
				}
				if len(n.Outputs) > 0 && n.Outputs[0].Quant != nil {
					integer++
				}
			}
		}
	})
	if integer < 10000 {
		t.Errorf("only %d integer operators in all graphs", integer)
	}
}

// meetsKernel says what LiteRT's kernel would not like about a node, or nothing.
func meetsKernel(n *ir.Node) string {
	var floats, quantized []*ir.Value
	for _, v := range append(append([]*ir.Value{}, n.Inputs...), n.Outputs...) {
		switch {
		case v == nil:
		case v.Quant != nil:
			quantized = append(quantized, v)
		case v.Type.DType == tensor.Float32:
			floats = append(floats, v)
		}
	}
	rule := op.RuleOf(n.Op)
	switch {
	case len(quantized) == 0:
		return ""
	case len(floats) > 0:
		return "float and quantized tensors"
	case rule.LiteRT == op.Float:
		return "has no int8 kernel"
	}
	switch rule.LiteRT {
	case op.SameScale:
		for _, v := range quantized[1:] {
			if !v.Quant.Equal(quantized[0].Quant) {
				return "operands and results have different parameters"
			}
		}
	case op.Fixed:
		if q := n.Outputs[0].Quant; q.Scale[0] != rule.Scale || q.Zero[0] != rule.Zero {
			return "the result does not have its fixed parameters"
		}
	case op.Free, op.Float:
	}
	if w := rule.Weight; w != nil {
		if v := n.Input(w.Input); v.Const != nil {
			for _, z := range v.Quant.Zero {
				if z != 0 {
					return "weights with a zero point"
				}
			}
			if v.Quant.PerAxis() && v.Quant.Axis != w.Axis {
				return "weights with scales along the wrong axis"
			}
		}
	}
	if b := rule.Bias; b != nil && n.Input(b.Input) != nil && n.Input(b.Input).Type.DType != tensor.Int32 {
		return "a bias that is not int32"
	}
	return ""
}

// TestWideMeetsKernels does the same for int16 activations.
func TestWideMeetsKernels(t *testing.T) {
	integer := 0
	randomGraphs(t, func(seed string, content []byte) {
		m, err := tflite.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		q, _, err := quantize.Run(m, carried(m), quantize.Options{Scheme: quantize.Int16x8})
		if err != nil {
			t.Fatalf("%s: %v", seed, err)
		}
		if err := ir.Verify(q, op.Set); err != nil {
			t.Errorf("%s: %v", seed, err)
		}
		for _, g := range q.Graphs {
			for i, n := range g.Nodes {
				if n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" {
					continue
				}
				if why := meetsWideKernel(n); why != "" {
					t.Errorf("%s: node %d %s: %s", seed, i, n.Op, why)
				}
				if len(n.Outputs) > 0 && n.Outputs[0].Quant != nil {
					integer++
				}
			}
		}
	})
	if integer < 5000 {
		t.Errorf("only %d integer operators in all graphs", integer)
	}
}

// meetsWideKernel says what LiteRT's int16 kernel would not like about a node, or nothing.
func meetsWideKernel(n *ir.Node) string {
	rule := op.WideOf(n.Op)
	var quantized []*ir.Value
	floats := 0
	for i, v := range append(append([]*ir.Value{}, n.Inputs...), n.Outputs...) {
		switch {
		case v == nil:
		case v.Quant == nil && v.Type.DType == tensor.Float32:
			floats++
		case v.Quant == nil:
		case i < len(n.Inputs) && rule.Weight != nil && i == rule.Weight.Input && v.Const != nil:
			if v.Type.DType != tensor.Int8 {
				return "weights that are not int8"
			}
		case i < len(n.Inputs) && rule.Bias > 0 && i == rule.Bias:
			if v.Type.DType != tensor.Int64 {
				return "a bias that is not int64"
			}
		case v.Type.DType != tensor.Int16 || v.Quant.PerAxis() || v.Quant.Zero[0] != 0 || v.Quant.Scale[0] <= 0:
			return "an activation that is not int16 around 0"
		default:
			quantized = append(quantized, v)
		}
	}
	switch {
	case len(quantized) == 0:
		return ""
	case floats > 0:
		return "float and quantized tensors"
	case rule.Kind == op.Float || rule.TFLite:
		return "has no int16 kernel"
	case rule.Kind == op.SameScale:
		for _, v := range quantized[1:] {
			if !v.Quant.Equal(quantized[0].Quant) {
				return "operands and results have different parameters"
			}
		}
	case rule.Kind == op.Fixed && n.Outputs[0].Quant.Scale[0] != 1.0/32768:
		return "the result does not have its fixed scale"
	}
	return ""
}

// TestSchemesAreSound makes each scheme of each random graph.
func TestSchemesAreSound(t *testing.T) {
	count := 0
	randomGraphs(t, func(seed string, content []byte) {
		if count++; count%10 != 0 {
			return
		}
		m, err := tflite.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		for _, opt := range allSchemes {
			q, report, err := quantize.Run(m, carried(m), opt)
			if err != nil {
				t.Fatalf("%s: %+v: %v", seed, opt, err)
			}
			if err := ir.Verify(q, op.Set); err != nil {
				t.Errorf("%s: %+v: %v", seed, opt, err)
			}
			if asked := len(opt.KeepFloat) > 0; asked && len(report.Float) == 0 && report.Operators > 0 {
				t.Errorf("%s: %+v: nothing stays float", seed, opt)
			}
		}
	})
}
