package tflite

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// operators returns the names of all builtin operators but CUSTOM, sorted.
func operators() []string {
	var names []string
	for name := range schema.EnumValuesBuiltinOperator {
		if name != "CUSTOM" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestCodecsMatchTheOpSet demands that an operator's attributes are the same struct here and in package op.
func TestCodecsMatchTheOpSet(t *testing.T) {
	known := 0
	for _, name := range operators() {
		want, ok := op.Set.NewAttr(name)
		if !ok {
			continue
		}
		known++
		c, ok := codecs[name]
		if !ok {
			t.Errorf("%s has no codec", name)
			continue
		}
		var got ir.Attr
		if c.decode != nil {
			got = c.decode(defaults(c.first, c.second))
		}
		if reflect.TypeOf(got) != reflect.TypeOf(want) {
			t.Errorf("%s is decoded to %T, the op set has %T", name, got, want)
		}
	}
	for name := range codecs {
		if _, ok := schema.EnumValuesBuiltinOperator[name]; !ok {
			t.Errorf("there is a codec for %s, which the schema does not have", name)
		}
	}
	t.Logf("%d operators of the op set", known)
}

// TestAttributesComeBack gives every field of every attribute struct a value of its own.
func TestAttributesComeBack(t *testing.T) {
	for _, name := range operators() {
		c, ok := codecs[name]
		if !ok || c.decode == nil {
			continue
		}
		attr := c.decode(defaults(c.first, c.second))
		rv := reflect.ValueOf(attr).Elem()
		for i := range rv.NumField() {
			fill(rv.Field(i), i)
		}
		first, second, err := encodeOptions(name, attr, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, extra, err := decodeOptions(name, first, second)
		if diff := cmp.Diff(attr, got); err != nil || extra.Table != nil || diff != "" {
			t.Errorf("%s: %v, carried %v, attributes (-want +got):\n%s", name, err, extra, diff)
		}
	}
}

// fill sets f to a value that is neither zero nor another field's.
func fill(f reflect.Value, i int) {
	switch v := f.Addr().Interface().(type) {
	case *tensor.DType:
		*v = []tensor.DType{tensor.Int8, tensor.Int64}[i%2]
	case *int:
		*v = -(10 + i)
	case *[]int:
		*v = []int{i, math.MinInt32, math.MaxInt32}
	case *[]byte:
		*v = []byte{byte(i), 0}
	case *float32:
		*v = float32(i) + 0.1
	case *[]float32:
		*v = []float32{float32(i), 0.1}
	case *int64:
		*v = int64(i+1) << 40
	case *bool:
		*v = !*v
	case *string:
		*v = strings.Repeat("s", i+1)
	default:
		f.SetUint(1) // an enumeration
	}
}

func TestAbsentOptionsAreTheDefaults(t *testing.T) {
	for name, want := range map[string]ir.Attr{
		"CONV_2D": &op.Conv2D{DilationH: 1, DilationW: 1},
		"ADD":     &op.Arith{PotScaleInt16: true},
		"UNIQUE":  &op.Unique{IndexType: tensor.Int32},
		"RELU":    nil, "ABS": nil, "STABLEHLO_ADD": nil,
	} {
		got, extra, err := decodeOptions(name, nil, nil)
		if diff := cmp.Diff(want, got); err != nil || extra.Table != nil || diff != "" {
			t.Errorf("%s: %v, attributes (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestOptionsOfAnotherOperator(t *testing.T) {
	foreign := &schema.BuiltinOptionsT{Type: schema.BuiltinOptionsGatherOptions, Value: &schema.GatherOptionsT{Axis: 3}}
	if _, _, err := decodeOptions("CONV_2D", foreign, nil); err == nil || err.Error() != "has options of type *schema.GatherOptionsT, wants *schema.Conv2DOptionsT" {
		t.Errorf("CONV_2D: error %v", err)
	}
	// Runtimes don't look at the options of an operator that has none; they are carried along.
	attr, extra, err := decodeOptions("RELU", foreign, nil)
	if err != nil || attr != nil || extra.Table != foreign.Value {
		t.Errorf("RELU: %v, %v, %v", attr, extra, err)
	}
	if first, _, err := encodeOptions("RELU", nil, extra); err != nil || first.Value != foreign.Value {
		t.Errorf("RELU: written as %v, %v", first, err)
	}
}

func TestEncodeRefusesAttributes(t *testing.T) {
	for _, c := range []struct {
		op   string
		attr ir.Attr
		want string
	}{
		{"CONV_2D", &op.Gather{}, "has attributes of type *op.Gather, wants *op.Conv2D"},
		{"CONV_2D", nil, "has attributes of type <nil>, wants *op.Conv2D"},
		{"CONV_2D", (*op.Conv2D)(nil), "has attributes of type *op.Conv2D, wants *op.Conv2D"},
		{"CONV_2D", &op.Conv2D{StrideH: 1 << 31}, "StrideH 2147483648 does not fit into 32 bits"},
		{"RESHAPE", &op.Reshape{NewShape: []int{1, 1 << 40}}, "NewShape: 1099511627776 at position 1 does not fit into 32 bits"},
		{"RELU", &op.Gather{}, "has attributes of type *op.Gather, wants none"},
		{"STABLEHLO_ADD", &op.Gather{}, "has attributes of type *op.Gather, which the file format has no place for"},
		{"STABLEHLO_ADD", &Opaque{Options{&op.Gather{}}}, "has options of type *op.Gather, which are no operator's"},
	} {
		if _, _, err := encodeOptions(c.op, c.attr, Options{}); err == nil || err.Error() != c.want {
			t.Errorf("%s with %+v: error %v, want %q", c.op, c.attr, err, c.want)
		}
	}
}

func TestOpaqueAttributesPrint(t *testing.T) {
	text, err := Options{&schema.StablehloTransposeOptionsT{Permutation: []int64{1, 0}}}.MarshalText()
	if want := `StablehloTransposeOptions{"permutation":[1,0]}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
}
