package ir

import (
	"crypto/sha256"
	"encoding"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/tensor"
)

// literalLimit is the number of elements up to which Print writes a constant's content. Longer ones are written as a splat if all
// elements are equal, else as a digest, which Parse refuses.
const literalLimit = 64

// Print writes m as text. Parse reads it back, but for constants too long to be written out, sparse ones, and what files have beside graphs: metadata, a
// description, operator versions, what a format carries along.
//
//	graph "main" {
//	  %0 = input "image" f32[1,4]
//	  %1 = const "w" f32[2,4] = [1 2 3 4 5 6 7 8]
//	  %2 "out" f32[1,2] = FULLY_CONNECTED(%0, %1, _) {activation=RELU}
//	  return %2
//	}
//	signature "serving_default" graph=0 inputs={"x"=%0} outputs={"y"=%2}
func Print(w io.Writer, m *Model) error {
	p := printer{w: w}
	for _, g := range m.Graphs {
		p.graph(g)
	}
	for _, s := range m.Signatures {
		index := m.Graphs[s.Graph].Index()
		p.f("signature %q graph=%d inputs=%s outputs=%s\n", s.Key, s.Graph, ports(s.Inputs, index), ports(s.Outputs, index))
	}
	return p.err
}

// String returns the text that Print writes.
func (m *Model) String() string {
	var b strings.Builder
	if err := Print(&b, m); err != nil {
		return err.Error()
	}
	return b.String()
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) graph(g *Graph) {
	index := g.Index()
	made := g.Producers()
	inputs := make(map[*Value]bool, len(g.Inputs))
	p.f("graph %q {\n", g.Name)
	for _, v := range g.Inputs {
		inputs[v] = true
		p.f("  %%%d = input %s\n", index[v], declaration(v))
	}
	for _, v := range g.Values {
		switch {
		case inputs[v] || made[v] != nil:
		case v.Const != nil:
			p.f("  %%%d = const %s = %s\n", index[v], declaration(v), literal(v))
		case v.Variable:
			p.f("  %%%d = variable %s\n", index[v], declaration(v))
		default:
			p.f("  %%%d = value %s\n", index[v], declaration(v))
		}
	}
	for _, n := range g.Nodes {
		var outs []string
		for _, v := range n.Outputs {
			outs = append(outs, fmt.Sprintf("%%%d %s", index[v], declaration(v)))
		}
		if outs != nil {
			p.f("  %s =", strings.Join(outs, ", "))
		} else {
			p.f(" ")
		}
		p.f(" %s(%s)%s", n.Op, refs(n.Inputs, index), attributes(n.Attr))
		if n.Intermediates != nil {
			p.f(" intermediates(%s)", refs(n.Intermediates, index))
		}
		if n.Mutates != nil {
			p.f(" mutates%v", n.Mutates)
		}
		p.f("\n")
	}
	p.f("  return %s\n}\n", refs(g.Outputs, index))
}

func refs(values []*Value, index map[*Value]int) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = "_"
		if v != nil {
			parts[i] = fmt.Sprintf("%%%d", index[v])
		}
	}
	return strings.Join(parts, ", ")
}

func ports(list []Port, index map[*Value]int) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = fmt.Sprintf("%q=%%%d", p.Name, index[p.Value])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// declaration writes a value's name and type, then what else is known of it.
func declaration(v *Value) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %v", v.Name, v.Type)
	if v.Advertised != nil {
		fmt.Fprintf(&b, " as%v", v.Advertised)
	}
	if q := v.Quant; q != nil {
		fmt.Fprintf(&b, " q(%s; %s; %d)", list(q.Scale), list(q.Zero), q.Axis)
	}
	if k := v.Blocks; k != nil {
		fmt.Fprintf(&b, " blocks(%d; %q)", k.Size, k.Scales.Name)
	}
	if r := v.Range; r != nil {
		fmt.Fprintf(&b, " range(%s %s)", number(r.Min), number(r.Max))
	}
	return b.String()
}

func list[T float32 | int64 | int](values []T) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = number(v)
	}
	return strings.Join(parts, " ")
}

func number(v any) string {
	switch v := v.(type) {
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

func literal(v *Value) string {
	c := v.Const
	size := c.DType.Size()
	n := c.Elements()
	if v.Sparsity == nil && size > 0 && n == len(c.Data)/size && parsable(c.DType) {
		if n > literalLimit && splat(c.Data, size) {
			return "splat " + element(c, 0)
		}
		if n <= literalLimit {
			parts := make([]string, n)
			for i := range parts {
				parts[i] = element(c, i)
			}
			return "[" + strings.Join(parts, " ") + "]"
		}
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(c.Data))
}

func splat(data []byte, size int) bool {
	for i := size; i < len(data); i++ {
		if data[i] != data[i-size] {
			return false
		}
	}
	return true
}

func parsable(d tensor.DType) bool {
	switch d {
	case tensor.Float32, tensor.Float64, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64,
		tensor.UInt8, tensor.UInt16, tensor.UInt32, tensor.UInt64, tensor.Bool:
		return true
	}
	return false
}

func element(t *tensor.Tensor, i int) string {
	var v uint64
	size := t.DType.Size()
	for j := range size {
		v |= uint64(t.Data[i*size+j]) << (8 * j)
	}
	switch t.DType {
	case tensor.Float32:
		return number(math.Float32frombits(uint32(v)))
	case tensor.Float64:
		return number(math.Float64frombits(v))
	case tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64:
		shift := 64 - 8*size
		return strconv.FormatInt(int64(v<<shift)>>shift, 10)
	}
	return strconv.FormatUint(v, 10)
}

// attributes writes the fields of an attribute struct that are not zero, in the struct's order.
func attributes(a Attr) string {
	rv := reflect.ValueOf(a)
	if !rv.IsValid() || rv.Kind() != reflect.Pointer || rv.IsNil() || rv.Elem().Kind() != reflect.Struct {
		return ""
	}
	rv = rv.Elem()
	var parts []string
	for i := range rv.NumField() {
		if f := rv.Field(i); !f.IsZero() {
			parts = append(parts, snake(rv.Type().Field(i).Name)+"="+attribute(f))
		}
	}
	if parts == nil {
		return ""
	}
	return " {" + strings.Join(parts, ", ") + "}"
}

func attribute(f reflect.Value) string {
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](f); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	switch f.Kind() {
	case reflect.String:
		return strconv.Quote(f.String())
	case reflect.Slice:
		if f.Type().Elem() == reflect.TypeFor[byte]() {
			return fmt.Sprintf("x%x", f.Bytes())
		}
		parts := make([]string, f.Len())
		for i := range parts {
			parts[i] = attribute(f.Index(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return number(f.Interface())
}

// snake turns a Go field name into the text form's: StrideH becomes stride_h.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
