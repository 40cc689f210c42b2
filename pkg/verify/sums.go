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

// compare adds elements of x and as many of y.
func (s *Sums) compare(x, y []float32) {
	y = y[:len(x)]
	// Sums in memory would wait for each other.
	signal, power, dot, noise, deviation := s.Signal, s.Power, s.Dot, s.Noise, s.Deviation
	most, low, high := s.Max, s.Low, s.High
	elements := len(x)
	for i, v := range x {
		w, g := float64(v), float64(y[i])
		d := w - g
		if d-d != 0 {
			elements--
			if w-w != 0 {
				s.LeftOut++
			} else {
				s.Broken++
			}
			continue
		}
		signal += float64(w * w)
		power += float64(g * g)
		dot += float64(w * g)
		noise += float64(d * d)
		d = math.Abs(d)
		deviation += d
		if d > most {
			most = d
		}
		if w < low {
			low = w
		}
		if w > high {
			high = w
		}
	}
	s.Signal, s.Power, s.Dot, s.Noise, s.Deviation = signal, power, dot, noise, deviation
	s.Max, s.Low, s.High = most, low, high
	s.Elements += uint64(elements)
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

// chunk is how many elements are dequantized at a time.
const chunk = 1024

// stored is a quantized model's tensor on its way into sums.
type stored struct {
	sums    *Sums
	want    []float32 // the float model's elements, of all the times that it computed the tensor in a sample
	at      int       // how many of them are compared
	seen    bool      // in this sample
	scratch [chunk]float32
}

// take compares the next elements of want with t, which is float32 or stands for real numbers by q.
func (s *stored) take(t *tensor.Tensor, q *quant.Params) {
	s.seen = true
	switch t.DType {
	case tensor.Float32:
		s.real(tensor.View[float32](t))
	case tensor.Int8:
		takeIntegers(s, tensor.View[int8](t), q, math.MinInt8, math.MaxInt8)
	case tensor.UInt8:
		takeIntegers(s, tensor.View[uint8](t), q, 0, math.MaxUint8)
	case tensor.Int16:
		takeIntegers(s, tensor.View[int16](t), q, math.MinInt16, math.MaxInt16)
	}
}

func (s *stored) real(y []float32) {
	for len(y) > 0 {
		n := min(len(y), len(s.want)-s.at)
		if n == 0 {
			s.sums.compare(make([]float32, len(y)), y)
			return
		}
		s.sums.compare(s.want[s.at:s.at+n], y[:n])
		s.at += n
		y = y[n:]
	}
}

func takeIntegers[T int8 | uint8 | int16](s *stored, y []T, q *quant.Params, least, most T) {
	scale := float64(q.Scale[0])
	low, high := float32(scale*(float64(int64(least)-q.Zero[0])-0.5)), float32(scale*(float64(int64(most)-q.Zero[0])+0.5))
	for len(y) > 0 {
		n := min(len(y), chunk)
		kernel.Dequantize(s.scratch[:n], y[:n], q.Scale, q.Zero, 1)
		for i, x := range s.want[min(s.at, len(s.want)):min(s.at+n, len(s.want))] {
			if x < low && y[i] == least || x > high && y[i] == most { // the rare condition first
				s.sums.Saturated++
			}
		}
		s.real(s.scratch[:n])
		y = y[n:]
	}
}

// end counts what is left of want as compared with zeros.
func (s *stored) end() {
	rest := s.want[s.at:]
	s.sums.compare(rest, make([]float32, len(rest)))
	s.sums.Samples++
}
