package graphdef

import (
	"math"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestSpeechFeatures compares spectrograms and cepstra with TensorFlow 2.21's.
func TestSpeechFeatures(t *testing.T) {
	sound := tensor.New(f32, tensor.Shape{100, 1})
	for i := range tensor.View[float32](sound) {
		tensor.View[float32](sound)[i] = float32(math.Sin(float64(i)*0.7))*0.5 + float32(math.Cos(float64(i*i)*0.01))*0.25
	}
	spectrum := attrs(node("s = AudioSpectrogram(x0)"), "window_size", 40, "stride", 20, "magnitude_squared", true)
	cepstrum := attrs(node("y = Mfcc(s, rate)"), "upper_frequency_limit", float32(3500), "lower_frequency_limit", float32(50),
		"filterbank_channel_count", 10, "dct_coefficient_count", 4)
	check := func(got *tensor.Tensor, shape tensor.Shape, at int, want ...float32) {
		t.Helper()
		if !got.Shape.Equal(shape) {
			t.Fatalf("shape %v, want %v", got.Shape, shape)
		}
		for i, w := range want {
			if x := tensor.View[float32](got)[at+i]; math.Abs(float64(x-w)) > 2e-5*max(1, math.Abs(float64(w))) {
				t.Errorf("element %d is %v, want %v", at+i, x, w)
			}
		}
	}
	features := compute(t, of(sound), spectrum, cepstrum, constant("rate", tensor.I32(nil, 8000)))
	check(features, tensor.Shape{1, 4, 4}, 0,
		-4.1569743156433105, 6.640422821044922, -4.622138500213623, -0.7486875057220459, -4.904130935668945, 2.189622163772583, -6.588071823120117, -0.6113293766975403)
	spectrum.Name = "y"
	check(compute(t, of(sound), spectrum), tensor.Shape{1, 4, 33}, 33,
		0.0003003594756592065, 0.00042852479964494705, 0.0026155372615903616, 0.02000703103840351, 0.1255090832710266, 2.9201574325561523)
	amplitudes := attrs(node("y = AudioSpectrogram(x0)"), "window_size", 40, "stride", 20)
	check(compute(t, of(sound), amplitudes), tensor.Shape{1, 4, 33}, 99, 0.01798887737095356, 0.015299527905881405, 0.02781100571155548)

	_, err := imported([]ir.Type{{DType: f32, Shape: tensor.Shape{-1, 1}}}, amplitudes)
	if err == nil || !strings.Contains(err.Error(), "number of samples must be known") {
		t.Errorf("sound of unknown length: %v", err)
	}
}

func TestNextAfter(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := vector[float32](f32, 1, 0, -1, 0, 2, math.MaxFloat32, inf, nan, 1, -1.5)
	y := vector[float32](f32, 2, 1, 5, -1, 2, inf, 0, 1, nan, -2)
	got := tensor.View[float32](compute(t, of(x, y), node("y = NextAfter(x0, x1)")))
	for i, a := range tensor.View[float32](x) {
		want := math.Nextafter32(a, tensor.View[float32](y)[i])
		if got[i] != want && (got[i] == got[i] || want == want) {
			t.Errorf("NextAfter(%v, %v) = %v, want %v", a, tensor.View[float32](y)[i], got[i], want)
		}
	}
}
