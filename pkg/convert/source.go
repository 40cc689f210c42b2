// Package convert is the pipeline: a source becomes a float graph, is calibrated by a Runner, quantized, and written.
package convert

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tflite"
)

// Source is a model as a user has it: the name of its file, for messages, and the content.
type Source struct {
	Name string
	Data []byte
}

// Float is a source after the front end and the passes: the float model that is calibrated.
type Float struct {
	Source string    // the file's name
	Model  *ir.Model // the float graph
	Bytes  []byte    // its flatbuffer
	Digest string    // hex sha256 of Bytes: what statistics refer to
	Notes  []string
}

// Load reads a source and brings it into the form that is calibrated. fold lists the constant foldings to apply; quantization needs Folding.
func Load(src Source, folding bool) (f *Float, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, &Error{Kind: Internal, Source: src.Name, Err: fmt.Errorf("%v", r), Hint: "please report this, with the model if you can"}
		}
	}()
	m, err := Decode(src)
	if err != nil {
		return nil, err
	}
	f = &Float{Source: src.Name, Model: m}
	if folding {
		if err := pass.Run(m, pass.Float); err != nil {
			return nil, &Error{Kind: BadInput, Source: src.Name, Err: err}
		}
		if err := ir.Verify(m, op.Set); err != nil {
			return nil, &Error{Kind: Internal, Source: src.Name, Err: fmt.Errorf("after the float passes: %w", err)}
		}
	}
	if f.Bytes, err = tflite.Encode(m); err != nil {
		return nil, &Error{Kind: Internal, Source: src.Name, Err: err}
	}
	sum := sha256.Sum256(f.Bytes)
	f.Digest = hex.EncodeToString(sum[:])
	return f, nil
}

// Inputs returns what a sample for the given signature holds; the first signature if the key is empty.
func (f *Float) Inputs(signature string) ([]dataset.Input, error) {
	s, err := shard.Signature(f.Model, signature)
	if err != nil {
		return nil, &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	return shard.Inputs(f.Model, s), nil
}

// Decode reads a source as it is.
func Decode(src Source) (*ir.Model, error) {
	if !isFlatbuffer(src.Data) {
		kind, what := guess(src.Data)
		return nil, &Error{Kind: kind, Source: src.Name, Err: fmt.Errorf("not a TensorFlow Lite flatbuffer, but %s", what), Hint: "this version reads .tflite files"}
	}
	m, err := tflite.Decode(src.Data)
	if err != nil {
		return nil, &Error{Kind: BadInput, Source: src.Name, Err: err}
	}
	return m, nil
}

func isFlatbuffer(data []byte) bool { return len(data) >= 8 && string(data[4:8]) == "TFL3" }

// guess says what a file looks like. Models of other forms are refused, what is no model is bad.
func guess(data []byte) (Kind, string) {
	zipped := bytes.HasPrefix(data, []byte("PK\x03\x04"))
	switch {
	case len(data) == 0:
		return BadInput, "an empty file"
	case bytes.HasPrefix(data, []byte("\x89HDF\r\n\x1a\n")):
		return Refused, "an HDF5 file (Keras .h5)"
	case zipped && bytes.Contains(data[:min(len(data), 1<<10)], []byte(".npy")):
		return BadInput, "a NumPy archive (.npz)"
	case zipped:
		return Refused, "a ZIP archive (Keras .keras?)"
	case data[0] == 0x0a || data[0] == 0x08:
		return Refused, "perhaps a TensorFlow protobuf (.pb)"
	}
	return BadInput, "something else"
}
