package ir

import (
	"encoding"
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// attributes reads "{stride_h=2, …}", if it comes next, into the operator's struct.
func (p *parser) attributes(n *Node) error {
	attr, known := p.set.NewAttr(n.Op)
	n.Attr = attr
	if !p.accept("{") {
		return nil
	}
	if !known {
		return fmt.Errorf("has attributes, and the operator is not known")
	}
	fields := map[string]reflect.Value{}
	if rv := reflect.ValueOf(attr); rv.Kind() == reflect.Pointer && rv.Elem().Kind() == reflect.Struct {
		for i := range rv.Elem().NumField() {
			fields[snake(rv.Elem().Type().Field(i).Name)] = rv.Elem().Field(i)
		}
	}
	for first := true; !p.accept("}"); first = false {
		if !first {
			if err := p.expect(","); err != nil {
				return err
			}
		}
		name := p.word()
		f, ok := fields[name]
		if !ok {
			return fmt.Errorf("has no attribute %q", name)
		}
		if err := p.expect("="); err != nil {
			return err
		}
		if err := p.attribute(f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// attribute reads one value into f, the inverse of the function of that name that prints.
func (p *parser) attribute(f reflect.Value) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](f.Addr()); ok {
		return u.UnmarshalText([]byte(p.raw(",}]")))
	}
	var err error
	switch f.Kind() {
	case reflect.String:
		var s string
		s, err = p.quoted()
		f.SetString(s)
		return err
	case reflect.Slice:
		if f.Type().Elem() == reflect.TypeFor[byte]() {
			digits, ok := strings.CutPrefix(p.raw(",}"), "x")
			bytes, err := hex.DecodeString(digits)
			if !ok || err != nil {
				return fmt.Errorf("want x and hexadecimal digits")
			}
			f.SetBytes(bytes)
			return nil
		}
		if err := p.expect("["); err != nil {
			return err
		}
		for !p.accept("]") {
			e := reflect.New(f.Type().Elem()).Elem()
			if err := p.attribute(e); err != nil {
				return err
			}
			f.Set(reflect.Append(f, e))
		}
		return nil
	}
	text := p.raw(",}]")
	switch {
	case f.Kind() == reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text)
		f.SetBool(b)
	case f.CanInt():
		var i int64
		i, err = strconv.ParseInt(text, 10, f.Type().Bits())
		f.SetInt(i)
	case f.CanUint():
		var u uint64
		u, err = strconv.ParseUint(text, 10, f.Type().Bits())
		f.SetUint(u)
	case f.CanFloat():
		var x float64
		x, err = strconv.ParseFloat(text, f.Type().Bits())
		f.SetFloat(x)
	default:
		err = fmt.Errorf("attributes of type %v can't be read", f.Type())
	}
	return err
}
