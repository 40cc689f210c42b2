package ir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// declare reads a value's name and type, and what else is known of it.
func (p *parser) declare(v *Value) error {
	if p.made[v] {
		return errors.New("the value is declared twice")
	}
	p.made[v] = true
	var err error
	if v.Name, err = p.quoted(); err != nil {
		return err
	}
	text, err := p.bracketed()
	if err != nil {
		return err
	}
	if v.Type, err = parseType(text); err != nil {
		return err
	}
	if p.accept("as") {
		if text, err = p.bracketed(); err != nil {
			return err
		}
		if v.Advertised, err = tensor.ParseShape(text); err != nil {
			return err
		}
	}
	if p.accept("q(") {
		if v.Quant, err = p.params(); err != nil {
			return fmt.Errorf("q: %w", err)
		}
	}
	if p.accept("range(") {
		ends, err := p.numbers(')')
		if err != nil || len(ends) != 2 {
			return fmt.Errorf("range: want two numbers, have %q", ends)
		}
		v.Range = &quant.Range{}
		for i, end := range []*float32{&v.Range.Min, &v.Range.Max} {
			if *end, err = parseFloat(ends[i]); err != nil {
				return fmt.Errorf("range: %w", err)
			}
		}
	}
	return nil
}

// parseType reads "f32[1,?]" or "f32[*]".
func parseType(text string) (t Type, err error) {
	name, dims, _ := strings.Cut(text, "[")
	if t.DType, err = tensor.ParseDType(name); err != nil {
		return t, err
	}
	if dims == "*]" {
		t.Unranked = true
		return t, nil
	}
	t.Shape, err = tensor.ParseShape(text[len(name):])
	return t, err
}

func parseFloat(text string) (float32, error) {
	f, err := strconv.ParseFloat(text, 32)
	return float32(f), err
}

// params reads the rest of "q(scales; zeros; axis)".
func (p *parser) params() (*quant.Params, error) {
	scales, err := p.numbers(';')
	if err != nil {
		return nil, err
	}
	zeros, err := p.numbers(';')
	if err != nil {
		return nil, err
	}
	axis, err := p.numbers(')')
	if err != nil || len(axis) != 1 {
		return nil, fmt.Errorf("want one axis, have %q", axis)
	}
	q := &quant.Params{}
	if q.Axis, err = strconv.Atoi(axis[0]); err != nil {
		return nil, err
	}
	for _, text := range scales {
		s, err := parseFloat(text)
		if err != nil {
			return nil, err
		}
		q.Scale = append(q.Scale, s)
	}
	for _, text := range zeros {
		z, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		q.Zero = append(q.Zero, z)
	}
	return q, nil
}

// splatLimit is the number of bytes up to which "splat" is read, since a few letters can ask for any number.
const splatLimit = 64 << 20

// content reads a constant's content.
func (p *parser) content(v *Value) error {
	n := v.Type.Shape.Elements()
	if !v.Type.Static() || !parsable(v.Type.DType) {
		return fmt.Errorf("%v can't be a constant in text", v.Type)
	}
	var list []string
	switch {
	case p.keyword("splat"):
		element, err := encodeElement(v.Type.DType, p.raw(""))
		if err != nil {
			return err
		}
		if n < 0 || n > splatLimit/len(element) {
			return fmt.Errorf("%v is too large for a splat", v.Type)
		}
		v.Const = tensor.New(v.Type.DType, v.Type.Shape)
		for i := range n {
			copy(v.Const.Data[i*len(element):], element)
		}
		return nil
	case p.accept("["):
		var err error
		if list, err = p.numbers(']'); err != nil {
			return err
		}
	default:
		return fmt.Errorf("the content of %v is not in the text, but only %s", v.Type, p.here())
	}
	if len(list) != n {
		return fmt.Errorf("%v has %d elements in the text", v.Type, len(list))
	}
	v.Const = tensor.New(v.Type.DType, v.Type.Shape)
	for i, text := range list {
		element, err := encodeElement(v.Type.DType, text)
		if err != nil {
			return err
		}
		copy(v.Const.Data[i*len(element):], element)
	}
	return nil
}

// encodeElement returns the little-endian bytes of one element.
func encodeElement(d tensor.DType, text string) (bytes []byte, err error) {
	var v uint64
	switch d {
	case tensor.Float32:
		var f float32
		f, err = parseFloat(text)
		v = uint64(math.Float32bits(f))
	case tensor.Float64:
		var f float64
		f, err = strconv.ParseFloat(text, 64)
		v = math.Float64bits(f)
	case tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64:
		var i int64
		i, err = strconv.ParseInt(text, 10, d.Bits())
		v = uint64(i)
	case tensor.Bool:
		v, err = strconv.ParseUint(text, 10, 1)
	default:
		v, err = strconv.ParseUint(text, 10, d.Bits())
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", d, err)
	}
	return binary.LittleEndian.AppendUint64(nil, v)[:d.Size()], nil
}
