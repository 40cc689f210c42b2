package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// transforms are Fourier transforms. TFLite has the one of real numbers, whose length is a power of two; others are products with a constant matrix.
var transforms = []Op{
	{Name: "RFFT", To: "RESHAPE RFFT2D FULLY_CONNECTED BITCAST", Lower: lowerRFFT},
	{Name: "RFFT2D", To: "RFFT2D RESHAPE FULLY_CONNECTED BITCAST TRANSPOSE", Lower: lowerRFFT2D},
	{Name: "IRFFT", To: "BITCAST RESHAPE FULLY_CONNECTED", Note: byMatrix, Lower: func(c *Context) { c.Out(c.fourierToReal(c.In(0), c.lengths(1)[0])) }},
	{Name: "IRFFT2D", To: "BITCAST RESHAPE FULLY_CONNECTED TRANSPOSE", Note: byMatrix, Lower: func(c *Context) {
		n := c.lengths(2)
		c.Out(c.fourierToReal(c.fourierOfColumns(c.In(0), n[0], 1), n[1]))
	}},
	{Name: "FFT", To: "BITCAST RESHAPE FULLY_CONNECTED", Note: byMatrix, Lower: func(c *Context) { c.Out(c.fourier(c.In(0), -1)) }},
	{Name: "IFFT", To: "BITCAST RESHAPE FULLY_CONNECTED", Note: byMatrix, Lower: func(c *Context) { c.Out(c.fourier(c.In(0), 1)) }},
	{Name: "FFT2D", To: "BITCAST RESHAPE FULLY_CONNECTED TRANSPOSE", Note: byMatrix, Lower: func(c *Context) {
		c.Out(c.fourierOfColumns(c.fourier(c.In(0), -1), 0, -1))
	}},
	{Name: "IFFT2D", To: "BITCAST RESHAPE FULLY_CONNECTED TRANSPOSE", Note: byMatrix, Lower: func(c *Context) {
		c.Out(c.fourierOfColumns(c.fourier(c.In(0), 1), 0, 1))
	}},
	{Name: "FFT3D", Note: "there is no such operator in TFLite"},
	{Name: "IFFT3D", Note: "there is no such operator in TFLite"},
	{Name: "IRFFT3D", Note: "there is no such operator in TFLite"},
	{Name: "RFFT3D", Note: "there is no such operator in TFLite"},
}

const byMatrix = "as a product with a matrix"

// maxMatrix bounds the elements of a transform's matrix.
const maxMatrix = 1 << 24

// lengths returns the lengths of a transform over that many axes, which are operand 1.
func (c *Context) lengths(axes int) []int {
	list, ok := c.whole(c.In(1))
	if !ok {
		build.Refuse("the length must be known when converting")
	}
	if len(list) != axes || len(c.In(0).Type.Shape) < axes {
		build.Damaged("%d lengths for the shape %v", len(list), c.In(0).Type.Shape)
	}
	for _, n := range list {
		if n < 1 {
			build.Damaged("the length %d", n)
		}
	}
	return list
}

func powerOf2(n int) bool { return n > 0 && n&(n-1) == 0 }

func lowerRFFT(c *Context) {
	n := c.lengths(1)[0]
	if x := c.In(0); !powerOf2(n) {
		c.Out(c.fourierOfReal(x, n))
	} else {
		last := len(x.Type.Shape) - 1
		lead := c.Dims(c.name("input"), x)
		image := c.Reshape(c.name("image"), x, append(lead[:last:last], build.Dim{Size: 1}, lead[last]))
		y := c.Emit("RFFT2D", nil, image, c.Ints(c.name("length"), 1, n))
		c.Out(c.Reshape(c.name("row"), y, append(lead[:last:last], build.Dim{Size: n/2 + 1})))
	}
}

func lowerRFFT2D(c *Context) {
	if n := c.lengths(2); !powerOf2(n[0]) || !powerOf2(n[1]) {
		c.Out(c.fourierOfColumns(c.fourierOfReal(c.In(0), n[1]), n[0], -1))
		return
	}
	c.Out(c.Emit("RFFT2D", nil, c.In(0), c.index32(c.In(1))))
}

// fourierOfReal is the transform of real numbers along the last axis, cut or padded with zeros to a length, up to the middle frequency.
func (c *Context) fourierOfReal(x *ir.Value, n int) *ir.Value {
	if x.Type.DType != f32 {
		build.Refuse("transforms of %v", x.Type.DType)
	}
	last := len(x.Type.Shape) - 1
	y := c.linear(x, 2*(n/2+1), func(out, in int) float64 {
		cos, sin := kernel.Turn(out/2*in, n)
		switch {
		case in >= n:
			return 0
		case out%2 == 0:
			return cos
		}
		return -sin
	})
	lead := c.Dims(c.name("input"), x)
	return c.reread(c.Reshape(c.name("pairs"), y, append(lead[:last:last], build.Fixed(n/2+1, 2)...)), tensor.Complex64)
}

// fourierToReal undoes fourierOfReal. It adds up cosines and sines: those of a frequency and of its mirror image are the same.
func (c *Context) fourierToReal(x *ir.Value, n int) *ir.Value {
	return c.linear(c.flatParts(x), n, func(out, in int) float64 {
		f := in / 2
		cos, sin := kernel.Turn(f*out, n)
		weight := 2 / float64(n)
		if f == 0 || 2*f == n {
			weight = 1 / float64(n)
		}
		switch {
		case f > n/2:
			return 0
		case in%2 == 0:
			return float64(weight * cos)
		}
		return -float64(weight * sin)
	})
}

// fourierOfColumns is fourier along the last axis but one, which must have the given length unless that is 0.
func (c *Context) fourierOfColumns(x *ir.Value, n int, sign float64) *ir.Value {
	rank := len(x.Type.Shape)
	if rank < 2 || rank > transposeRank {
		build.Refuse("a transform of the shape %v", x.Type.Shape)
	}
	if size := c.dim(x, -2, "number of rows"); n != 0 && n != size {
		build.Refuse("a transform of %d rows as %d", size, n)
	}
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = i
	}
	perm[rank-1], perm[rank-2] = rank-2, rank-1
	turned := func(v *ir.Value) *ir.Value { return c.reread(c.transpose(c.reread(v, i64), perm...), tensor.Complex64) }
	return turned(c.fourier(turned(x), sign))
}

// fourier is the transform along the last axis, with the given sign in the exponent; the one with a plus is divided by the length.
func (c *Context) fourier(x *ir.Value, sign float64) *ir.Value {
	flat := c.flatParts(x)
	n := x.Type.Shape[len(x.Type.Shape)-1]
	scale := 1.0
	if sign > 0 {
		scale = 1 / float64(n)
	}
	y := c.linear(flat, 2*n, func(out, in int) float64 {
		cos, sin := kernel.Turn(out/2*(in/2), n)
		switch {
		case out%2 == in%2:
			return float64(scale * cos)
		case out%2 == 0: // the real part of i times the sine
			return float64(-sign * scale * sin)
		}
		return float64(sign * scale * sin)
	})
	dims := c.Dims(c.name("shape"), x)
	return c.reread(c.Reshape(c.name("pairs"), y, append(dims, build.Dim{Size: 2})), tensor.Complex64)
}

// flatParts is x with the parts of each number side by side in the last dimension.
func (c *Context) flatParts(x *ir.Value) *ir.Value {
	last := len(x.Type.Shape) - 1
	if last < 0 || x.Type.Shape[last] < 1 {
		build.Refuse("a transform of the shape %v", x.Type.Shape)
	}
	dims := c.Dims(c.name("input"), x)
	dims[last].Size *= 2
	return c.Reshape(c.name("flat"), c.parts(x), dims)
}

// linear multiplies the last dimension with a matrix, given by a function of the indices of result and operand.
func (c *Context) linear(x *ir.Value, n int, matrix func(out, in int) float64) *ir.Value {
	k := x.Type.Shape[len(x.Type.Shape)-1]
	if k < 1 || n > maxMatrix/k {
		build.Refuse("a transform of %d elements into %d", k, n)
	}
	c.charge(n * k)
	weights := make([]float32, n*k)
	for i := range weights {
		weights[i] = float32(matrix(i/k, i%k))
	}
	return c.Emit("FULLY_CONNECTED", &op.FullyConnected{KeepNumDims: true}, x, c.Const(c.name("matrix"), tensor.F32(tensor.Shape{n, k}, weights...)))
}
