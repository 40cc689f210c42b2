package convert

import (
	"fmt"

	"github.com/octetlite/octet/pkg/quantize"
)

// Scheme is what becomes of weights and activations.
type Scheme string

// The schemes.
const (
	None Scheme = "none" // stays float
	Int8 Scheme = "int8" // weights and activations int8
)

// The choices of package quantize, for those who may not import it.
type (
	Compat = quantize.Compat
	IO     = quantize.IOType
)

// Their values.
const (
	OctetRules  = quantize.Default
	TFLiteRules = quantize.TFLite
	IOInt8      = quantize.Int8IO
	IOUint8     = quantize.UInt8IO
	IOFloat32   = quantize.Float32IO
)

// Options say what to make of a model. The zero value converts without quantizing.
type Options struct {
	Scheme    Scheme
	Signature string // the entry that is calibrated; the first if empty
	SkipBad   bool   // leave bad samples out, and count them
	Fold      bool   // with Scheme None: fold float16 and sparse weights into float32 ones
	Quantize  quantize.Options
}

// Validate reports options that contradict each other.
func (o Options) Validate() error {
	switch o.Scheme {
	case None, Int8:
		return nil
	}
	return &Error{Kind: BadInput, Err: fmt.Errorf("unknown scheme %q", o.Scheme), Hint: "none or int8"}
}

// Folding reports whether the float passes run for these options.
func (o Options) Folding() bool { return o.Scheme != None || o.Fold }
