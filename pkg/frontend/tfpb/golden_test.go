package tfpb_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// messages are the files in testdata that TensorFlow's protobuf classes have read, and how we do.
var messages = []struct {
	file   string
	decode func([]byte) (any, error)
}{
	{"module.saved_model.pb", savedModel},
	{"tf1.saved_model.pb", savedModel},
	{"module.object_graph.pb", func(b []byte) (any, error) { return tfpb.DecodeTrackableObjectGraph(b) }},
	{"attributes.graph.pb", func(b []byte) (any, error) { return tfpb.DecodeGraphDef(b) }},
}

func savedModel(b []byte) (any, error) { return tfpb.DecodeSavedModel(b) }

// skipped are the fields that are not decoded, and those of tensors, which TestTensors compares.
var skipped = map[string]bool{
	"MetaInfoDef.MetaGraphVersion": true, "MetaInfoDef.TensorflowGitVersion": true,
	"SaverDef.MaxToKeep": true, "SaverDef.Sharded": true, "SaverDef.KeepCheckpointEveryNHours": true, "SaverDef.Version": true,
	"FunctionDef.ArgAttr": true, "FunctionDef.ResourceArgUniqueId": true,
	"OpDef.Description": true, "OpDef.Summary": true, "ArgDef.Description": true, "ArgDef.HandleData": true,
	"SavedFunction.FunctionSpec":                        true,
	"SavedConcreteFunction.CanonicalizedInputSignature": true, "SavedConcreteFunction.OutputSignature": true,
	"SavedBareConcreteFunction.FunctionSpec": true, "SavedObject.SaveableObjects": true, "SavedObject.Dependencies": true, "SavedObject.RegisteredName": true, "SavedUserObject.Version": true,
	"SavedVariable.Synchronization": true, "SavedVariable.Aggregation": true, "TrackableObject.HasCheckpointValues": true,
	"TrackableObject.RegisteredSaver": true, "TrackableObject.SlotVariables": true,
	"TensorProto.TensorContent": true, "TensorProto.FloatVal": true, "TensorProto.IntVal": true, "TensorProto.StringVal": true,
	"TensorProto.Int64Val": true, "TensorProto.BoolVal": true,
}

func TestTensorFlowsMessages(t *testing.T) {
	for _, m := range messages {
		got, err := m.decode(read(t, m.file))
		if err != nil {
			t.Errorf("%s: %v", m.file, err)
			continue
		}
		var want any
		d := json.NewDecoder(bytes.NewReader(read(t, m.file+".json")))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		compare(t, m.file, reflect.ValueOf(got), want)
	}
}

// compare reports differences between a message and the fields that TensorFlow's classes say are set.
func compare(t *testing.T, place string, got reflect.Value, want any) {
	t.Helper()
	kind := got.Kind()
	switch {
	case kind == reflect.Pointer && got.IsNil():
		if want != nil {
			t.Errorf("%s: is missing, want %v", place, want)
		}
	case kind == reflect.Pointer:
		compare(t, place, got.Elem(), want)
	case got.Type() == reflect.TypeFor[[]byte](), kind == reflect.String:
		text, _ := want.(string)
		if plain, err := base64.StdEncoding.DecodeString(text); err != nil || string(plain) != asString(got) {
			t.Errorf("%s: %q, want %q %v", place, asString(got), plain, err)
		}
	case kind == reflect.Slice:
		list, _ := want.([]any)
		if len(list) != got.Len() {
			t.Errorf("%s: %d elements, want %d", place, got.Len(), len(list))
			return
		}
		for i, w := range list {
			compare(t, fmt.Sprintf("%s[%d]", place, i), got.Index(i), w)
		}
	case kind == reflect.Struct && strings.HasPrefix(got.Type().Name(), "Map["):
		entries := got.FieldByName("Entries")
		list, _ := want.([]any)
		if len(list) != entries.Len() {
			t.Errorf("%s: %d entries, want %d", place, entries.Len(), len(list))
			return
		}
		for i := range entries.Len() {
			e := entries.Index(i)
			key := base64.StdEncoding.EncodeToString([]byte(e.FieldByName("Key").String()))
			at := slices.IndexFunc(list, func(w any) bool { return w.(map[string]any)["Key"] == key })
			if at < 0 {
				t.Errorf("%s: unexpected key %q", place, e.FieldByName("Key"))
				continue
			}
			compare(t, fmt.Sprintf("%s[%s]", place, e.FieldByName("Key")), e.FieldByName("Value"), list[at].(map[string]any)["Value"])
		}
	case kind == reflect.Struct:
		fields, _ := want.(map[string]any)
		compareFields(t, place, got, fields)
	default:
		if w := number(want); number(scalar(got)) != w {
			t.Errorf("%s: %v, want %v", place, got, w)
		}
	}
}

func compareFields(t *testing.T, place string, got reflect.Value, want map[string]any) {
	t.Helper()
	known := map[string]bool{}
	for i := range got.NumField() {
		f := got.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		w := want[f.Name]
		switch {
		case f.Name == "Kind" || f.Name == "Encoding":
			w = want["Oneof"]
			known["Oneof"] = true
		case f.Name == "Dim" && w != nil:
			var sizes []any
			for _, d := range w.([]any) {
				sizes = append(sizes, d.(map[string]any)["Size"])
			}
			w = sizes
		}
		known[f.Name] = true
		compare(t, place+"."+f.Name, got.Field(i), w)
	}
	for name := range want {
		if field := got.Type().Name() + "." + name; !known[name] && !skipped[field] {
			t.Errorf("%s: %s is not decoded", place, field)
		}
	}
}

func asString(v reflect.Value) string {
	if v.Kind() == reflect.String {
		return v.String()
	}
	return string(v.Bytes())
}

// scalar returns a number as the expected values have it: floats by their bits.
func scalar(v reflect.Value) any {
	if v.Kind() == reflect.Float32 {
		return math.Float32bits(float32(v.Float()))
	}
	return v.Interface()
}

func number(v any) string {
	s := fmt.Sprint(v)
	if i := reflect.ValueOf(v); v != nil && (i.CanInt() || i.CanUint()) {
		if i.CanInt() {
			s = fmt.Sprint(i.Int())
		} else {
			s = fmt.Sprint(i.Uint())
		}
	}
	if v == nil || s == "0" || s == "false" {
		return "0"
	}
	return s
}

func read(t testing.TB, name string) []byte {
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
