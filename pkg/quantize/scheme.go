package quantize

import (
	"errors"
	"fmt"
	"slices"
)

// Scheme is what becomes of a model's weights and activations.
type Scheme uint8

// The schemes.
const (
	// Int8 makes integer operators: int8 weights and activations, int32 biases.
	Int8 Scheme = iota
	// Float16 stores all float constants in half precision, behind a DEQUANTIZE each. Activations stay float.
	Float16
	// Dynamic stores the weights of products and tables as int8, which LiteRT's hybrid kernels multiply by activations that they quantize at each run.
	Dynamic
	// WeightOnly stores the weights of products as int8 or in 4 bits, behind a DEQUANTIZE each: operators compute on floats.
	WeightOnly
	// Int16x8 makes integer operators: int8 weights, int16 activations, int64 biases.
	Int16x8
)

// IOType is the element type of the main graph's inputs and outputs that are quantized.
type IOType uint8

// The types of inputs and outputs.
const (
	OwnIO IOType = iota // that of the scheme's activations
	Int8IO
	UInt8IO
	Float32IO
	Int16IO
)

// names are those of schemes, for messages and files.
var names = map[Scheme]string{Int8: "int8", Float16: "float16", Dynamic: "dynamic", WeightOnly: "weight-only", Int16x8: "int16x8"}

func (s Scheme) String() string { return names[s] }

// Calibrated reports whether a scheme quantizes activations, by ranges.
func (s Scheme) Calibrated() bool { return s == Int8 || s == Int16x8 }

// borders are the types of inputs and outputs that each scheme of integer operators can have, its own first.
var borders = map[Scheme][]IOType{Int8: {Int8IO, UInt8IO, Int16IO, Float32IO}, Int16x8: {Int16IO, Float32IO}}

// blockSizes are the numbers of weights that may share a scale.
var blockSizes = []int{32, 64, 128, 256}

// Validate reports options that contradict each other.
func (o Options) Validate() error {
	switch own, calibrated := borders[o.Scheme]; {
	case o.Scheme > Int16x8:
		return fmt.Errorf("there is no scheme %d", o.Scheme)
	case o.IO != OwnIO && !calibrated:
		return errors.New("a scheme for weights alone leaves inputs and outputs float32")
	case o.IO != OwnIO && !slices.Contains(own, o.IO):
		return errors.New("inputs and outputs of that type do not go with the scheme's activations")
	case o.Bits != 0 && o.Scheme != WeightOnly:
		return errors.New("the bits of weights are chosen with weight-only quantization alone")
	case o.Bits != 0 && o.Bits != 4 && o.Bits != 8:
		return fmt.Errorf("weights of %d bits: want 4 or 8", o.Bits)
	case o.Block != 0 && o.Bits != 4:
		return errors.New("blocks are of weights of 4 bits")
	case o.Block != 0 && !slices.Contains(blockSizes, o.Block):
		return fmt.Errorf("blocks of %d weights: want one of %v", o.Block, blockSizes)
	case o.Block != 0 && o.PerTensor:
		return errors.New("a scale for each block, or for each tensor")
	case (o.PerTensor || o.PerTensorDense) && o.Scheme == Float16:
		return errors.New("half precision has no scales: one for each tensor is for the other schemes")
	}
	if err := o.validateFit(); err != nil {
		return err
	}
	for _, c := range o.Own {
		if err := c.validate(o.Scheme); err != nil {
			return err
		}
	}
	for _, c := range o.Constants {
		if err := c.Validate(); err != nil {
			return err
		}
		if !c.Float && c.Scheme.Calibrated() {
			return fmt.Errorf("a constant alone can't have scheme %s", c.Scheme)
		}
	}
	for v, r := range o.Ranges {
		if err := r.Validate(); err != nil {
			return fmt.Errorf("%q: %w", v.Name, err)
		}
	}
	return nil
}

// io is the type of inputs and outputs.
func (o Options) io() IOType {
	if o.IO == OwnIO {
		return borders[o.Scheme][0]
	}
	return o.IO
}
