package keras

import (
	"maps"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// heedPolicy says what becomes of a layer's policy of element types, and refuses weights that are stored in ways that no rule reads.
func (c *Context) heedPolicy() {
	for _, name := range policies(c.Config["dtype"]) {
		mode, _, quantized := strings.Cut(name, "_from_")
		switch {
		case !quantized:
			if slices.Contains([]string{"mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"}, name) {
				c.Note("the model computes in %s: the converted one computes in float32", strings.TrimPrefix(name, "mixed_"))
			}
		case mode != "int8":
			mode, _, _ = strings.Cut(mode, "/")
			build.Refuse("weights that Keras quantized to %s: save the model before that, and quantize it with --int8", mode)
		default:
			if _, hdf5 := c.weights.(*legacy); hdf5 {
				if !slices.Contains([]string{"Dense", "EinsumDense", "Embedding", "ReversibleEmbedding"}, c.layer.class) {
					build.Refuse("weights that Keras quantized, in an HDF5 file: save the model as .keras")
				}
				c.store.place.named = true // HDF5 files list what can be trained first, which int8 can't
			}
			if c.Config["lora_rank"] != nil || c.Config["quantization_config"] != nil && !plainInt8(c.Config.object("quantization_config")) {
				build.Refuse("weights that Keras quantized by options of its own")
			}
			c.Note("Keras quantized weights to int8, and their layers' inputs as the model runs: the converted model computes with these weights and float32 inputs")
		}
	}
}

// plainInt8 reports whether a configuration of the quantization changes nothing about how weights are stored.
func plainInt8(c config) bool {
	class := c.text("class_name", "")
	return class == "" || class == "Int8QuantizationConfig"
}

// policies returns the names of the policies that dtype holds: one, or those of a map.
func policies(dtype any) []string {
	switch x := dtype.(type) {
	case string:
		return []string{x}
	case map[string]any:
		inner := config(x).object("config")
		if mode := inner.text("mode", ""); mode != "" {
			return []string{mode + "_from_" + inner.text("source_name", "float32")}
		}
		if x["class_name"] == "DTypePolicyMap" {
			list := policies(inner["default_policy"])
			for _, key := range slices.Sorted(maps.Keys(inner.object("policy_map"))) {
				list = append(list, policies(inner.object("policy_map")[key])...)
			}
			return list
		}
		return []string{inner.text("name", "")}
	}
	return nil
}

// unscaled converts an int8 kernel to floats: Keras divides it by its scale, which is of a shape that broadcasts to it, once dims are its dimensions. Others stay.
func (c *Context) unscaled(s *store, kernel *ir.Value, name string, dims ...int) *ir.Value {
	if kernel.Type.DType != tensor.Int8 {
		return kernel
	}
	scale := s.Var(name)
	if scale.Type.Shape.Elements() != tensor.Shape(dims).Elements() {
		build.Damaged("weight %q is of shape %v, want %v", name, scale.Type.Shape, tensor.Shape(dims))
	}
	scale = c.Reshape(scale, build.Fixed(dims...)...)
	kernel = c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Int8, "DstT": tensor.Float32}, kernel)
	return c.div(kernel, scale)
}

// unscaledEinsum is unscaled for the second operand of an equation. Its scale has the result's axes that come from the kernel, in the result's order.
func (c *Context) unscaledEinsum(s *store, kernel *ir.Value, equation string) *ir.Value {
	if kernel.Type.DType != tensor.Int8 {
		return kernel
	}
	left, result, _ := strings.Cut(equation, "->")
	_, labels, _ := strings.Cut(left, ",")
	if len(labels) != len(kernel.Type.Shape) {
		build.Refuse("a kernel of int8 whose dimensions are %q", labels)
	}
	var dims, perm []int // of the scale; where each of the kernel's dimensions that it has is in it
	for _, label := range result {
		if i := strings.IndexRune(labels, label); i >= 0 {
			dims = append(dims, kernel.Type.Shape[i])
		}
	}
	wide := ones(len(labels))
	for i, label := range labels {
		at := strings.IndexRune(result, label)
		if at < 0 {
			continue
		}
		wide[i] = kernel.Type.Shape[i]
		k := 0
		for _, other := range result[:at] {
			if strings.ContainsRune(labels, other) {
				k++
			}
		}
		perm = append(perm, k)
	}
	scale := s.Var("kernel_scale")
	if scale.Type.Shape.Elements() != tensor.Shape(dims).Elements() {
		build.Damaged("weight %q is of shape %v, want %v", "kernel_scale", scale.Type.Shape, tensor.Shape(dims))
	}
	scale = c.transpose(c.Reshape(scale, build.Fixed(dims...)...), perm...)
	kernel = c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Int8, "DstT": tensor.Float32}, kernel)
	return c.div(kernel, c.Reshape(scale, build.Fixed(wide...)...))
}
