package quant

import "github.com/octetlite/octet/pkg/tensor"

// balance rounds some integers the other way, so that the rounding errors of a channel make up for each other: what a product multiplies them by has a mean, as a rule, by which their sum shifts the
// result. For each channel it lessens the sum of three squares, as SQuant does (Guo et al., 2022): of each error, of the sum over each kernel, which are the elements along the middle
// dimensions of convolutions' weights, and of the sum over the channel. Errors are in steps of the scale. It goes from kernel to kernel, then over the whole channel, and takes the change
// that lessens the sum most, the first of equals, until none does.
func (t *Type) balance(q []int8, data []float32, shape tensor.Shape) {
	inner := t.inner(shape)
	kernels := inner // their number in a channel
	if len(shape) == 4 && t.Axis == 0 {
		kernels = shape[3]
	}
	var at []int
	for i := range t.Scale {
		at = at[:0]
		for start := i * inner; start < len(data); start += len(t.Scale) * inner {
			for k := range inner {
				at = append(at, start+k)
			}
		}
		b := balancing{t: t, q: q, data: data, scale: float32(t.Scale[i]), at: at}
		if t.Axis == 0 && kernels < len(at) {
			b.kernels = make([]float64, kernels)
		}
		b.run()
	}
}

// balancing is about one channel.
type balancing struct {
	t       *Type
	q       []int8
	data    []float32
	scale   float32
	at      []int     // where the channel's elements lie
	kernels []float64 // the sums of their errors; element i is of kernel i modulo their number; nil if a channel is one, or has no kernels of several elements
	sum     float64   // of all errors
}

// lack is the error of element i, in steps.
func (b *balancing) lack(i int) float64 {
	return float64(b.q[b.at[i]]) - float64(b.data[b.at[i]]/b.scale)
}

func (b *balancing) run() {
	for i := range b.at {
		e := b.lack(i)
		if b.clipped(i) {
			continue
		}
		b.sum += e
		if n := len(b.kernels); n > 0 {
			b.kernels[i%n] += e
		}
	}
	for k := range b.kernels {
		for b.improve(k, len(b.kernels), 0) {
		}
	}
	for b.improve(0, 1, 1) {
	}
}

// clipped reports whether an element lies beyond the integers: its error is the price of a finer scale, which others are not to pay for.
func (b *balancing) clipped(i int) bool {
	x := float64(b.data[b.at[i]] / b.scale)
	return x < float64(b.t.Lo)-0.5 || x > float64(b.t.Hi)+0.5
}

// improve changes one of each step-th element from first on by one, if that lessens the sum of squares, in which that of the channel's sum has a weight.
func (b *balancing) improve(first, step int, weight float64) bool {
	best, gain, change := -1, 0.0, 0
	for i := first; i < len(b.at); i += step {
		e := b.lack(i)
		for _, d := range [2]int{-1, 1} {
			n := int64(b.q[b.at[i]]) + int64(d)
			if n < b.t.Lo || n > b.t.Hi || e*float64(d) > 0 || e*float64(d) <= -1 {
				continue
			}
			more := 1 + float64(2*float64(d)*e)
			if m := len(b.kernels); m > 0 {
				more += 1 + float64(2*float64(d)*b.kernels[i%m])
			}
			more += float64(weight * (1 + float64(2*float64(d)*b.sum)))
			if more < gain {
				best, gain, change = i, more, d
			}
		}
	}
	if best < 0 {
		return false
	}
	b.q[b.at[best]] += int8(change)
	b.sum += float64(change)
	if m := len(b.kernels); m > 0 {
		b.kernels[best%m] += float64(change)
	}
	return true
}
