// Package image decodes JPEG, PNG and WebP pictures to plain pixels and prepares them as a model's input.
//
// The result depends on the file's bytes alone: everything up to the resize is integer arithmetic, and the resize is float32
// arithmetic in a fixed order. Colours follow libjpeg and libwebp (smooth chroma upsampling, their rounding); colour profiles, gamma and
// transparency are ignored, as TensorFlow's decoders ignore them; the EXIF orientation is applied. The entropy decoding and the inverse
// cosine transform of JPEG are those of the Go release that builds the program: should a digest in the tests change with the
// release, numerics.Version has to change too.
package image

import (
	"bytes"
	"errors"
	"fmt"
	stdimage "image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"
)

// Image is a picture: rows from the top, pixels from the left, Channels interleaved bytes each (1 gray, 3 red, green, blue).
type Image struct {
	Width, Height, Channels int
	Pix                     []uint8
}

// MaxPixels is a sensible limit for Decode: 64 Mi pixels, decoded in at most about 1 GB.
const MaxPixels = 64 << 20

// ErrFormat says that a file is none of the pictures that this package reads.
var ErrFormat = errors.New("not a JPEG, PNG or WebP picture")

// format is one file format.
type format struct {
	name        string
	magic       string // '?' matches any byte
	config      func(data []byte) (stdimage.Config, error)
	decode      func(data []byte) (stdimage.Image, error)
	orientation func(data []byte) int
}

var formats = []format{
	{"JPEG", "\xff\xd8",
		func(data []byte) (stdimage.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (stdimage.Image, error) { return jpeg.Decode(bytes.NewReader(data)) }, jpegOrientation},
	{"PNG", "\x89PNG\r\n\x1a\n",
		func(data []byte) (stdimage.Config, error) { return png.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (stdimage.Image, error) { return png.Decode(bytes.NewReader(data)) }, pngOrientation},
	{"WebP", "RIFF????WEBP",
		func(data []byte) (stdimage.Config, error) { return webp.DecodeConfig(bytes.NewReader(data)) },
		decodeWebP, webpOrientation},
}

func sniff(data []byte) *format {
next:
	for i, f := range formats {
		if len(data) < len(f.magic) {
			continue
		}
		for j := range len(f.magic) {
			if f.magic[j] != '?' && f.magic[j] != data[j] {
				continue next
			}
		}
		return &formats[i]
	}
	return nil
}

// Size returns a picture's width and height as Decode would give them, by its header alone.
func Size(data []byte) (width, height int, err error) {
	f := sniff(data)
	if f == nil {
		return 0, 0, ErrFormat
	}
	c, err := f.config(data)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", f.name, err)
	}
	if f.orientation(data) >= 5 {
		return c.Height, c.Width, nil
	}
	return c.Width, c.Height, nil
}

// Decode decodes a picture to 1 or 3 channels. A picture of more than maxPixels pixels is refused before any memory is taken for it.
// Gray made of colours is the luma of BT.601: of a JPEG its own, of others (19595 R + 38470 G + 7471 B + 32768) >> 16.
func Decode(data []byte, channels, maxPixels int) (*Image, error) {
	if channels != 1 && channels != 3 {
		return nil, fmt.Errorf("%d channels: want 1 or 3", channels)
	}
	f := sniff(data)
	if f == nil {
		return nil, ErrFormat
	}
	c, err := f.config(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return nil, fmt.Errorf("%s: %d by %d pixels", f.name, c.Width, c.Height)
	}
	if c.Width > maxPixels/c.Height {
		return nil, fmt.Errorf("%s of %d by %d pixels: the limit is %d pixels", f.name, c.Width, c.Height, maxPixels)
	}
	m, err := f.decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	if size := m.Bounds().Size(); size.X != c.Width || size.Y != c.Height {
		return nil, fmt.Errorf("%s: the header says %d by %d pixels, the data %d by %d", f.name, c.Width, c.Height, size.X, size.Y)
	}
	im, err := convert(m, channels)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return im.orient(f.orientation(data)), nil
}

// SwapRedBlue turns RGB into BGR and back, in place.
func (im *Image) SwapRedBlue() {
	if im.Channels != 3 {
		return
	}
	for i := 0; i+2 < len(im.Pix); i += 3 {
		im.Pix[i], im.Pix[i+2] = im.Pix[i+2], im.Pix[i]
	}
}

// orient applies an EXIF orientation, 1 to 8: 2 mirrors left to right, 3 turns by 180°, 4 mirrors top to bottom, 5 transposes,
// 6 turns clockwise, 7 transposes along the other diagonal, 8 turns counter-clockwise.
func (im *Image) orient(orientation int) *Image {
	if orientation <= 1 {
		return im
	}
	out := &Image{Width: im.Width, Height: im.Height, Channels: im.Channels, Pix: make([]uint8, len(im.Pix))}
	if orientation >= 5 {
		out.Width, out.Height = im.Height, im.Width
	}
	for y := range out.Height {
		for x := range out.Width {
			sx, sy := x, y
			if orientation >= 5 {
				sx, sy = y, x
			}
			switch orientation {
			case 2, 3, 7, 8:
				sx = im.Width - 1 - sx
			}
			switch orientation {
			case 3, 4, 6, 7:
				sy = im.Height - 1 - sy
			}
			copy(out.Pix[(y*out.Width+x)*im.Channels:][:im.Channels], im.Pix[(sy*im.Width+sx)*im.Channels:])
		}
	}
	return out
}
