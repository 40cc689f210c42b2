package dataset

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/reader/image"
	"github.com/octetlite/octet/pkg/tensor"
)

// picture says how pictures become an input's values: decoded, resized to Width by Height if these are set, their channels ordered, then
// (v - mean) / std for each value v from 0 to 255.
type picture struct {
	Width  int       `json:"width,omitempty"`
	Height int       `json:"height,omitempty"`
	Fit    string    `json:"fit,omitempty"`
	Mean   []float32 `json:"mean,omitempty"`
	Std    []float32 `json:"std,omitempty"`
	Order  string    `json:"order,omitempty"`
}

const maxSide = 1 << 15

// picture reads the options.
func (s *Spec) picture() (*picture, error) {
	p := &picture{}
	if s.Options.Has("resize") {
		w, h, two := strings.Cut(s.Options.Get("resize"), "x")
		if !two {
			h = w
		}
		var errW, errH error
		p.Width, errW = strconv.Atoi(w)
		p.Height, errH = strconv.Atoi(h)
		if errW != nil || errH != nil || p.Width < 1 || p.Height < 1 {
			return nil, fmt.Errorf("option resize=%q: want WIDTHxHEIGHT, such as 224x224", s.Options.Get("resize"))
		}
		p.Fit = image.Crop.String()
	}
	if s.Options.Has("fit") {
		p.Fit = s.Options.Get("fit")
		if p.Width == 0 {
			return nil, fmt.Errorf("option fit=%s needs resize=WIDTHxHEIGHT", p.Fit)
		}
	}
	p.Order = s.Options.Get("order")
	if p.Order == "rgb" {
		p.Order = ""
	}
	var err error
	if p.Mean, err = s.channels("mean"); err != nil {
		return nil, err
	}
	if p.Std, err = s.channels("std"); err != nil {
		return nil, err
	}
	return p, p.validate()
}

// channels reads one number for all channels, or three separated by commas.
func (s *Spec) channels(key string) ([]float32, error) {
	if !s.Options.Has(key) {
		return nil, nil
	}
	var list []float32
	for part := range strings.SplitSeq(s.Options.Get(key), ",") {
		v, err := strconv.ParseFloat(part, 32)
		if err != nil {
			return nil, fmt.Errorf("option %s=%q: want a number, or three separated by commas", key, s.Options.Get(key))
		}
		list = append(list, float32(v))
	}
	return list, nil
}

func (p *picture) validate() error {
	if p.Width < 0 || p.Height < 0 || p.Width > maxSide || p.Height > maxSide || (p.Width == 0) != (p.Height == 0) {
		return fmt.Errorf("resizing to %d by %d pixels: the limit is %d by %d", p.Width, p.Height, maxSide, maxSide)
	}
	if (p.Fit == "") != (p.Width == 0) {
		return fmt.Errorf("fit %q and width %d", p.Fit, p.Width)
	}
	if p.Fit != "" {
		if _, err := image.ParseFit(p.Fit); err != nil {
			return err
		}
	}
	if p.Order != "" && p.Order != "bgr" {
		return fmt.Errorf("order %q: want rgb or bgr", p.Order)
	}
	for name, list := range map[string][]float32{"mean": p.Mean, "std": p.Std} {
		if n := len(list); n != 0 && n != 1 && n != 3 {
			return fmt.Errorf("%s: %d numbers, want one, or one for each of three channels", name, n)
		}
		for _, v := range list {
			if !finite(float64(v)) || name == "std" && v == 0 {
				return fmt.Errorf("%s=%v: want a finite number, and of std not 0", name, v)
			}
		}
	}
	return nil
}

// plain reports whether the pixels are fed as they are.
func (p *picture) plain() bool { return p.Width == 0 && p.Mean == nil && p.Std == nil }

// channelsOf checks that pictures can feed an input and returns the input's channels.
func (p *picture) channelsOf(in Input) (int, error) {
	s := in.Shape
	if len(s) != 4 || s[0] > 1 || s[0] == 0 || s[3] != 1 && s[3] != 3 {
		return 0, fmt.Errorf("input %v: pictures want the shape [1,height,width,3] or [1,height,width,1]", in)
	}
	height, width, channels := s[1], s[2], s[3]
	switch {
	case in.DType != tensor.Float32 && in.DType != tensor.UInt8:
		return 0, typeError("input %v: pictures want elements of type f32 or u8", in)
	case in.DType == tensor.UInt8 && !p.plain():
		return 0, fmt.Errorf("input %v: resizing and normalizing pictures gives fractions, which u8 can't hold", in)
	case p.Width > 0 && (width >= 0 && width != p.Width || height >= 0 && height != p.Height):
		return 0, fmt.Errorf("input %v: want pictures %d wide and %d high, have resize=%dx%d", in, width, height, p.Width, p.Height)
	case p.Width == 0 && (width < 0 || height < 0):
		return 0, fmt.Errorf("input %v: its size is open, so pictures need ?resize=WIDTHxHEIGHT", in)
	case channels == 1 && (len(p.Mean) == 3 || len(p.Std) == 3 || p.Order != ""):
		return 0, fmt.Errorf("input %v: mean, std and order of three channels for one", in)
	}
	return channels, nil
}

// sized refuses a picture whose size is not the input's and that is not resized.
func (p *picture) sized(in Input, width, height int) error {
	if p.Width == 0 && (in.Shape[1] != height || in.Shape[2] != width) {
		return mismatch(fmt.Errorf("input %v: want a picture %d wide and %d high, have %d by %d; add ?resize=%dx%d",
			in, in.Shape[2], in.Shape[1], width, height, in.Shape[2], in.Shape[1]))
	}
	return nil
}

// tensor returns an input's value of an encoded picture.
func (p *picture) tensor(in Input, data []byte) (*tensor.Tensor, error) {
	channels, err := p.channelsOf(in)
	if err != nil {
		return nil, mismatch(err)
	}
	im, err := image.Decode(data, channels, image.MaxPixels)
	if err != nil {
		return nil, bad("%v", err)
	}
	if err := p.sized(in, im.Width, im.Height); err != nil {
		return nil, err
	}
	if p.Order == "bgr" {
		im.SwapRedBlue()
	}
	shape := func(w, h int) tensor.Shape { return tensor.Shape{1, h, w, channels} }
	if in.DType == tensor.UInt8 {
		return tensor.Of(tensor.UInt8, shape(im.Width, im.Height), im.Pix), nil
	}
	var f *image.Floats
	if p.Width > 0 {
		fit, err := image.ParseFit(p.Fit)
		if err != nil {
			return nil, err
		}
		f = im.Resize(p.Width, p.Height, fit)
	} else {
		f = im.Floats()
	}
	if p.Mean != nil || p.Std != nil {
		mean, std := p.Mean, p.Std
		if mean == nil {
			mean = []float32{0}
		}
		if std == nil {
			std = []float32{1}
		}
		if err := f.Normalize(mean, std); err != nil {
			return nil, err
		}
	}
	return tensor.F32(shape(f.Width, f.Height), f.Values...), nil
}
