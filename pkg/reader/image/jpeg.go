package image

import stdimage "image"

// jfif converts the planes of a JPEG as libjpeg does: chroma that is subsampled by two is interpolated by a triangle filter
// (3/4 of the nearer sample and 1/4 of the other one, per direction), other chroma is repeated, and the colour matrix is in 16-bit fixed point.
func (c *canvas) jfif(m *stdimage.YCbCr) {
	if c.Channels == 1 {
		for y := range c.Height {
			for _, v := range m.Y[y*m.YStride:][:c.Width] {
				c.gray(v)
			}
		}
		return
	}
	up := newUpsampler(m)
	cb, cr := make([]uint8, c.Width), make([]uint8, c.Width)
	for y := range c.Height {
		up.row(cb, m.Cb, y)
		up.row(cr, m.Cr, y)
		for x, luma := range m.Y[y*m.YStride:][:c.Width] {
			l, b, r := int32(luma), int32(cb[x])-128, int32(cr[x])-128
			c.rgb(clamp(l+(91881*r+32768)>>16), clamp(l+(-22554*b-46802*r+32768)>>16), clamp(l+(116130*b+32768)>>16))
		}
	}
}

func clamp(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// upsampler yields rows of full-size chroma.
type upsampler struct {
	h, v          int // luma samples per chroma sample
	width, height int // of the chroma planes
	stride        int
	sums          []int32 // one chroma row after the vertical filter
}

func newUpsampler(m *stdimage.YCbCr) *upsampler {
	factors := map[stdimage.YCbCrSubsampleRatio][2]int{
		stdimage.YCbCrSubsampleRatio444: {1, 1}, stdimage.YCbCrSubsampleRatio422: {2, 1}, stdimage.YCbCrSubsampleRatio420: {2, 2},
		stdimage.YCbCrSubsampleRatio440: {1, 2}, stdimage.YCbCrSubsampleRatio411: {4, 1}, stdimage.YCbCrSubsampleRatio410: {4, 2},
	}[m.SubsampleRatio]
	u := &upsampler{h: factors[0], v: factors[1], stride: m.CStride}
	u.width = (m.Rect.Dx() + u.h - 1) / u.h
	u.height = (m.Rect.Dy() + u.v - 1) / u.v
	u.sums = make([]int32, u.width)
	return u
}

// row fills dst with row y of a plane. libjpeg smooths planes of more than two columns, or not horizontally subsampled ones, only.
func (u *upsampler) row(dst, plane []uint8, y int) {
	near := plane[y/u.v*u.stride:][:u.width]
	switch {
	case u.h == 2 && u.width > 2 && u.v <= 2:
		u.smooth(dst, near, plane, y)
	case u.h == 1 && u.v == 2:
		other := u.other(plane, y)
		bias := 1 + int32(y&1)
		for x := range dst {
			dst[x] = uint8((3*int32(near[x]) + int32(other[x]) + bias) >> 2)
		}
	default:
		for x := range dst {
			dst[x] = near[x/u.h]
		}
	}
}

// other returns the second nearest chroma row of row y where two rows share a sample; behind the edge it is the edge itself.
func (u *upsampler) other(plane []uint8, y int) []uint8 {
	row := y/2 - 1 + 2*(y&1)
	row = min(max(row, 0), u.height-1)
	return plane[row*u.stride:][:u.width]
}

// smooth filters horizontally, and vertically before where rows are subsampled too. Rounding alternates between the columns so that it has no bias.
func (u *upsampler) smooth(dst, near, plane []uint8, y int) {
	weight, shift, even, odd := int32(1), 2, int32(1), int32(2)
	if u.v == 2 {
		weight, shift, even, odd = 4, 4, 8, 7
		other := u.other(plane, y)
		for i := range u.sums {
			u.sums[i] = 3*int32(near[i]) + int32(other[i])
		}
	} else {
		for i, s := range near {
			u.sums[i] = int32(s)
		}
	}
	last := u.width - 1
	for x := range dst {
		i := x / 2
		neighbour, bias := i-1, even
		if x&1 == 1 {
			neighbour, bias = i+1, odd
		}
		if neighbour < 0 || neighbour > last { // the edge sample itself, rounded like its column
			if weight == 1 {
				dst[x] = uint8(u.sums[i])
				continue
			}
			neighbour = i
		}
		dst[x] = uint8((3*u.sums[i] + u.sums[neighbour] + bias) >> shift)
	}
}
