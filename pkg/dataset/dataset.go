// Package dataset turns what a user names with --data into representative samples for a model.
//
// Build reads the sources once and makes a Manifest: the inputs, the blobs (by digest), and where each sample is in them.
// Planning needs the manifest alone; Open needs the manifest and someone who opens blobs, and gives random access to the samples, the
// same ones on every machine. Nothing is matched by order and nothing is rounded silently: what does not fit is an error that says what was
// expected and what came.
package dataset

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/tensor"
)

// Input is an input of the model that a dataset feeds. Data find it by its name in the signature, or by its tensor's.
//
// A sample is one inference: its tensor has the input's shape, with 1 where the leading dimension is unknown.
type Input struct {
	Name   string // as the signature names it
	Tensor string // as the graph does
	DType  tensor.DType
	Shape  tensor.Shape
}

// String returns a form such as `"x" f32[1,224,224,3]`.
func (in Input) String() string { return fmt.Sprintf("%q %v%v", in.Name, in.DType, in.Shape) }

// ErrEmpty says that a source has no samples.
var ErrEmpty = errors.New("the dataset is empty: it needs at least one sample")

// TypeError says that data of one kind of elements can't feed an input of another: fractions an input of integers, for example, or numbers beyond its own.
type TypeError struct{ text string }

func (e *TypeError) Error() string { return e.text }

func typeError(format string, args ...any) error { return &TypeError{fmt.Sprintf(format, args...)} }

// SampleError is a sample that can't be used: a value that is NaN or infinite, a picture that can't be decoded, a record that lacks a
// feature. Whether it ends the job or is left out is the caller's policy.
type SampleError struct {
	Source string // the file, and the position within it: "cat.jpg", "x.npz[12]"
	Index  int    // the position in the dataset
	Reason string

	mismatch bool // it has nothing to do with this sample's values: no sample like it can be used
}

func (e *SampleError) Error() string {
	if e.Source == "" {
		return e.Reason
	}
	return e.Source + ": " + e.Reason
}

// bad makes a SampleError whose place Reader.Sample fills in.
func bad(format string, args ...any) error { return &SampleError{Reason: fmt.Sprintf(format, args...)} }

// mismatch makes a SampleError of a wrong name, type or shape.
func mismatch(err error) error { return &SampleError{Reason: err.Error(), mismatch: true} }
