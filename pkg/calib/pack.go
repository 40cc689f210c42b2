package calib

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
)

// packed is a list of numbers as bytes, which JSON holds in base64: unsigned integers as varints, float32 in four bytes, the least significant first.
type packed []byte

// errPacked is a list that ends in the middle of a number, or is longer than it can be.
var errPacked = errors.New("not a list of numbers")

func (p packed) uvarint() (uint64, packed, error) {
	v, n := binary.Uvarint(p)
	if n <= 0 {
		return 0, nil, errPacked
	}
	return v, p[n:], nil
}

func packHistogram(h *Histogram) *histogramJSON {
	if h == nil {
		return nil
	}
	j := &histogramJSON{Exp: h.Exp, First: h.First}
	for _, c := range h.Counts {
		j.Counts = binary.AppendUvarint(j.Counts, c)
	}
	return j
}

// unpack returns the histogram of a tensor whose elements have the given range. It is nil if none of them is finite.
func (j *histogramJSON) unpack(r quant.Range) (*Histogram, error) {
	if r.NaN > r.Count || r.Inf > r.Count-r.NaN {
		return nil, fmt.Errorf("of %d elements %d are NaN and %d infinite", r.Count, r.NaN, r.Inf)
	}
	want := r.Count - r.NaN - r.Inf
	if j == nil {
		if want > 0 {
			return nil, errors.New("missing")
		}
		return nil, nil
	}
	h := &Histogram{Exp: j.Exp, First: j.First}
	total := uint64(0)
	for rest := j.Counts; len(rest) > 0; {
		var c uint64
		var err error
		if c, rest, err = rest.uvarint(); err != nil || len(h.Counts) == kernel.MaxBins || c > want-total {
			return nil, errPacked
		}
		h.Counts = append(h.Counts, c)
		total += c
	}
	if total != want || want == 0 {
		return nil, fmt.Errorf("counts %d elements of %d", total, want)
	}
	if h.Exp < kernel.MinExp || h.Exp > kernel.MaxExp || h.First > 0 || h.First <= -kernel.MaxBins || h.Last() < 0 {
		return nil, fmt.Errorf("%d bins from %d on, of 2^%d", len(h.Counts), h.First, h.Exp)
	}
	if h.First < 0 && h.Counts[0] == 0 || h.Last() > 0 && h.Counts[len(h.Counts)-1] == 0 || r.Inf == 0 && !h.Spans(r.Min, r.Max) {
		return nil, errors.New("the bins are not those of the range")
	}
	return h, nil
}

func packSamples(list []SampleRange) *perSampleJSON {
	if len(list) == 0 {
		return nil
	}
	j := &perSampleJSON{}
	last := -1
	for _, r := range list {
		j.Samples = binary.AppendUvarint(j.Samples, uint64(r.Sample-last-1))
		j.Min = binary.LittleEndian.AppendUint32(j.Min, math.Float32bits(r.Min))
		j.Max = binary.LittleEndian.AppendUint32(j.Max, math.Float32bits(r.Max))
		last = r.Sample
	}
	return j
}

// unpack returns the ranges in single samples of a tensor with the given range, which was computed in so many samples.
func (j *perSampleJSON) unpack(whole quant.Range, samples uint64) ([]SampleRange, error) {
	if j == nil {
		if !whole.Empty() {
			return nil, errors.New("missing")
		}
		return nil, nil
	}
	n := len(j.Min) / 4
	if len(j.Min) != 4*n || len(j.Max) != 4*n || uint64(n) > samples {
		return nil, errPacked
	}
	list := make([]SampleRange, n)
	rest, last := j.Samples, -1
	all := quant.EmptyRange()
	for i := range list {
		skip, left, err := rest.uvarint()
		if err != nil || skip > math.MaxInt32 {
			return nil, errPacked
		}
		rest = left
		r := SampleRange{last + 1 + int(skip), float(j.Min[4*i:]), float(j.Max[4*i:])}
		if !(r.Min <= r.Max) {
			return nil, fmt.Errorf("sample %d: %v to %v", r.Sample, r.Min, r.Max)
		}
		all = all.Merge(quant.Range{Min: r.Min, Max: r.Max})
		list[i], last = r, r.Sample
	}
	if len(rest) > 0 {
		return nil, errPacked
	}
	if all.Min != whole.Min || all.Max != whole.Max {
		return nil, fmt.Errorf("together they are %v to %v, the tensor's is %v to %v", all.Min, all.Max, whole.Min, whole.Max)
	}
	return list, nil
}

// float reads a float32 and makes a zero positive.
func float(b packed) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) + 0 }
