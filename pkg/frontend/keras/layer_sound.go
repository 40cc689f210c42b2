package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// sounds are the layers that turn sound into spectra over time.
var sounds = []Layer{
	{Class: "STFTSpectrogram", Call: callSpectrogram},
	{Class: "MelSpectrogram", Call: callMel, Note: "sound of known length"},
}

// epsilon is what Keras keeps numbers away from 0 by.
const epsilon = 1e-7

// callSpectrogram convolves each channel with waves that the layer keeps as weights.
func callSpectrogram(c *Context) any {
	x := c.In(0)
	c.Rank(x, 3, 3)
	first, mode := c.channelsFirst(), c.Config.text("mode", "log")
	if !first {
		x = c.transpose(x, 0, 2, 1)
	}
	channels, steps := x.Type.Shape[1], x.Type.Shape[2]
	if channels < 1 || steps < 1 {
		build.Refuse("spectra of a tensor of shape %v: fix its sizes with --input-shapes", c.In(0).Type.Shape)
	}
	length := c.Config.int("frame_length", 256)
	w := window{n: 1, strides: []int{c.Config.int("frame_step", length/2)}, dilation: ones(1), padding: c.Config.text("padding", "valid")}
	batch := c.Dims(x)[0]
	rows := c.Reshape(x, build.Dim{Size: -1}, build.Dim{Size: steps}, oneDim) // each channel by itself
	// wave returns [batch, channels, time, frequencies].
	wave := func(name string) *ir.Value {
		y := c.convolve(rows, c.Var(name, length, 1, -1), w)
		return c.Reshape(y, append([]build.Dim{batch, {Size: channels}}, c.Dims(y)[1:]...)...)
	}
	var re, im, y *ir.Value
	if mode != "imag" {
		re = wave("real_kernel")
	}
	if mode != "real" {
		im = wave("imag_kernel")
	}
	switch mode {
	case "real":
		y = re
	case "imag":
		y = im
	case "angle":
		y = c.TF("Atan2", nil, im, re)
	case "stft":
		y = c.concat(3, re, im)
	case "log", "magnitude", "psd":
		power := c.add(c.TF("Square", nil, re), c.TF("Square", nil, im))
		if mode == "psd" { // all frequencies but the first and the last stand for two
			inner := c.TF("StridedSlice", graphdef.Attrs{"begin_mask": 7, "end_mask": 7}, power, c.I32s(0, 0, 0, 1), c.I32s(0, 0, 0, -1), c.I32s(1, 1, 1, 1))
			y = c.add(power, c.TF("Pad", nil, inner, c.matrix(0, 0, 0, 0, 0, 0, 1, 1)))
			break
		}
		y = c.TF("Sqrt", nil, c.TF("Maximum", nil, power, c.F32(epsilon)))
		if mode == "log" {
			y = c.TF("Log", nil, c.TF("Maximum", nil, y, c.F32(epsilon)))
		}
	default:
		build.Damaged("mode %q", mode)
	}
	if c.Config.bool("expand_dims", false) {
		if first {
			return y
		}
		return c.transpose(y, 0, 2, 3, 1)
	}
	y = c.transpose(y, 0, 1, 3, 2)
	y = c.Reshape(y, batch, build.Dim{Size: -1}, build.Dim{Size: y.Type.Shape[3]})
	if first {
		return y
	}
	return c.transpose(y, 0, 2, 1)
}

// frames cuts sound [batch, time] into [batch, frames, length].
func (c *Context) frames(x *ir.Value, length, step int) *ir.Value {
	n := x.Type.Shape[c.Rank(x, 1, 8)-1]
	if n < length || length < 1 || step < 1 {
		build.Refuse("frames of %d samples, every %d, of a sound of shape %v: fix its length with --input-shapes", length, step, x.Type.Shape)
	}
	count := (n-length)/step + 1
	if length > stateMost/count {
		build.Refuse("%d frames of %d samples", count, length)
	}
	places := make([]int32, 0, count*length)
	for f := range count {
		for i := range length {
			places = append(places, int32(f*step+i))
		}
	}
	at := c.Const(c.name+"/frames", tensor.I32(tensor.Shape{count, length}, places...))
	return c.TF("GatherV2", nil, x, at, c.I32(len(x.Type.Shape)-1))
}

// shortFourier is the Fourier transform of overlapping frames of sound [batch, time]: complex numbers [batch, frames, fft/2+1]. Frames are weighed by a window of the given length in
// their middle; centered ones reach over both ends of the sound, which is mirrored there.
func (c *Context) shortFourier(x *ir.Value, length, step, fft int, shape any, centered bool) *ir.Value {
	if fft < length || length < 1 || fft > stateMost {
		build.Damaged("a transform of %d samples for frames of %d", fft, length)
	}
	if c.Rank(x, 1, 7); centered {
		pads := append(repeat(0, 2*len(x.Type.Shape)-2), fft/2, fft/2)
		x = c.TF("MirrorPad", graphdef.Attrs{"mode": "REFLECT"}, x, c.matrix(pads...))
	}
	x = c.frames(x, fft, step)
	if weights := c.soundWindow(shape, length); weights != nil {
		all := make([]float32, fft)
		copy(all[(fft-length)/2:], weights)
		x = c.mul(x, c.Floats(tensor.Shape{fft}, all...))
	}
	return c.TF("RFFT", nil, x, c.I32s(fft))
}

// soundWindow returns the weights of a window, which a name or a list gives; nil if there is none.
func (c *Context) soundWindow(shape any, n int) []float32 {
	base := 0.5
	switch s := shape.(type) {
	case nil:
		return nil
	case string:
		switch s {
		case "hann":
		case "hamming":
			base = 0.54
		default:
			build.Refuse("the window %q", s)
		}
	default:
		v := tensor.View[float32](c.numbers("window", s).Const)
		if len(v) != n {
			build.Damaged("a window of %d samples for frames of %d", len(v), n)
		}
		return v
	}
	period := n - n%2 // as TensorFlow's periodic windows have it
	list := make([]float32, n)
	for i := range list {
		list[i] = 1
		if period > 0 {
			cos, _ := kernel.Turn(i%period, period)
			list[i] = float32(base - float64((1-base)*cos))
		}
	}
	return list
}

// callMel is the spectrum on the scale of pitches, in decibels if that is asked for: [batch, bins, time].
func callMel(c *Context) any {
	x := c.real(c.In(0))
	rank := c.Rank(x, 1, 2)
	fft := c.Config.int("fft_length", 2048)
	length, step := c.Config.int("sequence_length", fft), c.Config.int("sequence_stride", 512)
	y := c.TF("ComplexAbs", nil, c.shortFourier(x, length, step, fft, c.Config["window"], true))
	switch exponent := c.Config.float("mag_exp", 2); exponent {
	case 1:
	case 2:
		y = c.TF("Square", nil, y)
	default:
		y = c.TF("Pow", nil, y, c.F32(exponent))
	}
	y = c.TF("BatchMatMulV2", nil, c.atLeast(y, 2), c.melMatrix(fft/2+1))
	if c.Config.bool("power_to_db", true) {
		least := c.F32(c.Config.float("min_power", 1e-10))
		decibels := func(v *ir.Value) *ir.Value { return c.mul(c.F32(10), c.log(10, c.TF("Maximum", nil, v, least))) }
		y = c.sub(decibels(y), decibels(c.TF("Abs", nil, c.F32(c.Config.float("ref_power", 1)))))
		top := c.reduce("Max", y, false, counting(len(y.Type.Shape))...)
		y = c.TF("Maximum", nil, y, c.sub(top, c.F32(c.Config.float("top_db", 80))))
	}
	perm := counting(rank + 1)
	perm[rank-1], perm[rank] = rank, rank-1
	return c.transpose(y, perm...)
}

// atLeast returns x, which has as many dimensions.
func (c *Context) atLeast(x *ir.Value, rank int) *ir.Value {
	c.Rank(x, rank, 8)
	return x
}

// log is the logarithm to a base.
func (c *Context) log(base float64, x *ir.Value) *ir.Value {
	return c.mul(c.TF("Log", nil, x), c.F32(float32(1/kernel.F64Log(base))))
}

// melMatrix has a triangle of weights for each bin, of the given number of frequencies: up and down between the centres of its neighbours, which lie at equal distances on
// the scale of pitches.
func (c *Context) melMatrix(frequencies int) *ir.Value {
	rate, bins := c.Config.int("sampling_rate", 16000), c.Config.int("num_mel_bins", 128)
	low, high := c.Config.float("min_freq", 20), c.Config.float("max_freq", float32(rate/2))
	if bins < 1 || frequencies < 2 || bins > stateMost/frequencies {
		build.Refuse("%d bins of %d frequencies", bins, frequencies)
	}
	mel := func(hertz float64) float64 { return float64(1127 * kernel.F64Log(1+hertz/700)) }
	from, to := mel(float64(low)), mel(float64(high))
	edge := func(i int) float64 { return from + float64((to-from)*float64(i)/float64(bins+1)) }
	weights := make([]float32, frequencies*bins)
	for f := 1; f < frequencies; f++ { // none of the constant part
		at := mel(float64(rate) / 2 * float64(f) / float64(frequencies-1))
		for b := range bins {
			up := (at - edge(b)) / (edge(b+1) - edge(b))
			down := (edge(b+2) - at) / (edge(b+2) - edge(b+1))
			weights[f*bins+b] = float32(max(0, min(up, down)))
		}
	}
	return c.Floats(tensor.Shape{frequencies, bins}, weights...)
}
