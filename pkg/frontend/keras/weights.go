package keras

import (
	"encoding/binary"
	"fmt"
	"math"
	"path"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/reader/hdf5"
	"github.com/octetlite/octet/pkg/tensor"
)

// weights gives the variables of layers.
type weights interface {
	// find returns the next variable of the layer, or of the part of a layer, at a place; Keras calls it name.
	find(p *place, name string) (*hdf5.Dataset, error)
}

// place says which variables come next.
type place struct {
	path   string   // in an archive
	index  int      // of the next variable at the path
	layers []string // names of the layers, outermost first, without the model's
	order  int      // of the next variable in the layer with all its parts
	named  bool     // variables are found by their names, where there are no positions
}

// store is where a layer finds its variables: what it asks for, in the order in which Keras creates them. A layer that is called several times has one.
type store struct {
	b       *build.Builder
	weights weights
	place   place
	owner   *store // the layer whose part this is; itself for a layer
	parts   map[string]*store
	made    map[string]*ir.Value
	inner   map[string]*ir.Value     // the same in bodies of loops
	sources map[string]*hdf5.Dataset // what they were read from
	name    string                   // of the layer, in front of the variables'
}

// part returns the store of an object that the layer keeps under a name, such as the cell of an RNN.
func (s *store) part(name string) *store {
	if p := s.parts[name]; p != nil {
		return p
	}
	p := &store{b: s.b, weights: s.weights, place: place{path: path.Join(s.place.path, name), layers: s.place.layers}, name: s.name + "/" + name,
		parts: map[string]*store{}, made: map[string]*ir.Value{}, owner: s.owner}
	s.parts[name] = p
	return p
}

// Var returns the layer's next variable, or the same one again if the layer asked for that name before. It must have the given shape, in which -1 stands for any size.
func (s *store) Var(name string, shape ...int) *ir.Value {
	if v := s.made[name]; v != nil && v.Const != nil {
		return v
	} else if v != nil {
		return s.read(name)
	}
	at := s.place
	at.order = s.owner.place.order
	d, err := s.weights.find(&at, name)
	if err != nil {
		build.Damaged("weight %q: %w", name, err)
	}
	s.place.index++
	s.owner.place.order++
	got := d.Shape()
	ok := len(got) == len(shape)
	for i := 0; ok && i < len(shape); i++ {
		ok = shape[i] < 0 || got[i] == shape[i]
	}
	if !ok && shape != nil {
		build.Damaged("weight %q is of shape %v, want %v", name, tensor.Shape(got), tensor.Shape(shape))
	}
	if s.sources == nil {
		s.sources = map[string]*hdf5.Dataset{}
	}
	s.sources[name] = d
	return s.read(name)
}

// read makes a variable a constant of the graph.
func (s *store) read(name string) *ir.Value {
	t, err := load(s.sources[name], s.b.Alloc)
	if err != nil {
		build.Damaged("weight %q: %w", name, err)
	}
	v := s.b.Const(s.name+"/"+name, t)
	s.made[name] = v
	return v
}

// replace gives a variable other content, for good.
func (s *store) replace(name string, t *tensor.Tensor) {
	s.made[name] = s.b.Const(s.name+"/"+name, t)
	delete(s.sources, name)
}

// release drops the content of variables that no node uses: what folding made of them stands for them. If the layer is called again they are read again.
func (s *store) release(used map[*ir.Value]bool) {
	const worthwhile = 1 << 12 // bytes
	for name, v := range s.made {
		if used[v] {
			delete(s.sources, name) // for good: another call may not need it
		} else if v.Const != nil && len(v.Const.Data) >= worthwhile && s.sources[name] != nil {
			s.b.Release(v)
		}
	}
	for _, p := range s.parts {
		p.release(used)
	}
}

// within returns a variable as a constant of the graph that c emits into: bodies of loops have their own.
func (s *store) within(c *Context, name string, v *ir.Value) *ir.Value {
	if c.Graph == s.b.Graph {
		return v
	}
	key := fmt.Sprintf("%s in %d", name, c.Index())
	if s.inner[key] == nil {
		if s.inner == nil {
			s.inner = map[string]*ir.Value{}
		}
		s.inner[key] = c.Import(v)
	}
	return s.inner[key]
}

// skip passes over a variable that is of no use for inference.
func (s *store) skip() {
	s.place.index++
	s.owner.place.order++
}

// kinds are the element types of variables.
var kinds = map[hdf5.Kind]tensor.DType{
	hdf5.Float32: tensor.Float32, hdf5.Int8: tensor.Int8, hdf5.Int16: tensor.Int16, hdf5.Int32: tensor.Int32, hdf5.Int64: tensor.Int64,
	hdf5.UInt8: tensor.UInt8, hdf5.UInt16: tensor.UInt16, hdf5.UInt32: tensor.UInt32, hdf5.UInt64: tensor.UInt64, hdf5.Bool: tensor.Bool,
}

// load reads a variable into memory that alloc gives. Floats of any width become float32. A bfloat16 variable is stored as another type of its width, with the attribute dtype.
func load(d *hdf5.Dataset, alloc func(n int) []byte) (*tensor.Tensor, error) {
	kind := d.Type().Kind
	if a, err := d.Attr("dtype"); err == nil {
		if text, err := a.Text(); err == nil && text == "bfloat16" {
			kind = hdf5.BFloat16
		}
	}
	t := &tensor.Tensor{DType: tensor.Float32, Shape: tensor.Shape(d.Shape()).Clone(), Own: true}
	if exact, ok := kinds[kind]; ok {
		t.DType = exact
		t.Data = alloc(d.Size())
		return t, d.ReadInto(t.Data)
	}
	data, err := d.ReadAll()
	if err != nil {
		return nil, err
	}
	out := make([]float32, d.Len())
	switch kind {
	case hdf5.Float64:
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:])))
		}
	case hdf5.Float16:
		kernel.F16ToF32(out, words(data))
	case hdf5.BFloat16:
		if len(data) != 2*len(out) {
			return nil, fmt.Errorf("a bfloat16 in %d bytes", d.Type().Size)
		}
		kernel.BF16ToF32(out, words(data))
	default:
		return nil, fmt.Errorf("elements of type %v", kind)
	}
	t.Data = tensor.Bytes(out)
	return t, nil
}

// words returns data as numbers of 16 bits.
func words(data []byte) []uint16 {
	return tensor.View[uint16](&tensor.Tensor{DType: tensor.UInt16, Data: tensor.Aligned(tensor.UInt16, data)})
}
