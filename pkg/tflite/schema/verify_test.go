package schema

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	flatbuffers "github.com/google/flatbuffers/go"
)

// sample returns a model with a nested table, a union, vectors and strings.
func sample() *ModelT {
	return &ModelT{
		Version:       3,
		OperatorCodes: []*OperatorCodeT{{BuiltinCode: BuiltinOperatorSQUEEZE, Version: 1}},
		Subgraphs: []*SubGraphT{{
			Name: "main", Inputs: []int32{0}, Outputs: []int32{0}, DebugMetadataIndex: -1,
			Tensors: []*TensorT{{Name: "x", Shape: []int32{1, 2}, Quantization: &QuantizationParametersT{Scale: []float32{1}}}},
			Operators: []*OperatorT{{Inputs: []int32{0}, DebugMetadataIndex: -1, BuiltinOptions: &BuiltinOptionsT{
				Type: BuiltinOptionsSqueezeOptions, Value: &SqueezeOptionsT{SqueezeDims: []int32{1, 2, 3}},
			}}},
		}},
		Buffers: []*BufferT{{}, {Data: []byte("0123456789")}},
	}
}

func pack(m *ModelT) []byte {
	b := flatbuffers.NewBuilder(0)
	b.FinishWithFileIdentifier(m.Pack(b), []byte(ModelIdentifier))
	return b.FinishedBytes()
}

func TestVerifyFindsTheEnd(t *testing.T) {
	data := pack(sample())
	end, err := Verify(append(bytes.Clone(data), "trailing bytes"...))
	if err != nil {
		t.Fatal(err)
	}
	if pad := len(data) - end; pad < 0 || pad >= 16 || len(bytes.Trim(data[end:], "\x00")) > 0 {
		t.Errorf("the model's %d bytes end at %d", len(data), end)
	}
}

// TestVerifyGuardsUnPack changes every byte of a model, and cuts it everywhere: what Verify lets pass must unpack.
func TestVerifyGuardsUnPack(t *testing.T) {
	data := pack(sample())
	unpack := func(name string, pos int, data []byte) {
		defer func() {
			if r := recover(); r != nil {
				t.Fatalf("%s at byte %d: Verify passes, UnPack panics: %v", name, pos, r)
			}
		}()
		if _, err := Verify(data); err == nil {
			GetRootAsModel(data, 0).UnPack()
		}
	}
	for i := range data {
		unpack("cut", i, data[:i:i])
		for _, b := range []byte{0, 1, 4, 0x7f, 0x80, 0xff, data[i] + 1, data[i] - 1, data[i] ^ 0x20} {
			bad := bytes.Clone(data)
			bad[i] = b
			unpack("change", i, bad)
		}
	}
}

func TestVerifyNamesThePlace(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(*ModelT, []byte)
		want string
	}{
		{"string", func(m *ModelT, data []byte) { patch(data, "\x01\x00\x00\x00x\x00", 0x7fffffff) }, "subgraphs[0].tensors[0].name: 2147483647 bytes at"},
		{"vector", func(m *ModelT, data []byte) { patch(data, "\x0a\x00\x00\x000123", 0xffffffff) }, "buffers[1].data: 4294967295 bytes at"},
		{"union", func(m *ModelT, data []byte) {
			patch(data, "\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00", 1<<20)
		}, "subgraphs[0].operators[0].builtin_options.squeeze_dims: 4194304 bytes at"},
	} {
		data := pack(sample())
		c.bend(sample(), data)
		if _, err := Verify(data); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// patch writes v over the first four bytes of the only place where data holds what.
func patch(data []byte, what string, v uint32) {
	i := bytes.Index(data, []byte(what))
	if i < 0 || bytes.Count(data, []byte(what)) != 1 {
		panic("no such place")
	}
	binary.LittleEndian.PutUint32(data[i:], v)
}

// TestVerifyRefusesAmplification builds a file of 200 kB whose 100 subgraphs are one, with 20,000 tensors that are one.
func TestVerifyRefusesAmplification(t *testing.T) {
	b := flatbuffers.NewBuilder(0)
	tensor := (&TensorT{}).Pack(b)
	repeat := func(n int, of flatbuffers.UOffsetT) flatbuffers.UOffsetT {
		list := make([]flatbuffers.UOffsetT, n)
		for i := range list {
			list[i] = of
		}
		return b.CreateVectorOfTables(list)
	}
	tensors := repeat(20000, tensor)
	SubGraphStart(b)
	SubGraphAddTensors(b, tensors)
	graphs := repeat(100, SubGraphEnd(b))
	ModelStart(b)
	ModelAddSubgraphs(b, graphs)
	b.FinishWithFileIdentifier(ModelEnd(b), []byte(ModelIdentifier))
	if _, err := Verify(b.FinishedBytes()); err == nil || !strings.Contains(err.Error(), "too often") {
		t.Errorf("error %v, want a refusal", err)
	}
}

// TestLayoutEqualsObjects compares what was read off litert.fbs with the structs that flatc generated from it.
func TestLayoutEqualsObjects(t *testing.T) {
	seen := map[string]bool{}
	var compare func(l *table, typ reflect.Type)
	compare = func(l *table, typ reflect.Type) {
		if seen[l.name] {
			return
		}
		seen[l.name] = true
		if typ.Name() != l.name+"T" {
			t.Errorf("layout of %s stands where the objects have %s", l.name, typ.Name())
			return
		}
		i := 0
		for _, f := range l.fields {
			if f.kind == retired || f.kind == discriminator {
				continue
			}
			if i >= typ.NumField() {
				t.Errorf("%s.%s: the object has only %d fields", l.name, f.name, i)
				return
			}
			o := typ.Field(i)
			i++
			if !strings.EqualFold(strings.ReplaceAll(f.name, "_", ""), o.Name) {
				t.Errorf("%s.%s: the object's field is %s", l.name, f.name, o.Name)
			}
			good := false
			switch f.kind {
			case scalar:
				good = int(o.Type.Size()) == f.size && o.Type.Kind() != reflect.Pointer
			case text:
				good = o.Type.Kind() == reflect.String
			case scalars:
				good = o.Type.Kind() == reflect.Slice && int(o.Type.Elem().Size()) == f.size
			case single:
				good = o.Type.Kind() == reflect.Pointer
				compare(f.ref, o.Type.Elem())
			case tables:
				good = o.Type.Kind() == reflect.Slice && o.Type.Elem().Kind() == reflect.Pointer
				compare(f.ref, o.Type.Elem().Elem())
			case union:
				good = o.Type.Kind() == reflect.Pointer && o.Type.Elem().NumField() == 2
				for n, member := range f.members[1:] {
					compare(member, reflect.TypeOf(unionMember(o.Type.Elem(), n+1)).Elem())
				}
			}
			if !good {
				t.Errorf("%s.%s: kind %d of size %d, the object has %v", l.name, f.name, f.kind, f.size, o.Type)
			}
		}
		if i != typ.NumField() {
			t.Errorf("%s has %d fields, the object %d", l.name, i, typ.NumField())
		}
	}
	compare(layouts()["Model"], reflect.TypeFor[ModelT]())
	if len(seen) != len(layouts()) {
		t.Errorf("%d of %d tables can be reached from Model", len(seen), len(layouts()))
	}
}

// unionMember returns the object of member n of the union whose object type is typ.
func unionMember(typ reflect.Type, n int) any {
	empty := flatbuffers.Table{Bytes: []byte{4, 0, 4, 0, 4, 0, 0, 0}, Pos: 4}
	member := reflect.New(typ.Field(0).Type).Elem()
	member.SetUint(uint64(n))
	return member.MethodByName("UnPack").Call([]reflect.Value{reflect.ValueOf(empty)})[0].Elem().Field(1).Interface()
}

func FuzzVerify(f *testing.F) {
	f.Add(pack(sample()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Verify(data); err == nil {
			GetRootAsModel(data, 0).UnPack()
		}
	})
}
