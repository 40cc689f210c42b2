package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// audios are the operators that prepare sound.
var audios = []Op{
	{Name: "AudioSpectrogram", To: "TRANSPOSE GATHER MUL RESHAPE RFFT2D COMPLEX_ABS SQUARE", Note: "sound of known length", Lower: lowerSpectrogram},
	{Name: "Mfcc", To: "SQRT FULLY_CONNECTED MAXIMUM LOG", Note: "a known sample rate", Lower: lowerMfcc},
	{Name: "DecodeWav", Note: "files are not decoded: make the samples the input"},
	{Name: "EncodeWav", Note: "TFLite has no operators for it"},
}

// maxFrames bounds the indices of the samples in all frames.
const maxFrames = 1 << 24

// lowerSpectrogram transforms frames of [samples, channels] under a periodic Hann window, padded to a power of two.
func lowerSpectrogram(c *Context) {
	x, window, stride := ranked(c.In(0), 2, "sound"), c.Int("window_size", 0), c.Int("stride", 0)
	samples := c.dim(x, 0, "number of samples")
	if window < 2 || stride < 1 {
		build.Damaged("a window of %d every %d samples", window, stride)
	}
	frames := 0
	if samples >= window {
		frames = 1 + (samples-window)/stride
	}
	if frames > 0 && window > maxFrames/frames {
		build.Refuse("%d frames of %d samples", frames, window)
	}
	c.charge(frames * window)
	index, hann := make([]int32, frames*window), make([]float32, window)
	for i := range index {
		index[i] = int32(i/window*stride + i%window)
	}
	for i := range hann {
		cos, _ := kernel.Turn(i, window)
		hann[i] = float32(0.5 - float64(0.5*cos))
	}
	size := 1
	for size < window {
		size *= 2
	}
	cut := c.Emit("GATHER", &op.Gather{Axis: 1}, c.transpose(x, 1, 0), c.Const(c.name("index"), tensor.I32(tensor.Shape{frames, window}, index...)))
	tapered := c.mul(cut, c.Const(c.name("window"), tensor.F32(tensor.Shape{window}, hann...)))
	channels := c.Dims(c.name("channels"), x)[1]
	image := c.Reshape(c.name("images"), tapered, append([]build.Dim{channels}, build.Fixed(frames, 1, window)...))
	spectra := c.Emit("RFFT2D", nil, image, c.Ints(c.name("length"), 1, size))
	y := c.part("COMPLEX_ABS", c.Reshape(c.name("spectra"), spectra, append([]build.Dim{channels}, build.Fixed(frames, size/2+1)...)))
	if c.Bool("magnitude_squared", false) {
		y = c.apply("SQUARE", y)
	}
	c.Out(y)
}

// mel is a frequency on the mel scale.
func mel(hertz float64) float64 { return float64(1127 * kernel.F64Log(1+hertz/700)) }

// lowerMfcc adds up amplitudes under triangles that stand equally far apart on the mel scale, and takes the cosine transform of the logarithms.
func lowerMfcc(c *Context) {
	x := c.In(0)
	bins := c.dim(x, -1, "number of frequencies")
	rate := c.intOf(c.In(1), "the sample rate")
	bands, coefficients := c.Int("filterbank_channel_count", 40), c.Int("dct_coefficient_count", 13)
	low, high := float64(c.Float("lower_frequency_limit", 20)), float64(c.Float("upper_frequency_limit", 4000))
	if bins < 2 || rate < 1 || bands < 1 || coefficients < 1 || coefficients > bands || low < 0 || high <= low || high > 1e9 {
		build.Damaged("%d frequencies, rate %d, %d bands from %v to %v, %d coefficients", bins, rate, bands, low, high, coefficients)
	}
	triangles := melTriangles(bins, bands, 0.5*float64(rate)/float64(bins-1), low, high)
	sums := c.linear(c.apply("SQRT", x), bands, func(out, in int) float64 { return triangles[in*bands+out] })
	logs := c.apply("LOG", c.apply("MAXIMUM", sums, c.number(sums, 1e-12)))
	scale := math.Sqrt(2 / float64(bands))
	c.Out(c.linear(logs, coefficients, func(out, in int) float64 {
		cos, _ := kernel.Turn(out*(2*in+1), 4*bands)
		return float64(scale * cos)
	}))
}

// melTriangles returns how much each of the frequencies, the given step apart, counts for each band. The constant part does not count.
func melTriangles(bins, bands int, step, low, high float64) []float64 {
	if bands > maxMatrix/bins {
		build.Refuse("%d bands of %d frequencies", bands, bins)
	}
	weights := make([]float64, bins*bands)
	start, spacing := mel(low), (mel(high)-mel(low))/float64(bands+1)
	for i := max(int(1.5+low/step), 0); i < bins && i <= int(high/step); i++ {
		// Between two tops, counted from the start, a frequency belongs to both bands.
		at := (mel(float64(i)*step) - start) / spacing
		above := min(int(math.Ceil(at)), bands+1)
		share := float64(above) - at
		if band := above - 2; band >= 0 {
			weights[i*bands+band] = share
		}
		if band := above - 1; band >= 0 && band < bands {
			weights[i*bands+band] = 1 - share
		}
	}
	return weights
}
