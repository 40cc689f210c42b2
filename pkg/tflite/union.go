package tflite

import (
	"reflect"
	"sync"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/octetlite/octet/pkg/tflite/schema"
)

// member is a member of one of the two unions of options.
type member struct {
	first  schema.BuiltinOptions
	second schema.BuiltinOptions2
}

// unionMembers returns which member of which union an options object is, by the object's type.
var unionMembers = sync.OnceValue(func() map[reflect.Type]member {
	members := map[reflect.Type]member{}
	for first := range schema.EnumNamesBuiltinOptions {
		if o := defaults(first, 0); o != nil {
			members[reflect.TypeOf(o)] = member{first: first}
		}
	}
	for second := range schema.EnumNamesBuiltinOptions2 {
		if o := defaults(0, second); o != nil {
			members[reflect.TypeOf(o)] = member{second: second}
		}
	}
	return members
})

// unpackOptions fills the two unions of options, and nothing else.
func unpackOptions(o *schema.Operator, t *schema.OperatorT) {
	var table flatbuffers.Table
	if o.BuiltinOptions(&table) {
		t.BuiltinOptions = o.BuiltinOptionsType().UnPack(table)
	}
	if o.BuiltinOptions2(&table) {
		t.BuiltinOptions2 = o.BuiltinOptions2Type().UnPack(table)
	}
}
