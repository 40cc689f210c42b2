package image

import (
	"fmt"
	"math"
)

// Floats is a picture of float32 values in the same order as Image's.
type Floats struct {
	Width, Height, Channels int
	Values                  []float32
}

// Fit says how a picture of another aspect ratio comes to the wanted size.
type Fit uint8

// The ways to fit.
const (
	Crop    Fit = iota // the largest centred part of the wanted aspect ratio, resized
	Stretch            // the whole picture, its aspect ratio changed
	Pad                // the whole picture, resized within the wanted size and centred on black
)

var fits = [...]string{Crop: "crop", Stretch: "stretch", Pad: "pad"}

// String returns the name that ParseFit reads.
func (f Fit) String() string { return fits[f] }

// ParseFit reads "crop", "stretch" or "pad".
func ParseFit(name string) (Fit, error) {
	for i, n := range fits {
		if n == name {
			return Fit(i), nil
		}
	}
	return 0, fmt.Errorf("fit %q: want crop, stretch or pad", name)
}

// box is a part of a picture.
type box struct{ x, y, width, height int }

// Floats returns the pixels as float32, unscaled.
func (im *Image) Floats() *Floats {
	out := &Floats{Width: im.Width, Height: im.Height, Channels: im.Channels, Values: make([]float32, len(im.Pix))}
	for i, p := range im.Pix {
		out.Values[i] = float32(p)
	}
	return out
}

// Resize returns the picture at the given size, bilinearly interpolated between the centres of pixels and without antialiasing: the values
// are those of TensorFlow's tf.image.resize with its defaults, of Keras's smart_resize for Crop, and of resize_with_pad for Pad.
func (im *Image) Resize(width, height int, fit Fit) *Floats {
	from := box{0, 0, im.Width, im.Height}
	to := box{0, 0, width, height}
	w, h, tw, th := int64(im.Width), int64(im.Height), int64(width), int64(height)
	switch fit {
	case Stretch:
	case Crop:
		from.width = max(1, int(min(w, h*tw/th)))
		from.height = max(1, int(min(h, w*th/tw)))
		from.x, from.y = (im.Width-from.width)/2, (im.Height-from.height)/2
	case Pad: // the size is w*s by h*s for s = min(tw/w, th/h), rounded down, and the margins are halves of what that leaves, before rounding
		if tw*h <= th*w {
			to.height = max(1, int(h*tw/w))
			to.y = int((th*w - h*tw) / (2 * w))
		} else {
			to.width = max(1, int(w*th/h))
			to.x = int((tw*h - w*th) / (2 * h))
		}
	}
	out := &Floats{Width: width, Height: height, Channels: im.Channels, Values: make([]float32, width*height*im.Channels)}
	im.bilinear(out, from, to)
	return out
}

// tap is the interpolation at one output coordinate: (1-lerp) of lower and lerp of upper.
type tap struct {
	lower, upper int
	lerp         float32
}

func taps(in, out int) []tap {
	scale := float32(in) / float32(out)
	list := make([]tap, out)
	for i := range list {
		at := float32((float32(i)+0.5)*scale) - 0.5
		floor := math.Floor(float64(at))
		list[i] = tap{
			lower: max(int(floor), 0),
			upper: min(int(math.Ceil(float64(at))), in-1),
			lerp:  at - float32(floor),
		}
	}
	return list
}

// bilinear fills the box to of out from the box from of im.
func (im *Image) bilinear(out *Floats, from, to box) {
	xs, ys := taps(from.width, to.width), taps(from.height, to.height)
	c := im.Channels
	row := func(y int) []uint8 { return im.Pix[((from.y+y)*im.Width+from.x)*c:] }
	for y, ty := range ys {
		upper, lower := row(ty.lower), row(ty.upper)
		dst := out.Values[((to.y+y)*out.Width+to.x)*c:]
		for x, tx := range xs {
			l, r := tx.lower*c, tx.upper*c
			for k := range c {
				tl, tr := float32(upper[l+k]), float32(upper[r+k])
				bl, br := float32(lower[l+k]), float32(lower[r+k])
				top := tl + float32((tr-tl)*tx.lerp)
				bottom := bl + float32((br-bl)*tx.lerp)
				dst[x*c+k] = top + float32((bottom-top)*ty.lerp)
			}
		}
	}
}

// Normalize replaces each value v by (v - mean) / std, in place. Both hold one value for all channels or one for each.
func (f *Floats) Normalize(mean, std []float32) error {
	for _, p := range [][]float32{mean, std} {
		if len(p) != 1 && len(p) != f.Channels {
			return fmt.Errorf("%d values for mean or std of %d channels", len(p), f.Channels)
		}
	}
	for i := range f.Values {
		k := i % f.Channels
		f.Values[i] = (f.Values[i] - mean[k%len(mean)]) / std[k%len(std)]
	}
	return nil
}
