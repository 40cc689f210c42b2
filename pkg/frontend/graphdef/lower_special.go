package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// specials are functions that TFLite has no operators for, by series and polynomials with about the precision of float32.
var specials = []Op{
	{Name: "Lgamma", To: gammaOps + " ABS EQUAL", Lower: one((*Context).lgamma)},
	{Name: "Digamma", To: gammaOps + " COS EQUAL", Lower: one((*Context).digamma)},
	{Name: "Erfinv", To: "SUB ADD MUL LOG NEG LESS SQRT SELECT_V2 SELECT ABS EQUAL", Lower: one((*Context).erfinv)},
	{Name: "Ndtri", To: "SUB ADD MUL LOG NEG LESS SQRT SELECT_V2 SELECT ABS EQUAL", Lower: one((*Context).ndtri)},
	{Name: "BesselI0", To: besselOps, Lower: one(func(c *Context, x *ir.Value) *ir.Value { return c.unscaled(x, c.bessel(x, besselI0)) })},
	{Name: "BesselI0e", To: besselOps, Lower: one(func(c *Context, x *ir.Value) *ir.Value { return c.bessel(x, besselI0) })},
	{Name: "BesselI1", To: besselOps, Lower: one(func(c *Context, x *ir.Value) *ir.Value {
		return c.apply("MUL", c.sign(x), c.unscaled(x, c.bessel(x, besselI1)))
	})},
	{Name: "BesselI1e", To: besselOps, Lower: one(func(c *Context, x *ir.Value) *ir.Value { return c.apply("MUL", c.sign(x), c.bessel(x, besselI1)) })},
	{Name: "NextAfter", To: "BITCAST GREATER EQUAL SELECT SELECT_V2 ADD NOT_EQUAL LOGICAL_OR", Lower: two((*Context).nextAfter)},
	{Name: "Betainc", Note: "TFLite has no operators for it"},
	{Name: "Igamma", Note: "TFLite has no operators for it"},
	{Name: "Igammac", Note: "TFLite has no operators for it"},
	{Name: "Polygamma", Note: "TFLite has no operators for it"},
	{Name: "Zeta", Note: "TFLite has no operators for it"},
}

const (
	gammaOps  = "LESS NEG SUB SELECT ADD DIV LOG MUL FLOOR MINIMUM SIN SELECT_V2"
	besselOps = "ABS DIV SQUARE MUL ADD EXP NEG SQRT LESS SELECT SELECT_V2 SIGN MAXIMUM"
)

// lanczos are the coefficients of Lanczos' approximation of the gamma function with g = 7: Γ(z + 1) = √2π·t^(z+½)·e^-t·A(z), where t = z + 7.5 and
// A(z) = lanczos[0] + Σ lanczos[k]/(z + k).
var lanczos = [...]float64{
	0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
	-0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
}

const lanczosG = 7.5 // g + ½

// lanczosSums returns A(z), and the negative of its derivative if it is asked for.
func (c *Context) lanczosSums(z *ir.Value, slope bool) (a, d *ir.Value) {
	a = c.number(z, lanczos[0])
	for k, x := range lanczos[1:] {
		at := c.apply("ADD", z, c.number(z, float64(k+1)))
		term := c.apply("DIV", c.number(z, x), at)
		a = c.apply("ADD", a, term)
		if !slope {
			continue
		}
		if term = c.apply("DIV", term, at); d == nil {
			d = term
		} else {
			d = c.apply("ADD", d, term)
		}
	}
	return a, d
}

// reflected is 1 - x where x < ½, else x, less 1; low says where.
func (c *Context) reflected(x *ir.Value) (low, z *ir.Value) {
	low = c.apply("LESS", x, c.number(x, 0.5))
	return low, c.either(low, c.apply("NEG", x), c.apply("SUB", x, c.number(x, 1)))
}

// lgamma is ln |Γ(x)|, for x < ½ by Γ(x)·Γ(1 - x) = π / sin πx.
func (c *Context) lgamma(x *ir.Value) *ir.Value {
	low, z := c.reflected(x)
	a, _ := c.lanczosSums(z, false)
	t := c.apply("ADD", z, c.number(z, lanczosG))
	logT := c.apply("LOG", t)
	// (z + ½)·ln t - t = (z + ½ - t / ln t)·ln t, whose factors are smaller than the terms.
	power := c.apply("MUL", c.apply("SUB", c.apply("ADD", z, c.number(z, 0.5)), c.apply("DIV", t, logT)), logT)
	high := c.apply("ADD", c.apply("ADD", power, c.number(z, 0.91893853320467274178)), c.apply("LOG", a)) // ½·ln 2π
	size := c.abs(x)
	part := c.apply("SUB", size, c.apply("FLOOR", size))
	part = c.apply("MINIMUM", part, c.apply("SUB", c.number(x, 1), part)) // sin πx is the same, and is accurate near whole numbers
	sine := c.apply("LOG", c.apply("SIN", c.apply("MUL", part, c.number(x, math.Pi))))
	mirror := c.apply("SUB", c.apply("SUB", c.number(x, 1.1447298858494001741), sine), high) // ln π
	finite := c.either(low, mirror, high)
	return c.where("EQUAL", size, math.Inf(1), size, finite)
}

// digamma is the derivative of ln Γ(x), for x < ½ by ψ(x) = ψ(1 - x) - π / tan πx.
func (c *Context) digamma(x *ir.Value) *ir.Value {
	low, z := c.reflected(x)
	a, d := c.lanczosSums(z, true)
	t := c.apply("ADD", z, c.number(z, lanczosG))
	slopes := c.apply("SUB", c.apply("LOG", t), c.apply("DIV", d, a))
	high := c.apply("SUB", slopes, c.apply("DIV", c.number(z, lanczosG-0.5), t))
	part := c.apply("SUB", x, c.apply("FLOOR", c.apply("ADD", x, c.number(x, 0.5)))) // tan πx has the period 1
	angle := c.apply("MUL", part, c.number(x, math.Pi))
	cotangent := c.apply("DIV", c.apply("MUL", c.apply("COS", angle), c.number(x, math.Pi)), c.apply("SIN", angle))
	mirror := c.where("EQUAL", part, 0, c.number(x, math.NaN()), c.apply("SUB", high, cotangent))
	return c.either(low, mirror, high)
}

// polynomial is Horner's scheme; coefficients are from the highest power down.
func (c *Context) polynomial(x *ir.Value, coefficients ...float64) *ir.Value {
	p := c.number(x, coefficients[0])
	for _, k := range coefficients[1:] {
		p = c.apply("ADD", c.apply("MUL", p, x), c.number(x, k))
	}
	return p
}

// erfinvNear and erfinvFar are the coefficients of M. Giles, "Approximating the erfinv function", for single precision.
var (
	erfinvNear = []float64{
		2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
	}
	erfinvFar = []float64{
		-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
	}
)

func (c *Context) erfinv(x *ir.Value) *ir.Value {
	one := c.number(x, 1)
	return c.giles(x, c.apply("MUL", c.apply("SUB", one, x), c.apply("ADD", x, one)))
}

// giles is erf⁻¹(x), given 1 - x².
func (c *Context) giles(x, rest *ir.Value) *ir.Value {
	w := c.apply("NEG", c.apply("LOG", rest))
	near := c.apply("LESS", w, c.number(w, 5))
	v := c.either(near, c.apply("SUB", w, c.number(w, 2.5)), c.apply("SUB", c.apply("SQRT", w), c.number(w, 3)))
	y := c.apply("MUL", c.either(near, c.polynomial(v, erfinvNear...), c.polynomial(v, erfinvFar...)), x)
	return c.where("EQUAL", c.abs(x), 1, c.apply("MUL", x, c.number(x, math.Inf(1))), y)
}

// ndtri is the quantile of the normal distribution, √2·erf⁻¹(2p - 1).
func (c *Context) ndtri(p *ir.Value) *ir.Value {
	one := c.number(p, 1)
	rest := c.apply("MUL", c.apply("MUL", p, c.number(p, 4)), c.apply("SUB", one, p))
	x := c.apply("SUB", c.apply("ADD", p, p), one)
	return c.apply("MUL", c.giles(x, rest), c.number(p, math.Sqrt2))
}

// bessel holds the polynomials of Abramowitz and Stegun, 9.8.1 to 9.8.4: in t² for t = |x|/3.75 below 1, and in 1/t above.
type bessel struct {
	odd       bool // the first polynomial is that of I(x)/x
	near, far []float64
}

var (
	besselI0 = bessel{
		near: []float64{0.0045813, 0.0360768, 0.2659732, 1.2067492, 3.0899424, 3.5156229, 1},
		far:  []float64{0.00392377, -0.01647633, 0.02635537, -0.02057706, 0.00916281, -0.00157565, 0.00225319, 0.01328592, 0.39894228},
	}
	besselI1 = bessel{
		odd:  true,
		near: []float64{0.00032411, 0.00301532, 0.02658733, 0.15084934, 0.51498869, 0.87890594, 0.5},
		far:  []float64{-0.00420059, 0.01787654, -0.02895312, 0.02282967, -0.01031555, 0.00163801, -0.00362018, -0.03988024, 0.39894228},
	}
)

// bessel is e^-|x|·I(|x|).
func (c *Context) bessel(x *ir.Value, b bessel) *ir.Value {
	a := c.abs(x)
	t := c.apply("DIV", a, c.number(a, 3.75))
	near := c.apply("MUL", c.polynomial(c.square(t), b.near...), c.apply("EXP", c.apply("NEG", a)))
	if b.odd {
		near = c.apply("MUL", near, a)
	}
	far := c.apply("DIV", c.polynomial(c.apply("DIV", c.number(t, 1), c.apply("MAXIMUM", t, c.number(t, 1))), b.far...), c.apply("SQRT", a))
	return c.where("LESS", t, 1, near, far)
}

// unscaled multiplies with e^|x|.
func (c *Context) unscaled(x, scaled *ir.Value) *ir.Value {
	return c.apply("MUL", scaled, c.apply("EXP", c.abs(x)))
}

// nextAfter is the float next to x towards y: one step of the integer that x's bits are.
func (c *Context) nextAfter(x, y *ir.Value) *ir.Value {
	if x.Type.DType != f32 {
		build.Refuse("neighbours of %v", x.Type.DType)
	}
	bits := c.reread(x, i32)
	away := c.apply("EQUAL", c.apply("GREATER", y, x), c.apply("GREATER", x, c.number(x, 0)))
	step := c.either(away, c.number(bits, 1), c.number(bits, -1))
	stepped := c.reread(c.apply("ADD", bits, step), f32)
	least := c.Const(c.name("least"), scalar(f32, math.SmallestNonzeroFloat32))
	fromZero := c.where("GREATER", y, 0, least, c.apply("NEG", least))
	next := c.where("EQUAL", x, 0, fromZero, stepped)
	next = c.either(c.apply("EQUAL", x, y), y, next)
	unordered := c.apply("LOGICAL_OR", c.isNaN(x), c.isNaN(y))
	return c.either(unordered, c.apply("ADD", x, y), next)
}
