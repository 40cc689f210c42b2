package tflite

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"runtime"
	"testing"
	"weak"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// spliced encodes with contents from a size on spliced in, and compares what the file gives in its several ways with the flatbuffer that the builder makes alone.
func spliced(t rapid.TB, m *ir.Model, large int) {
	t.Helper()
	want, err := encode(m, flatbufferLimit, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(want.parts); n > 1 && m.Trailer == nil {
		t.Fatalf("%d parts", n)
	}
	got, err := encode(m, flatbufferLimit, large)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("contents from %d bytes on: the file differs", large)
	}
	var written bytes.Buffer
	if n, err := got.WriteTo(&written); err != nil || n != got.Size() || !bytes.Equal(written.Bytes(), want.Bytes()) {
		t.Errorf("contents from %d bytes on: %d of %d bytes are written, or others (%v)", large, n, got.Size(), err)
	}
}

func TestSplicingChangesNothing(t *testing.T) {
	custom := testmodel.Case{Name: "custom", Build: withCustom}
	for _, c := range append(testmodel.All(), custom) {
		t.Run(c.Name, func(t *testing.T) {
			for _, large := range []int{1, 20, 500} {
				spliced(t, c.Build(), large)
			}
		})
	}
}

func TestSplicingOfRandomSizes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := testmodel.Conv()
		for i, n := range rapid.SliceOf(rapid.IntRange(0, 100)).Draw(rt, "constants") {
			data := bytes.Repeat([]byte{byte(i + 1)}, n)
			m.Graphs[0].AddConst(fmt.Sprint("constant ", i), &tensor.Tensor{DType: tensor.UInt8, Shape: tensor.Shape{n}, Data: data})
		}
		for i, n := range rapid.SliceOf(rapid.IntRange(0, 100)).Draw(rt, "metadata") {
			m.Metadata = append(m.Metadata, ir.Metadata{Name: fmt.Sprint("metadata ", i), Data: bytes.Repeat([]byte{byte(i + 1)}, n)})
		}
		spliced(rt, m, rapid.IntRange(0, 110).Draw(rt, "large"))
	})
}

// Large constants are neither copied, nor is there a copy of all of them.
func TestFilesShareConstants(t *testing.T) {
	const elements = 1 << 20
	m := testmodel.Conv()
	weights := m.Graphs[0].AddConst("weights", tensor.New(tensor.Float32, tensor.Shape{elements}))
	f, err := NewFile(m)
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, part := range f.parts {
		if &part[0] != &weights.Const.Data[0] {
			own += len(part)
		}
	}
	if int64(own+4*elements) != f.Size() || own > 1<<16 {
		t.Errorf("%d of %d bytes are not those of the constant", own, f.Size())
	}
}

// A file that was joined has the same bytes, and holds the constants of its model, which keep theirs.
func TestJoin(t *testing.T) {
	for _, c := range testmodel.All() {
		m, same := c.Build(), c.Build()
		f, err := encode(m, flatbufferLimit, 20)
		if err != nil {
			t.Fatal(err)
		}
		want := f.Bytes()
		split := len(f.parts) > 1
		all := f.Join(m)
		if !bytes.Equal(all, want) || !bytes.Equal(f.Bytes(), want) || f.Size() != int64(len(want)) || len(f.parts) != 1 {
			t.Errorf("%s: the file differs", c.Name)
		}
		inside := 0
		for g, graph := range m.Graphs {
			for i, v := range graph.Values {
				if v.Const == nil {
					continue
				}
				if !bytes.Equal(v.Const.Data, same.Graphs[g].Values[i].Const.Data) {
					t.Errorf("%s: %q has changed", c.Name, v.Name)
				}
				if tensor.Overlap(v.Const.Data, all) {
					inside++
					if v.Const.Own || cap(v.Const.Data) != len(v.Const.Data) {
						t.Errorf("%s: %q may write into the file", c.Name, v.Name)
					}
				}
			}
		}
		if split && inside == 0 {
			t.Errorf("%s: no constant lies in the file", c.Name)
		}
	}
}

// Nothing of a model whose file was joined keeps the file that the model was read from, be it ever so small.
func TestJoinLetsGoOfTheSource(t *testing.T) {
	build := func() *ir.Model {
		m := withCustom()
		g := testmodel.Conv().Graphs[0]
		m.Graphs = append(m.Graphs, g)
		m.Metadata = []ir.Metadata{{Name: "small", Data: []byte("metadata")}, {Name: "large", Data: bytes.Repeat([]byte("metadata"), 100)}}
		m.Trailer = []byte("trailer")
		for _, n := range g.Nodes {
			if a, ok := n.Attr.(*op.FullyConnected); ok {
				a.QuantSpec = []byte("opaque")
			}
			n.Carry = &ir.Carry{Data: &NodeCarry{CustomOptions: []byte("options")}}
		}
		return m
	}
	source := mustEncode(t, build())
	gone := weak.Make(&source[0])
	m := mustDecode(t, source)
	want := bytes.Clone(source)
	source = nil // else it would be there by this variable
	if runtime.GC(); gone.Value() == nil {
		t.Fatal("what is decoded does not share memory with the file: the test tests nothing")
	}
	f, err := encode(m, flatbufferLimit, 20)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.parts) < 3 {
		t.Fatalf("the file has %d parts", len(f.parts))
	}
	all := f.Join(m)
	if !bytes.Equal(all, want) || !bytes.Equal(mustEncode(t, m), want) {
		t.Error("the file differs")
	}
	if runtime.GC(); gone.Value() != nil {
		t.Error("the file that the model was read from is still there")
	}
	runtime.KeepAlive(m)
}

// Memory that only constants of the model have is given back as they move, and no other is.
func TestJoinGivesMemoryBack(t *testing.T) {
	const size = 1 << 20
	for _, c := range []struct {
		name string
		add  func(g *ir.Graph, w *tensor.Tensor)
		free bool
	}{
		{"owned", func(_ *ir.Graph, w *tensor.Tensor) { w.Own = true }, true},
		{"foreign", func(*ir.Graph, *tensor.Tensor) {}, false},
		{"twice", func(g *ir.Graph, w *tensor.Tensor) {
			w.Own = true
			g.AddConst("again", &tensor.Tensor{DType: w.DType, Shape: tensor.Shape{2, size / 2}, Data: w.Data, Own: true})
		}, true},
		{"shared with others", func(g *ir.Graph, w *tensor.Tensor) {
			w.Own = true
			g.AddConst("again", &tensor.Tensor{DType: w.DType, Shape: w.Shape, Data: w.Data})
		}, false},
		{"its end is another", func(g *ir.Graph, w *tensor.Tensor) {
			w.Own = true
			g.AddConst("end", &tensor.Tensor{DType: w.DType, Shape: tensor.Shape{size / 2}, Data: w.Data[size/2:], Own: true})
		}, false},
		{"its start is another", func(g *ir.Graph, w *tensor.Tensor) {
			w.Own = true
			g.AddConst("start", &tensor.Tensor{DType: w.DType, Shape: tensor.Shape{size / 2}, Data: w.Data[: size/2 : size/2], Own: true})
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := testmodel.Conv()
			g := m.Graphs[0]
			w := tensor.New(tensor.Int8, tensor.Shape{size})
			for i := range w.Data {
				w.Data[i] = 7
			}
			g.AddConst("weights", w)
			c.add(g, w)
			memory, want := w.Data, bytes.Clone(w.Data)
			f, err := NewFile(m)
			if err != nil {
				t.Fatal(err)
			}
			before := bytes.Clone(f.Bytes())
			if all := f.Join(m); !bytes.Equal(all, before) || !bytes.Equal(w.Data, want) {
				t.Error("the file differs, or the constant")
			}
			const page = 1 << 16 // or more
			inner := memory[page : size-page]
			cut := runtime.GOMAXPROCS(0) * os.Getpagesize() // where goroutines share a page, each leaves it to the other
			if left := bytes.Count(inner, []byte{7}); left != len(inner) && !c.free || left > cut && c.free && runtime.GOOS == "linux" {
				t.Errorf("%d of %d bytes are left where the constant was", left, len(inner))
			}
		})
	}
}

func TestEqual(t *testing.T) {
	m := testmodel.Conv()
	f, err := encode(m, flatbufferLimit, 20)
	if err != nil {
		t.Fatal(err)
	}
	same := f.Bytes()
	if len(f.parts) < 3 || !f.Equal(same) {
		t.Errorf("the file of %d parts is not its own bytes", len(f.parts))
	}
	if f.Equal(same[:len(same)-1]) || f.Equal(append(bytes.Clone(same), 0)) {
		t.Error("files of other sizes are equal")
	}
	for i := range same {
		same[i] ^= 1
		if f.Equal(same) {
			t.Errorf("byte %d makes no difference", i)
		}
		same[i] ^= 1
	}
}

// BenchmarkNewFile measures what it takes to make a file of 64 MB of weights that nobody wants in one piece.
func BenchmarkNewFile(b *testing.B) {
	m := testmodel.Conv()
	for i := range 64 {
		m.Graphs[0].AddConst(fmt.Sprint("weights ", i), tensor.New(tensor.Float32, tensor.Shape{1 << 18}))
	}
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewFile(m); err != nil {
			b.Fatal(err)
		}
	}
}
