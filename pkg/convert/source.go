// Package convert is the pipeline: a source becomes a float graph, is calibrated by a Runner, quantized, and written.
package convert

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tflite"
)

// Source is a model as a user has it: the name of its file or folder, for messages, and the content.
type Source struct {
	Name   string
	Data   []byte      // of a file
	File   io.ReaderAt // of a Keras file, which is read piece by piece, instead of Data
	Size   int64       // of File; otherwise what the source takes in all, if that is known
	Folder fs.FS       // of a folder, a SavedModel; Data is nil then
	Import Import
}

// Flatbuffer reports whether the source is in TensorFlow Lite's format already.
func (s Source) Flatbuffer() bool { return s.Folder == nil && s.File == nil && isFlatbuffer(s.Data) }

// Float is a source after the front end and the passes: the float model that is calibrated.
type Float struct {
	Source string       // the file's name
	Model  *ir.Model    // the float graph, not to be changed: File has its constants
	File   *tflite.File // its flatbuffer
	Notes  []string
	// OpenSizes says how to fix the sizes that inputs leave open beyond the batch, for errors that this may explain; empty if there are none.
	OpenSizes string

	bytes  func() []byte // these are computed once
	digest func() string
	lent   atomic.Bool // whether a result has constants of Model, so that these can't move any more
}

// Bytes returns the flatbuffer in one piece, in which the model's constants are from then on. It must not be called for the first time while the model is read, and
// takes more memory if it is called for the first time after Finish, whose result has some of the constants.
func (f *Float) Bytes() []byte { return f.bytes() }

// Digest returns the hex sha256 of the flatbuffer: what statistics refer to.
func (f *Float) Digest() string { return f.digest() }

// Load reads a source and brings it into the form that is calibrated. fold lists the constant foldings to apply; quantization needs Folding.
func Load(src Source, folding bool) (f *Float, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, &Error{Kind: Internal, Source: src.Name, Err: fmt.Errorf("%v", r), Hint: "please report this, with the model if you can"}
		}
	}()
	m, notes, err := decode(src)
	if err != nil {
		return nil, err
	}
	f = &Float{Source: src.Name, Model: m, Notes: notes}
	if !src.Flatbuffer() {
		f.OpenSizes = openSizes(m)
	}
	if folding {
		if err := pass.Run(m, pass.Float); err != nil {
			return nil, &Error{Kind: BadInput, Source: src.Name, Err: err}
		}
		if err := ir.Verify(m, op.Set); err != nil {
			return nil, &Error{Kind: Internal, Source: src.Name, Err: fmt.Errorf("after the float passes: %w", err)}
		}
	}
	if err := f.file(src); err != nil {
		return nil, err
	}
	return f, nil
}

// file makes the flatbuffer of the model that a source holds.
func (f *Float) file(src Source) (err error) {
	if f.File, err = tflite.NewFile(f.Model); err != nil {
		return &Error{Kind: Internal, Source: src.Name, Err: err}
	}
	f.bytes = sync.OnceValue(func() []byte {
		switch {
		case src.Flatbuffer() && f.File.Equal(src.Data):
			return src.Data
		case f.lent.Load():
			return f.File.Bytes()
		}
		return f.File.Join(f.Model)
	})
	f.digest = sync.OnceValue(func() string {
		hash := sha256.New()
		_, _ = f.File.WriteTo(hash) // which takes everything
		return hex.EncodeToString(hash.Sum(nil))
	})
	return nil
}

// Inputs returns what a sample for the given signature holds; the first signature if the key is empty.
func (f *Float) Inputs(signature string) ([]dataset.Input, error) {
	s, err := shard.Signature(f.Model, signature)
	if err != nil {
		return nil, &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	return shard.Inputs(f.Model, s), nil
}

// Decode reads a source, and converts it if it is no flatbuffer.
func Decode(src Source) (*ir.Model, error) {
	m, _, err := decode(src)
	return m, err
}

func decode(src Source) (m *ir.Model, notes []string, err error) {
	switch {
	case src.Folder != nil:
		return decodeSavedModel(src)
	case src.File != nil || IsKeras(src.Data):
		return decodeKeras(src)
	case isFlatbuffer(src.Data):
		if src.Import.Given() {
			return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: errors.New("a flatbuffer's inputs, outputs and shapes are what they are"),
				Hint: "tags, signatures, inputs, outputs, shapes and batches are chosen when TensorFlow models are converted"}
		}
		if m, err = tflite.Decode(src.Data); err != nil {
			return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: err}
		}
		return m, nil, nil
	case isGraph(src.Data) && !isONNX(src.Data):
		return decodeGraph(src)
	}
	return nil, nil, estranged(src, src.Data)
}

func isFlatbuffer(data []byte) bool { return len(data) >= 8 && string(data[4:8]) == "TFL3" }

// openSizes says how to fix the sizes that a model's inputs leave open beyond the batch, each of which is taken for 1 where the model runs; "" if there are none.
func openSizes(m *ir.Model) string {
	for _, s := range m.Signatures {
		for _, p := range s.Inputs {
			shape, open := make([]string, len(p.Value.Type.Shape)), false
			for axis, size := range p.Value.Type.Shape {
				shape[axis] = strconv.Itoa(size)
				if axis > 0 && size == 1 && axis < len(p.Value.Advertised) && p.Value.Advertised[axis] < 0 {
					shape[axis], open = "SIZE", true
				}
			}
			if open {
				return fmt.Sprintf("the input %q leaves sizes open: --input-shapes %s=%s fixes them", p.Name, p.Name, strings.Join(shape, ","))
			}
		}
	}
	return ""
}

// sized adds to an error that has no hint what open sizes may have to do with it.
func (f *Float) sized(e *Error) *Error {
	e.Hint = cmp.Or(e.Hint, f.OpenSizes)
	return e
}
