package tfpb

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// AttrKind says which member of an AttrValue is set, by the member's field number.
type AttrKind uint8

// The kinds of attributes. One that was never set is AttrNone.
const (
	AttrNone AttrKind = iota
	AttrList
	AttrS
	AttrI
	AttrF
	AttrB
	AttrType
	AttrShape
	AttrTensor
	AttrPlaceholder
	AttrFunc
)

// AttrValue is the value of an attribute. Only the field of its kind is set.
type AttrValue struct {
	Kind        AttrKind
	B           bool
	F           float32
	Type        DataType
	I           int64
	S           []byte
	List        *ListValue
	Shape       *TensorShapeProto
	Tensor      *TensorProto
	Func        *NameAttrList
	Placeholder string // in a function's body: the name of the function's attribute that has the value
}

func (a *AttrValue) field(f field) error {
	if f.number < 1 || f.number > protowire.Number(AttrFunc) {
		return nil
	}
	kind := AttrKind(f.number)
	if a.Kind != kind {
		*a = AttrValue{Kind: kind}
	}
	switch kind {
	case AttrList:
		return one(f, "list", &a.List)
	case AttrS:
		return f.raw("s", &a.S)
	case AttrI:
		return integer(f, "i", &a.I)
	case AttrF:
		return f.float("f", &a.F)
	case AttrB:
		return f.boolean("b", &a.B)
	case AttrType:
		return integer(f, "type", &a.Type)
	case AttrShape:
		return one(f, "shape", &a.Shape)
	case AttrTensor:
		return one(f, "tensor", &a.Tensor)
	case AttrPlaceholder:
		return f.text("placeholder", &a.Placeholder)
	case AttrFunc:
		return one(f, "func", &a.Func)
	case AttrNone:
	}
	return nil
}

// ListValue is a list of values of one kind: at most one field has elements.
type ListValue struct {
	S      [][]byte
	I      []int64
	F      []float32
	B      []bool
	Type   []DataType
	Shape  []TensorShapeProto
	Tensor []TensorProto
	Func   []NameAttrList
}

func (l *ListValue) field(f field) error {
	switch f.number {
	case 2:
		s, err := grow(f.d, &l.S)
		if err != nil {
			return err
		}
		return f.raw("s", s)
	case 3:
		return addIntegers(f, "i", &l.I)
	case 4:
		return f.scalars("f", protowire.Fixed32Type, func(v uint64) error {
			x, err := grow(f.d, &l.F)
			if err != nil {
				return err
			}
			*x = math.Float32frombits(uint32(v))
			return nil
		})
	case 5:
		return f.scalars("b", protowire.VarintType, func(v uint64) error {
			x, err := grow(f.d, &l.B)
			if err != nil {
				return err
			}
			*x = v != 0
			return nil
		})
	case 6:
		return addIntegers(f, "type", &l.Type)
	case 7:
		return add(f, "shape", &l.Shape)
	case 8:
		return add(f, "tensor", &l.Tensor)
	case 9:
		return add(f, "func", &l.Func)
	}
	return nil
}

// NameAttrList is a function and the values of its attributes.
type NameAttrList struct {
	Name string
	Attr Map[AttrValue]
}

func (l *NameAttrList) field(f field) error {
	switch f.number {
	case 1:
		return f.text("name", &l.Name)
	case 2:
		return put(f, "attr", &l.Attr)
	}
	return nil
}
