package quantize

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
)

// Calibrated reports whether a scheme quantizes activations, by ranges.
func (s Scheme) Calibrated() bool { return s == Int8 }
