package image

import (
	"fmt"
	stdimage "image"
	"image/color"
)

// canvas fills an Image pixel by pixel.
type canvas struct {
	Image
	at int
}

func (c *canvas) rgb(r, g, b uint8) {
	if c.Channels == 1 {
		c.Pix[c.at] = luma(r, g, b)
	} else {
		c.Pix[c.at], c.Pix[c.at+1], c.Pix[c.at+2] = r, g, b
	}
	c.at += c.Channels
}

func (c *canvas) gray(v uint8) {
	for range c.Channels {
		c.Pix[c.at] = v
		c.at++
	}
}

func luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 32768) >> 16)
}

// convert drops alpha without applying it, and of 16-bit channels the low byte.
func convert(m stdimage.Image, channels int) (*Image, error) {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	out := &canvas{Image: Image{Width: w, Height: h, Channels: channels, Pix: make([]uint8, w*h*channels)}}
	switch m := m.(type) {
	case *stdimage.YCbCr:
		out.jfif(m)
	case *vp8Picture:
		out.vp8(m)
	case *stdimage.Paletted:
		palette := make([][3]uint8, len(m.Palette))
		for i, c := range m.Palette {
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			if s, ok := c.(color.NRGBA); ok { // a fully transparent entry keeps its colour
				n = s
			}
			palette[i] = [3]uint8{n.R, n.G, n.B}
		}
		for y := range h {
			for _, index := range m.Pix[y*m.Stride:][:w] {
				if int(index) >= len(palette) {
					return nil, fmt.Errorf("palette index %d of %d", index, len(palette))
				}
				p := palette[index]
				out.rgb(p[0], p[1], p[2])
			}
		}
	case *stdimage.Gray:
		for y := range h {
			for _, v := range m.Pix[y*m.Stride:][:w] {
				out.gray(v)
			}
		}
	case *stdimage.Gray16:
		for y := range h {
			for x := range w {
				out.gray(m.Pix[y*m.Stride+2*x])
			}
		}
	case *stdimage.CMYK:
		for y := range h {
			for x := range w {
				p := m.Pix[y*m.Stride+4*x:][:4]
				k := 255 - uint32(p[3])
				out.rgb(uint8((255-uint32(p[0]))*k/255), uint8((255-uint32(p[1]))*k/255), uint8((255-uint32(p[2]))*k/255))
			}
		}
	case *stdimage.RGBA: // opaque: the decoders use it for pictures without alpha only
		out.interleaved(m.Pix, m.Stride, 4, 1)
	case *stdimage.NRGBA:
		out.interleaved(m.Pix, m.Stride, 4, 1)
	case *stdimage.RGBA64:
		out.interleaved(m.Pix, m.Stride, 8, 2)
	case *stdimage.NRGBA64:
		out.interleaved(m.Pix, m.Stride, 8, 2)
	default:
		return nil, fmt.Errorf("pixels of type %T", m)
	}
	return &out.Image, nil
}

// interleaved copies red, green and blue of pixels that are pixel bytes apart, with channels that are channel bytes apart.
func (c *canvas) interleaved(pix []uint8, stride, pixel, channel int) {
	for y := range c.Height {
		for x := range c.Width {
			p := pix[y*stride+x*pixel:]
			c.rgb(p[0], p[channel], p[2*channel])
		}
	}
}
