package graphdef

import (
	"slices"

	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// matrices are the operators on the diagonals of matrices.
var matrices = []Op{
	{Name: "MatrixDiag", To: "MATRIX_DIAG BITCAST", Lower: func(c *Context) { c.Out(c.matrixDiag(c.In(0))) }},
	{Name: "MatrixDiagV2", To: diagonal, Lower: func(c *Context) { c.bandMatrix("LEFT_LEFT") }},
	{Name: "MatrixDiagV3", To: diagonal, Lower: func(c *Context) { c.bandMatrix("RIGHT_LEFT") }},
	{Name: "BatchMatrixDiag", To: "MATRIX_DIAG BITCAST", Lower: func(c *Context) { c.Out(c.matrixDiag(c.In(0))) }},
	{Name: "MatrixDiagPart", To: "RESHAPE GATHER", Lower: func(c *Context) { c.diagonalPart("LEFT_LEFT") }},
	{Name: "MatrixDiagPartV2", To: "RESHAPE GATHER SELECT_V2", Lower: func(c *Context) { c.diagonalPart("LEFT_LEFT") }},
	{Name: "MatrixDiagPartV3", To: "RESHAPE GATHER SELECT_V2", Lower: func(c *Context) { c.diagonalPart("RIGHT_LEFT") }},
	{Name: "MatrixSetDiag", To: "MATRIX_SET_DIAG BITCAST", Lower: func(c *Context) { c.setDiagonal("LEFT_LEFT") }},
	{Name: "MatrixSetDiagV2", To: "MATRIX_SET_DIAG RESHAPE CONCATENATION GATHER", Lower: func(c *Context) { c.setDiagonal("LEFT_LEFT") }},
	{Name: "MatrixSetDiagV3", To: "MATRIX_SET_DIAG RESHAPE CONCATENATION GATHER", Lower: func(c *Context) { c.setDiagonal("RIGHT_LEFT") }},
	{Name: "Diag", To: "RESHAPE MATRIX_DIAG", Lower: lowerDiag},
	{Name: "DiagPart", To: "RESHAPE GATHER", Lower: lowerDiagPart},
	{Name: "MatrixBandPart", To: "SELECT_V2 RANGE SUB LESS_EQUAL LOGICAL_AND LOGICAL_OR", Lower: lowerBandPart},
	{Name: "MatrixInverse", Note: "TFLite has no operator for it"},
	{Name: "MatrixDeterminant", Note: "TFLite has no operator for it"},
	{Name: "MatrixSolve", Note: "TFLite has no operator for it"},
	{Name: "MatrixTriangularSolve", Note: "TFLite has no operator for it"},
	{Name: "Qr", Note: "TFLite has no operator for it"},
	{Name: "Svd", Note: "TFLite has no operator for it"},
	{Name: "SelfAdjointEigV2", Note: "TFLite has no operator for it"},
}

const diagonal = "MATRIX_DIAG RESHAPE GATHER SELECT_V2"

var matrixDiagTypes = []tensor.DType{tensor.Float32, tensor.Int64, tensor.Int32, tensor.Int16, tensor.Int8, tensor.UInt8}

// matrixDiag makes square matrices of zeros with the rows of x on their diagonals.
func (c *Context) matrixDiag(x *ir.Value) *ir.Value {
	if len(x.Type.Shape) == 0 {
		build.Damaged("a scalar is no diagonal")
	}
	y, back := c.as(x, matrixDiagTypes...)
	return back(c.Emit("MATRIX_DIAG", nil, y))
}

// band reads operand i: the diagonals from lo to hi, of which 0 is the main one and 1 the one above it.
func (c *Context) band(i int) (lo, hi int) {
	k, ok := c.whole(c.In(i))
	if !ok || len(k) < 1 || len(k) > 2 {
		build.Refuse("the diagonals are no constants")
	}
	if lo, hi = k[0], k[len(k)-1]; lo > hi || lo < -1<<16 || hi > 1<<16 {
		build.Damaged("diagonals from %d to %d", lo, hi)
	}
	return lo, hi
}

// diagonals says where the elements of a band of diagonals of matrices are. Each diagonal has a row of the packed form, the highest first.
type diagonals struct {
	lo, hi, rows, cols int
	align              string
}

// longest returns the length of the longest diagonal.
func (d diagonals) longest() int { return min(d.rows+min(d.hi, 0), d.cols-max(d.lo, 0)) }

// each calls f for each element: row and column in the matrix, and the place in the packed form.
func (d diagonals) each(f func(row, col, place int)) {
	most := d.longest()
	for k := d.hi; k >= d.lo; k-- {
		n := min(d.rows+min(k, 0), d.cols-max(k, 0))
		offset := 0
		if super, sub, _ := strings.Cut(d.align, "_"); k >= 0 && super == "RIGHT" || k < 0 && sub == "RIGHT" {
			offset = most - n
		}
		for i := range max(n, 0) {
			f(i-min(k, 0), i+max(k, 0), (d.hi-k)*most+offset+i)
		}
	}
}

// zeroPad reports whether operand i is a constant 0.
func (c *Context) zeroPad(i int) bool {
	t := c.In(i).Const
	return t != nil && strings.Trim(string(t.Data), "\x00") == ""
}

// bandMatrix makes matrices with the given diagonals.
func (c *Context) bandMatrix(align string) {
	x := c.In(0)
	lo, hi := c.band(1)
	rows, cols := c.intOf(c.In(2), "the number of rows"), c.intOf(c.In(3), "the number of columns")
	rank := len(x.Type.Shape)
	if rank == 0 {
		build.Damaged("a scalar is no diagonal")
	}
	if lo == 0 && hi == 0 && rows < 0 && cols < 0 && c.zeroPad(4) {
		c.Out(c.matrixDiag(x))
		return
	}
	lead := rank - 1
	if lo != hi {
		lead--
	}
	n := x.Type.Shape[rank-1]
	if lead < 0 || n < 0 || lo != hi && x.Type.Shape[lead] != hi-lo+1 {
		build.Refuse("diagonals of shape %v", x.Type.Shape)
	}
	leastRows, leastCols := n-min(hi, 0), n+max(lo, 0)
	switch {
	case rows < 0 && cols < 0:
		rows = max(leastRows, leastCols)
		cols = rows
	case rows < 0:
		rows = leastRows
	case cols < 0:
		cols = leastCols
	}
	d := diagonals{lo, hi, rows, cols, c.String("align", align)}
	if rows < 1 || cols < 1 || rows > maxPlaces/cols || d.longest() != n {
		build.Damaged("diagonals of shape %v do not fit matrices of %d rows and %d columns", x.Type.Shape, rows, cols)
	}
	index := make([]int, rows*cols)
	for i := range index {
		index[i] = -1
	}
	d.each(func(row, col, place int) { index[row*cols+col] = place })
	c.Out(c.rearranged(x, lead, index, tensor.Shape{rows, cols}, c.In(4)))
}

// diagonalsOf describes a band of the diagonals of x, whose size must be known.
func (c *Context) diagonalsOf(x *ir.Value, lo, hi int, align string) diagonals {
	rank := len(x.Type.Shape)
	if rank < 2 {
		build.Damaged("%v holds no matrices", x.Type)
	}
	d := diagonals{lo, hi, x.Type.Shape[rank-2], x.Type.Shape[rank-1], c.String("align", align)}
	if d.rows < 0 || d.cols < 0 {
		build.Refuse("matrices of unknown size: %v", x.Type)
	}
	if d.longest() < 1 || lo <= -d.rows || hi >= d.cols {
		build.Damaged("matrices of shape %v have no diagonals from %d to %d", x.Type.Shape, lo, hi)
	}
	return d
}

func (c *Context) diagonalPart(align string) {
	x := c.In(0)
	lo, hi := 0, 0
	var pad *ir.Value
	if c.Len() > 1 {
		lo, hi = c.band(1)
		pad = c.In(2)
	}
	d := c.diagonalsOf(x, lo, hi, align)
	shape := tensor.Shape{d.longest()}
	if lo != hi {
		shape = tensor.Shape{hi - lo + 1, d.longest()}
	}
	index := make([]int, shape.Elements())
	for i := range index {
		index[i] = -1
	}
	d.each(func(row, col, place int) { index[place] = row*d.cols + col })
	c.Out(c.rearranged(x, len(x.Type.Shape)-2, index, shape, pad))
}

func (c *Context) setDiagonal(align string) {
	x, part := c.In(0), c.In(1)
	lo, hi := 0, 0
	if c.Len() > 2 {
		lo, hi = c.band(2)
	}
	rank := len(x.Type.Shape)
	if rank < 2 {
		build.Damaged("%v holds no matrices", x.Type)
	}
	if lo == 0 && hi == 0 {
		y, back := c.as(x, matrixDiagTypes...)
		part, _ = c.as(part, matrixDiagTypes...)
		c.Out(back(c.Emit("MATRIX_SET_DIAG", nil, y, part)))
		return
	}
	d := c.diagonalsOf(x, lo, hi, align)
	index := make([]int, d.rows*d.cols)
	for i := range index {
		index[i] = i
	}
	d.each(func(row, col, place int) { index[row*d.cols+col] = d.rows*d.cols + place })
	c.Out(c.rearranged(c.appended(x, part, rank-2), rank-2, index, tensor.Shape{d.rows, d.cols}, nil))
}

// lowerDiag makes a diagonal tensor, of twice the dimensions.
func lowerDiag(c *Context) {
	x := c.In(0)
	dims := c.Dims(c.name("dims"), x)
	y := c.matrixDiag(c.Reshape(c.name("flat"), x, []build.Dim{{Size: -1}}))
	c.Out(c.Reshape(c.name("result"), y, append(slices.Clip(dims), dims...)))
}

func lowerDiagPart(c *Context) {
	x := c.In(0)
	half := x.Type.Shape[:len(x.Type.Shape)/2]
	n := half.Elements()
	if len(x.Type.Shape)%2 != 0 || !x.Type.Shape[len(half):].Equal(half) || n < 0 {
		build.Refuse("%v is no diagonal tensor of known shape", x.Type)
	}
	index := make([]int, n)
	for i := range index {
		index[i] = i * (n + 1)
	}
	c.Out(c.rearranged(x, 0, index, half, nil))
}

// lowerBandPart keeps the elements of matrices whose column is at most lower to the left of their row, and at most upper to the right; negative numbers keep all.
func lowerBandPart(c *Context) {
	x := c.In(0)
	rank := len(x.Type.Shape)
	if rank < 2 {
		build.Damaged("%v holds no matrices", x.Type)
	}
	dims := c.Dims(c.name("dims"), x)[rank-2:]
	line := func(d build.Dim, dim int, column int) *ir.Value {
		zero, one := c.Builder.Int(c.name("first"), 0), c.Builder.Int(c.name("step"), 1)
		v := c.EmitAs("RANGE", nil, []ir.Type{typed(i32, x.Type.Shape[dim])}, zero, c.scalarOf(d), one)[0]
		return c.expand(v, column)
	}
	right := c.sub(line(dims[1], rank-1, 0), line(dims[0], rank-2, 1)) // column - row
	within := func(limit, distance *ir.Value) *ir.Value {
		limit = c.scalar32(limit)
		if n, ok := c.whole(limit); ok && len(n) == 1 {
			if n[0] < 0 {
				return nil
			}
			return c.Emit("LESS_EQUAL", nil, distance, limit)
		}
		open := c.Emit("LESS", nil, limit, c.Builder.Int(c.name("zero"), 0))
		return c.Emit("LOGICAL_OR", nil, open, c.Emit("LESS_EQUAL", nil, distance, limit))
	}
	lower, upper := within(c.In(1), c.sub(c.Builder.Int(c.name("zero"), 0), right)), within(c.In(2), right)
	mask := lower
	switch {
	case lower == nil && upper == nil:
		c.Out(x)
		return
	case lower == nil:
		mask = upper
	case upper != nil:
		mask = c.Emit("LOGICAL_AND", nil, lower, upper)
	}
	c.Out(c.selectV2(mask, x, c.zero(x.Type.DType)))
}
