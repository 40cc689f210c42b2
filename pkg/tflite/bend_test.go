package tflite

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// TestBentModels changes one number somewhere in the object tree of a sound model, or drops or doubles an entry of a list, over and over. What
// Decode accepts has to survive writing and reading, and nothing that the file says may get lost; what it refuses, it refuses with an error.
func TestBentModels(t *testing.T) {
	cases := append(testmodel.All(), testmodel.Case{Name: "custom", Build: withCustom})
	accepted, refused := 0, 0
	for _, c := range cases {
		data := mustEncode(t, c.Build())
		r := rand.New(rand.NewSource(1))
		for i := range 400 {
			m := schema.GetRootAsModel(bytes.Clone(data), 0).UnPack()
			var places []place
			collect(reflect.ValueOf(m), "", &places)
			p := places[r.Intn(len(places))]
			what := p.bend(r)
			name := fmt.Sprintf("%s, change %d: %s%s", c.Name, i, p.path, what)
			first, err := Decode(file(m))
			if err != nil {
				refused++
				continue
			}
			accepted++
			written, err := Encode(first)
			if err != nil {
				t.Errorf("%s: Encode refuses what Decode made: %v", name, err)
				continue
			}
			second, err := Decode(written)
			if err != nil {
				t.Errorf("%s: Decode refuses what Encode made: %v", name, err)
				continue
			}
			for _, flaw := range compareFiles(file(m), written) {
				t.Errorf("%s: %s", name, flaw)
			}
			if !reflect.DeepEqual(first, second) {
				t.Errorf("%s: the model changes when written and read again", name)
			}
		}
	}
	if accepted < 500 || refused < 500 {
		t.Errorf("%d models were accepted and %d refused: the changes are too mild, or too harsh", accepted, refused)
	}
}

// place is a number or a list in an object tree.
type place struct {
	path  string
	value reflect.Value
}

// collect lists the places of a tree.
func collect(v reflect.Value, path string, out *[]place) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			collect(v.Elem(), path, out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			collect(v.Field(i), path+"."+v.Type().Field(i).Name, out)
		}
	case reflect.Slice:
		*out = append(*out, place{path, v})
		for i := range min(v.Len(), 30) {
			collect(v.Index(i), fmt.Sprintf("%s[%d]", path, i), out)
		}
	case reflect.String:
	default:
		// The type of a union has to fit its value, or the generated code can't write it.
		if v.CanSet() && v.Type() != reflect.TypeFor[schema.BuiltinOptions]() && v.Type() != reflect.TypeFor[schema.BuiltinOptions2]() {
			*out = append(*out, place{path, v})
		}
	}
}

// bend changes the place and says how.
func (p place) bend(r *rand.Rand) string {
	v := p.value
	edges := []int64{0, 1, 2, -1, -2, 3, 7, 100, math.MaxInt8, math.MaxInt16, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64}
	edge := edges[r.Intn(len(edges))]
	switch {
	case v.Kind() == reflect.Slice && v.Len() > 0 && r.Intn(2) == 0:
		n := r.Intn(v.Len())
		v.Set(v.Slice(0, n))
		return fmt.Sprintf(" cut to %d", n)
	case v.Kind() == reflect.Slice && v.Len() > 0:
		n := r.Intn(v.Len())
		v.Set(reflect.Append(v, v.Index(n)))
		return fmt.Sprintf(" with entry %d again", n)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		return " with an empty entry"
	case v.CanInt():
		v.SetInt(edge)
	case v.CanUint():
		v.SetUint(uint64(edge))
	case v.CanFloat():
		v.SetFloat([]float64{0, -1, math.Inf(1), math.MaxFloat32}[r.Intn(4)])
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	}
	return fmt.Sprintf(" = %v", v)
}
