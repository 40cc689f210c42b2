package image

import (
	"bytes"
	stdimage "image"

	"golang.org/x/image/webp"
)

// vp8Picture is a lossy WebP: its planes have video range and their own rounding, unlike a JPEG's.
type vp8Picture struct{ *stdimage.YCbCr }

func decodeWebP(data []byte) (stdimage.Image, error) {
	m, err := webp.Decode(bytes.NewReader(data))
	switch m := m.(type) {
	case *stdimage.YCbCr:
		return &vp8Picture{m}, err
	case *stdimage.NYCbCrA:
		return &vp8Picture{&m.YCbCr}, err
	}
	return m, err
}

// vp8 converts 4:2:0 planes as libwebp does. A chroma value is interpolated from its nearest four samples with the weights 9, 3, 3 and 1.
func (c *canvas) vp8(m *vp8Picture) {
	width, height := (c.Width+1)/2, (c.Height+1)/2
	for y := range c.Height {
		near := y / 2
		other := min(max(near-1+2*(y&1), 0), height-1)
		for x := range c.Width {
			i := x / 2
			j := i - 1 + 2*(x&1)
			nearAt, otherAt := near*m.CStride, other*m.CStride
			u := corner(m.Cb[nearAt:], m.Cb[otherAt:], i, j, width)
			v := corner(m.Cr[nearAt:], m.Cr[otherAt:], i, j, width)
			l := scale(int32(m.Y[y*m.YStride+x]), 19077)
			c.rgb(clip6(l+scale(v, 26149)-14234), clip6(l-scale(u, 6419)-scale(v, 13320)+8708), clip6(l+scale(u, 33050)-17685))
		}
	}
}

// corner interpolates between columns i (the nearer one) and j of the nearer and the other row. Without a column j only the rows are mixed.
func corner(near, other []uint8, i, j, width int) int32 {
	n, v := int32(near[i]), int32(other[i])
	if j < 0 || j >= width {
		return (3*n + v + 2) >> 2
	}
	h, d := int32(near[j]), int32(other[j])
	return ((n+3*h+3*v+d+8)>>3 + n) >> 1
}

func scale(v, factor int32) int32 { return v * factor >> 8 }

// clip6 drops 6 fractional bits.
func clip6(v int32) uint8 { return clamp(v >> 6) }
