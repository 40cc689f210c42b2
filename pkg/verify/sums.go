package verify

import (
	"math"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// Sums are what is gathered of a tensor: x are the float model's elements, y the quantized model's, as the real numbers that they stand for. They add up, in the order of samples.
//
// Elements that are no finite numbers are in no sum. Where a loop ran another number of times, elements that only one model computed count as zeros of the other.
type Sums struct {
	Samples   uint64  `json:"samples"`   // in which both models computed it
	Elements  uint64  `json:"elements"`  // in the sums
	Signal    float64 `json:"signal"`    // Σ x²
	Power     float64 `json:"power"`     // Σ y²
	Dot       float64 `json:"dot"`       // Σ x·y
	Noise     float64 `json:"noise"`     // Σ (x-y)²
	Deviation float64 `json:"deviation"` // Σ |x-y|
	Max       float64 `json:"max"`       // the greatest |x-y|
	Low       float64 `json:"low"`       // the least x and 0
	High      float64 `json:"high"`      // the greatest x and 0
	Saturated uint64  `json:"saturated"` // y at an end of what its integers stand for, x more than half a step beyond it
	LeftOut   uint64  `json:"left_out"`  // x is no finite number
	Broken    uint64  `json:"broken"`    // y is none, but x is
}

// add adds another part's.
func (s *Sums) add(o Sums) {
	s.Samples += o.Samples
	s.Elements += o.Elements
	s.Signal += o.Signal
	s.Power += o.Power
	s.Dot += o.Dot
	s.Noise += o.Noise
	s.Deviation += o.Deviation
	s.Max = max(s.Max, o.Max)
	s.Low, s.High = min(s.Low, o.Low), max(s.High, o.High)
	s.Saturated += o.Saturated
	s.LeftOut += o.LeftOut
	s.Broken += o.Broken
}

// compare adds elements of x and as many of y, at most chunk: those of a chunk are added up by kernel.F32Distance, and their sums to the others.
func (s *Sums) compare(x, y []float32) kernel.Distance {
	d := kernel.F32Distance(x, y)
	s.add(Sums{
		Elements: uint64(len(x) - d.LeftOut - d.Broken), Signal: d.Signal, Power: d.Power, Dot: d.Dot, Noise: d.Noise, Deviation: d.Deviation,
		Max: d.Max, Low: d.Low, High: d.High, LeftOut: uint64(d.LeftOut), Broken: uint64(d.Broken),
	})
	return d
}

// decibelLimit bounds ratios either way, so that equal tensors have one.
const decibelLimit = 200

// SQNR is the ratio of the signal to the error of quantization: 10·log₁₀(Σx² / Σ(x-y)²) in dB, within 200 either way. It is 200 where there is no error, and -200 where a result is no
// finite number.
func (s *Sums) SQNR() float64 {
	switch {
	case s.Broken > 0:
		return -decibelLimit
	case s.Noise == 0:
		return decibelLimit
	case s.Signal == 0:
		return -decibelLimit
	}
	return min(max(10/math.Ln10*(kernel.F64Log(s.Signal)-kernel.F64Log(s.Noise)), -decibelLimit), decibelLimit)
}

// Cosine is Σx·y / √(Σx²·Σy²): 1 if both have the same direction, or are zeros, and 0 if one of them is zeros.
func (s *Sums) Cosine() float64 {
	switch {
	case s.Signal == 0 && s.Power == 0:
		return 1
	case s.Signal == 0 || s.Power == 0:
		return 0
	}
	return min(max(s.Dot/math.Sqrt(float64(s.Signal*s.Power)), -1), 1)
}

// Mean is the mean |x-y|.
func (s *Sums) Mean() float64 { return s.Deviation / float64(max(s.Elements, 1)) }

// chunk is how many elements are compared at a time. Their sums depend on it in the last bits.
const chunk = 1024

// zeros stand for elements that one model alone computed.
var zeros [chunk]float32

// stored is a quantized model's tensor on its way into sums.
type stored struct {
	sums *Sums
	want []float32 // the float model's elements, of all the times that it computed the tensor in a sample
	at   int       // how many of them are compared
	seen bool      // in this sample
}

// numbers are a chunk's, dequantized.
type numbers [chunk]float32

// take compares the next elements of want with t, which is float32 or stands for real numbers by q.
func (s *stored) take(t *tensor.Tensor, q *quant.Params, scratch *numbers) {
	s.seen = true
	switch t.DType {
	case tensor.Float32:
		for y := tensor.View[float32](t); len(y) > 0; {
			x := s.next(len(y))
			s.sums.compare(x, y[:len(x)])
			y = y[len(x):]
		}
	case tensor.Int8:
		takeIntegers(s, tensor.View[int8](t), q, math.MinInt8, math.MaxInt8, scratch)
	case tensor.UInt8:
		takeIntegers(s, tensor.View[uint8](t), q, 0, math.MaxUint8, scratch)
	case tensor.Int16:
		takeIntegers(s, tensor.View[int16](t), q, math.MinInt16, math.MaxInt16, scratch)
	}
}

// next returns what the next at most n elements are compared with: at least one, of want, or zeros behind its end.
func (s *stored) next(n int) []float32 {
	n = min(n, chunk)
	if s.at == len(s.want) {
		return zeros[:n]
	}
	x := s.want[s.at:]
	x = x[:min(n, len(x))]
	s.at += len(x)
	return x
}

func takeIntegers[T int8 | uint8 | int16](s *stored, y []T, q *quant.Params, least, most T, scratch *numbers) {
	scale := float64(q.Scale[0])
	low, high := float32(scale*(float64(int64(least)-q.Zero[0])-0.5)), float32(scale*(float64(int64(most)-q.Zero[0])+0.5))
	for len(y) > 0 {
		x := s.next(len(y))
		kernel.Dequantize(scratch[:len(x)], y[:len(x)], q.Scale, q.Zero, 1)
		if d := s.sums.compare(x, scratch[:len(x)]); d.Low < float64(low) || d.High > float64(high) {
			for i, v := range x {
				if (v < low && y[i] == least || v > high && y[i] == most) && v-v == 0 {
					s.sums.Saturated++
				}
			}
		}
		y = y[len(x):]
	}
}

// end counts what is left of want as compared with zeros.
func (s *stored) end() {
	for s.at < len(s.want) {
		x := s.next(chunk)
		s.sums.compare(x, zeros[:len(x)])
	}
	s.sums.Samples++
}
