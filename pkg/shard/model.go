package shard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tflite"
)

// Model is a float model that is ready to run shards. It is safe for concurrent use.
type Model struct {
	digest  func() string
	program *exec.Program
	tensors []calib.Tensor           // what is observed
	derived map[int]calib.Derivation // what follows from others, by position
	inputs  []dataset.Input
	size    int64 // of the flatbuffer, in bytes

	idle idle[*exec.Session]
}

// Load decodes and compiles a float flatbuffer, and computes its digest. The signature selects the graph; the first one if it is empty. Operators that can't be executed
// are all reported, as an *exec.UnsupportedError.
func Load(flatbuffer []byte, signature string) (*Model, error) {
	m, err := LoadNamed(flatbuffer, signature, nil)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(flatbuffer)
	digest := hex.EncodeToString(sum[:])
	m.digest = func() string { return digest }
	return m, nil
}

// LoadNamed is Load for a flatbuffer whose digest another one knows, who is asked for it when it is needed, for Digest and statistics.
func LoadNamed(flatbuffer []byte, signature string, digest func() string) (*Model, error) {
	m, err := tflite.Decode(flatbuffer)
	if err != nil {
		return nil, err
	}
	sig, err := Signature(m, signature)
	if err != nil {
		return nil, err
	}
	program, err := exec.Compile(m, sig.Graph, exec.Options{})
	if err != nil {
		return nil, err
	}
	model := &Model{digest: digest, program: program, derived: map[int]calib.Derivation{}, inputs: Inputs(m, sig), size: int64(len(flatbuffer))}
	slots := map[*ir.Value]int{}
	seen := program.Observed()
	for g, graph := range m.Graphs {
		if len(seen[g]) == 0 {
			continue
		}
		index := graph.Index()
		for _, v := range seen[g] {
			slots[v] = len(model.tensors)
			model.tensors = append(model.tensors, calib.Tensor{Key: calib.Key{Subgraph: g, Index: index[v]}, Name: v.Name})
		}
	}
	for v, moved := range program.Moved() {
		d := calib.Derivation{Zeros: moved.Zeros, Of: moved.Of}
		for _, f := range moved.From {
			d.From = append(d.From, slots[f])
		}
		model.derived[slots[v]] = d
	}
	return model, nil
}

// Memory is what running shards takes, in bytes. It is an estimate: what depends on the samples, such as tensors of a size that is known at run time, is not in it.
type Memory struct {
	Model int64 // once: the weights, as they lie in the flatbuffer and as kernels want them, and what kernels know of where their operands lie
	Shard int64 // for each shard that runs: values, samples, and what is gathered
}

// histogramBytes is what the histogram of a tensor takes, as a rule, with what is not yet in it: more where a function is counted with its argument, less elsewhere.
const histogramBytes = 48 << 10

// Memory returns what shards of the model take that observe what is asked for.
func (m *Model) Memory(observe calib.Spec) Memory {
	sample := int64(0)
	for _, in := range m.inputs {
		sample += int64(in.DType.Bytes(in.Shape.Elements()))
	}
	each, values := m.program.Memory()
	each += int64(len(blocks{})) * (blockBytes + sample)
	if observe.Histogram {
		each += int64(len(m.tensors)) * histogramBytes
	}
	return Memory{Model: 2*m.size + values, Shard: each} // a convolution has a table that is smaller than its result, unless that has few channels
}

// Signature returns the signature with the given key, the first if the key is empty.
func Signature(m *ir.Model, key string) (*ir.Signature, error) {
	var keys []string
	for _, s := range m.Signatures {
		if key == "" || s.Key == key {
			return s, nil
		}
		keys = append(keys, s.Key)
	}
	if key == "" {
		return nil, fmt.Errorf("the model has no signature")
	}
	return nil, fmt.Errorf("the model has no signature %q, it has %q", key, keys)
}

// Inputs returns what a sample of a signature holds: its graph's inputs in order, named as the signature names them.
func Inputs(m *ir.Model, s *ir.Signature) []dataset.Input {
	var inputs []dataset.Input
	for _, v := range m.Graphs[s.Graph].Inputs {
		in := dataset.Input{Name: v.Name, Tensor: v.Name, DType: v.Type.DType, Shape: v.Type.Shape}
		for _, port := range s.Inputs {
			if port.Value == v {
				in.Name = port.Name
			}
		}
		inputs = append(inputs, in)
	}
	return inputs
}

// Digest returns the hex sha256 of the flatbuffer.
func (m *Model) Digest() string { return m.digest() }

// Inputs returns what a sample holds, in order.
func (m *Model) Inputs() []dataset.Input { return m.inputs }

// workspace is the memory that one run of a shard takes, which later ones take again.
type workspace[S any] struct {
	session S
	samples blocks
}

// idle are workspaces that nobody uses.
type idle[S any] struct {
	mu   sync.Mutex
	list []*workspace[S]
}

// take returns one of them, or a new one, for which it makes a session.
func (i *idle[S]) take(session func() S) *workspace[S] {
	i.mu.Lock()
	defer i.mu.Unlock()
	if n := len(i.list); n > 0 {
		w := i.list[n-1]
		i.list = i.list[:n-1]
		return w
	}
	return &workspace[S]{session: session()}
}

// give makes a workspace one of them.
func (i *idle[S]) give(w *workspace[S]) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.list = append(i.list, w)
}
