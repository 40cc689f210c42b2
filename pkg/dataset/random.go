package dataset

import (
	"errors"
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/tensor"
)

// random are samples of random numbers. The numbers of a sample depend on the seed, the sample's index and the input's position alone.
//
// Uniform numbers lie in [Low, High], whole ones in integer inputs. Normal ones have mean 0 and standard deviation 1, and are clamped to [Low,
// High] where these are given.
type random struct {
	Kind string   `json:"kind"`
	Seed uint64   `json:"seed"`
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
}

const (
	uniform = "uniform"
	normal  = "normal"

	defaultRandomSamples = 100
)

func (b *builder) random() error {
	r := &random{Kind: b.spec.Path}
	samples, err := b.spec.whole("samples", defaultRandomSamples)
	if err != nil {
		return err
	}
	if samples > maxSamples {
		return fmt.Errorf("option samples=%d: the limit is %d", samples, maxSamples)
	}
	b.m.Samples = int(samples)
	seed, err := b.spec.whole("seed", 0)
	if err != nil {
		return err
	}
	r.Seed = uint64(seed)
	for key, to := range map[string]**float64{"low": &r.Low, "high": &r.High} {
		if b.spec.Options.Has(key) {
			v, err := b.spec.number(key, 0)
			if err != nil {
				return err
			}
			*to = &v
		}
	}
	b.m.Random = r
	return nil
}

func (r *random) validate(m *Manifest) error {
	switch {
	case r.Kind != uniform && r.Kind != normal:
		return fmt.Errorf("random:%s: want random:uniform or random:normal", r.Kind)
	case len(m.Blobs) != 0:
		return errors.New("random samples need no blobs")
	}
	low, high := r.bounds()
	if low > high {
		return fmt.Errorf("low=%v is above high=%v", low, high)
	}
	for _, in := range m.Inputs {
		if _, err := in.known(); err != nil {
			return err
		}
		if err := r.suits(in); err != nil {
			return err
		}
	}
	return nil
}

// bounds returns the interval of the values.
func (r *random) bounds() (low, high float64) {
	low, high = 0, 1
	if r.Kind == normal {
		low, high = math.Inf(-1), math.Inf(1)
	}
	if r.Low != nil {
		low = *r.Low
	}
	if r.High != nil {
		high = *r.High
	}
	return low, high
}

// ranges of the integer types, as far as float64 holds them exactly.
var ranges = map[tensor.DType][2]float64{
	tensor.Int8: {math.MinInt8, math.MaxInt8}, tensor.Int16: {math.MinInt16, math.MaxInt16},
	tensor.Int32: {math.MinInt32, math.MaxInt32}, tensor.Int64: {-1 << 53, 1 << 53},
	tensor.UInt8: {0, math.MaxUint8}, tensor.UInt16: {0, math.MaxUint16}, tensor.UInt32: {0, math.MaxUint32}, tensor.UInt64: {0, 1 << 53},
}

// suits refuses inputs that the numbers don't fit.
func (r *random) suits(in Input) error {
	low, high := r.bounds()
	limit, integer := ranges[in.DType]
	switch {
	case in.DType == tensor.Float32:
		if r.Kind == uniform && (!finite(float64(float32(low))) || !finite(float64(float32(high)))) {
			return fmt.Errorf("input %v: low=%v or high=%v is out of range", in, low, high)
		}
		return nil
	case in.DType == tensor.Bool && r.Kind == uniform:
		return nil
	case !integer:
		return fmt.Errorf("input %v: no random:%s numbers of this type", in, r.Kind)
	case r.Kind == normal:
		return typeError("input %v: normal numbers are fractions; use random:uniform with low and high", in)
	case r.Low == nil || r.High == nil:
		return fmt.Errorf("input %v: whole random numbers need low= and high=, such as random:uniform?low=%v&high=%v", in, max(limit[0], math.MinInt16), min(limit[1], math.MaxInt16))
	case low < limit[0] || high > limit[1] || low != math.Trunc(low) || high != math.Trunc(high):
		return fmt.Errorf("input %v: low=%v and high=%v must be whole and within [%v, %v]", in, low, high, limit[0], limit[1])
	}
	return nil
}

func (r *random) place(i int) string { return fmt.Sprintf("random:%s[%d]", r.Kind, i) }

func (r *random) sample(reader *Reader, i int, out []*tensor.Tensor) (string, error) {
	for k, in := range reader.manifest.Inputs {
		shape, err := in.known()
		if err != nil {
			return r.place(i), err
		}
		out[k] = again(out[k], in.DType, shape)
		r.fill(out[k], newGenerator(r.Seed, uint64(i), uint64(k)))
	}
	return "", nil
}

func (r *random) fill(t *tensor.Tensor, g *generator) {
	low, high := r.bounds()
	switch t.DType {
	case tensor.Float32:
		values := tensor.View[float32](t)
		for i := range values {
			if r.Kind == normal {
				values[i] = float32(min(max(g.normal(), low), high))
			} else {
				values[i] = float32(low + float64(g.float()*(high-low)))
			}
		}
	case tensor.Bool:
		for i := range t.Data {
			t.Data[i] = uint8(g.next() >> 63)
		}
	case tensor.Int8, tensor.UInt8:
		for i := range t.Data {
			t.Data[i] = uint8(g.between(int64(low), int64(high)))
		}
	case tensor.Int16, tensor.UInt16:
		for i, v := 0, tensor.View[uint16](t); i < len(v); i++ {
			v[i] = uint16(g.between(int64(low), int64(high)))
		}
	case tensor.Int32, tensor.UInt32:
		for i, v := 0, tensor.View[uint32](t); i < len(v); i++ {
			v[i] = uint32(g.between(int64(low), int64(high)))
		}
	case tensor.Int64, tensor.UInt64:
		for i, v := 0, tensor.View[uint64](t); i < len(v); i++ {
			v[i] = uint64(g.between(int64(low), int64(high)))
		}
	}
}
