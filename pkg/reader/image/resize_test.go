package image_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/octetlite/octet/pkg/reader/image"
)

// TestResizeEqualsTensorFlow compares bit by bit with tf.image.resize, resize_with_pad and smart_resize.
func TestResizeEqualsTensorFlow(t *testing.T) {
	im := decode(t, "small.png", 3)
	want := bytes.NewReader(read(t, "resize.f32"))
	for _, c := range []struct {
		height, width int
		fit           image.Fit
	}{
		{17, 13, image.Stretch}, {5, 7, image.Stretch}, {20, 31, image.Stretch}, {1, 1, image.Stretch},
		{10, 12, image.Pad}, {20, 9, image.Pad},
		{8, 11, image.Crop}, {20, 9, image.Crop},
	} {
		got := im.Resize(c.width, c.height, c.fit)
		if got.Width != c.width || got.Height != c.height || len(got.Values) != c.width*c.height*3 {
			t.Fatalf("%+v: %dx%d, %d values", c, got.Width, got.Height, len(got.Values))
		}
		values := make([]float32, len(got.Values))
		if err := binary.Read(want, binary.LittleEndian, values); err != nil {
			t.Fatal(err)
		}
		for i, v := range got.Values {
			if math.Float32bits(v) != math.Float32bits(values[i]) {
				t.Errorf("%+v: value %d is %v, TensorFlow's is %v", c, i, v, values[i])
				break
			}
		}
	}
	if want.Len() != 0 {
		t.Errorf("%d bytes of reference values are left", want.Len())
	}
}

func TestResizeToTheSameSizeIsExact(t *testing.T) {
	im := decode(t, "rgb.png", 3)
	for _, fit := range []image.Fit{image.Crop, image.Stretch, image.Pad} {
		for i, v := range im.Resize(im.Width, im.Height, fit).Values {
			if v != float32(im.Pix[i]) {
				t.Fatalf("%v: value %d is %v, want %d", fit, i, v, im.Pix[i])
			}
		}
	}
}

// TestResizeExtremes asks for shapes whose exact fit would have no pixels.
func TestResizeExtremes(t *testing.T) {
	line := &image.Image{Width: 1000, Height: 1, Channels: 1, Pix: bytes.Repeat([]uint8{200}, 1000)}
	for _, fit := range []image.Fit{image.Crop, image.Stretch, image.Pad} {
		got := line.Resize(3, 5, fit)
		lit := 0
		for _, v := range got.Values {
			switch v {
			case 200:
				lit++
			case 0:
			default:
				t.Errorf("%v: value %v", fit, v)
			}
		}
		if want := map[image.Fit]int{image.Crop: 15, image.Stretch: 15, image.Pad: 3}[fit]; lit != want {
			t.Errorf("%v: %d pixels of the picture, want %d", fit, lit, want)
		}
	}
}

func TestNormalize(t *testing.T) {
	f := (&image.Image{Width: 1, Height: 2, Channels: 3, Pix: []uint8{0, 127, 255, 10, 20, 30}}).Floats()
	if err := f.Normalize([]float32{1, 2, 3}, []float32{2}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{-0.5, 62.5, 126, 4.5, 9, 13.5} {
		if f.Values[i] != want {
			t.Errorf("value %d: %v, want %v", i, f.Values[i], want)
		}
	}
	if err := f.Normalize([]float32{1, 2}, []float32{1}); err == nil {
		t.Error("two means for three channels")
	}
}

func TestParseFit(t *testing.T) {
	for _, fit := range []image.Fit{image.Crop, image.Stretch, image.Pad} {
		if got, err := image.ParseFit(fit.String()); err != nil || got != fit {
			t.Errorf("ParseFit(%q) = %v, %v", fit, got, err)
		}
	}
	if _, err := image.ParseFit("cover"); err == nil {
		t.Error(`ParseFit("cover")`)
	}
}
