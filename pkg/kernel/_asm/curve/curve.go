package curve

import "math"

// Function is a function of one number.
type Function struct {
	Name string // of the kernel without what names the instruction set
	Does string // what it stores, as the beginning of a sentence
	*Program
}

// Functions returns all functions.
func Functions() []Function {
	return []Function{
		{"exp", "e^x", exp()},
		{"logistic", "1 / (1 + e^-x)", logistic()},
		{"tanh", "the hyperbolic tangent of x", tanh()},
		{"elu", "x where it is not below 0, else e^x - 1,", elu()},
		{"gelu", "x times the normal distribution's share below x", gelu()},
		{"geluTanh", "x/2 * (1 + tanh(√(2/π) * (x + 0.044715x³)))", geluTanh()},
		{"log", "the natural logarithm of x", log()},
	}
}

// Softmax returns the program of exp(beta*(x - top)), whose parameters are top and beta.
func Softmax() *Program {
	p, x := newProgram()
	p.exp(p.mul(p.sub(x, p.parameter(0)), p.parameter(1)))
	return p
}

// The constants of package kernel that functions share.
const (
	log2e     = 1 / math.Ln2
	ln2High   = 0x1.62e43p-1
	ln2Low    = -0x1.05c61p-29
	roundUnit = 0x1.8p23
	lift      = 32
	unlift    = 1.0 / (1 << lift)

	sign      = 1 << 31
	magnitude = 1<<31 - 1
)

// expParts is the function of this name in package kernel.
func (p *Program) expParts(z, less Value, bias float32) (e, t Value) {
	shift := p.num(roundUnit + bias)
	t = p.fma(z, p.num(log2e), shift)
	k := p.sub(t, shift)
	high := p.fnma(k, p.num(ln2High), z)
	low := p.fma(k, p.num(ln2Low), less)
	r := p.sub(high, low)
	q := p.horner(r, 0x1.6a4f8ap-10, 0x1.123988p-7, 0x1.5558aep-5, 0x1.555492p-3, 0x1.fffffcp-2)
	return p.sub(high, p.fnma(p.mul(r, r), q, low)), t
}

// pow2 is the function of this name in package kernel.
func (p *Program) pow2(t Value) Value { return p.shift(ShiftUp, t, 23) }

func exp() *Program {
	p, x := newProgram()
	p.exp(x)
	return p
}

// exp is the function F32Exp of package kernel.
func (p *Program) exp(x Value) {
	zero := p.do(Less, x, p.num(-104))
	z := p.do(AtMost, p.do(Drop, x, zero), p.num(89))
	e, t := p.expParts(z, p.num(0), 2*127)
	half := p.shift(ShiftDown, t, 1)
	s := p.pow2(half)
	y := p.mul(p.fma(e, s, s), p.pow2(p.do(SubInt, t, half)))
	p.do(Drop, y, zero)
}

func logistic() *Program {
	p, x := newProgram()
	one := p.num(1)
	e, t := p.expParts(p.do(AtLeast, p.do(Or, x, p.bits(sign)), p.num(-88)), p.num(0), 127)
	s := p.pow2(t)
	d := p.fma(e, s, p.add(s, one))
	v := p.div(one, d)
	e = p.add(e, p.fnma(d, v, one))
	p.do(Select, p.mul(p.fma(e, v, v), s), v, p.do(Less, x, p.num(0)))
	return p
}

func tanh() *Program {
	p, x := newProgram()
	one := p.num(1)
	a := p.do(And, x, p.bits(magnitude))
	square := p.mul(a, a)
	small := p.horner(square, 0x1.1a2818p-9, -0x1.0c5edp-7, 0x1.63a55p-6, -0x1.b9f188p-5, 0x1.11107ap-3, -0x1.555554p-2)
	small = p.fma(p.mul(a, square), small, a)
	e, t := p.expParts(p.mul(p.do(AtMost, a, p.num(10)), p.num(-2)), p.num(0), 127)
	s := p.pow2(t)
	y := p.fma(e, s, s)
	large := p.sub(one, p.div(p.add(y, y), p.add(y, one)))
	y = p.do(Select, small, large, p.do(Less, a, p.num(0.625)))
	p.do(Or, y, p.do(And, x, p.bits(sign)))
	return p
}

func elu() *Program {
	p, x := newProgram()
	e, t := p.expParts(p.do(AtLeast, x, p.num(-18)), p.num(0), 127)
	s := p.pow2(t)
	y := p.fma(e, s, p.sub(s, p.num(1)))
	p.do(Select, y, x, p.do(Less, x, p.num(0)))
	return p
}

func gelu() *Program {
	p, x := newProgram()
	b := p.do(AtMost, p.do(And, x, p.bits(magnitude)), p.num(0x1.48dcfcp+2))
	square := p.mul(b, b)
	n := p.horner(square, 0x1.86d672p-26, 0x1.aa4654p-18, 0x1.620844p-13, 0x1.328668p-8, 0x1.15503ep-5, 0x1.98845p-2)
	d := p.horner(square, 0x1.4173f2p-20, 0x1.34e29ep-14, 0x1.edfb3ep-10, 0x1.d55346p-6, 0x1.018e5ep-2, 1)
	h := p.do(AtLeast, p.fnma(b, p.div(n, d), p.num(0.5)), p.num(0))
	p.fnma(b, h, p.do(AtLeast, x, p.bits(sign)))
	return p
}

func geluTanh() *Program {
	const short = 0x1.988p+0 // the upper bits of the linear term
	const linear, cubic = 1.5957691216057308, 0.071354816272600254
	cube := float32(cubic)
	p, x := newProgram()
	one := p.num(1)
	a := p.do(AtLeast, p.do(Or, x, p.bits(sign)), p.num(-10.8))
	w := p.mul(a, a)
	g := p.fma(w, p.num(cube), p.num(short))
	gLow := p.add(p.fma(w, p.num(cube), p.sub(p.num(short), g)), p.num(linear-short))
	gLow = p.fma(w, p.num(float32(cubic-float64(cube))), gLow)
	gLow = p.fnma(p.fnma(a, a, w), p.num(cube), gLow)
	z := p.mul(a, g)
	e, t := p.expParts(z, p.fnma(a, gLow, p.fnma(a, g, z)), 127+lift)

	s := p.mul(p.pow2(t), p.num(unlift))
	d := p.fma(e, s, p.add(s, one))
	dLow := p.fma(e, s, p.sub(s, p.sub(d, one)))
	v := p.div(one, d)
	off := p.fnma(dLow, v, p.fnma(d, v, one))
	y := p.mul(a, v)
	p.tail(x, y, p.fnma(y, off, p.fnma(a, v, y)), e, t)
	return p
}

// tail is the function geluTail of package kernel.
func (p *Program) tail(x, y, less, e, t Value) {
	m := p.sub(y, p.fnma(e, y, p.mul(less, p.add(e, p.num(1)))))
	p.fma(p.mul(m, p.pow2(t)), p.num(unlift), p.do(Drop, x, p.do(Less, x, p.num(0))))
}

func log() *Program {
	const root = 0x3f3504f3 // the bits of √½
	const whole = 1 << 23   // whose bits with those of a small integer are their sum
	p, x := newProgram()
	small := p.do(Less, x, p.num(0x1p-126))
	y := p.do(Select, p.mul(x, p.num(0x1p24)), x, small)
	b := p.do(AddInt, y, p.bits(127<<23-root))
	k := p.sub(p.do(Or, p.shift(ShiftDown, b, 23), p.num(whole)), p.do(Select, p.num(whole+127+24), p.num(whole+127), small))
	f := p.sub(p.do(AddInt, p.do(And, b, p.bits(1<<23-1)), p.bits(root)), p.num(1))
	q := p.horner(f, 0x1.147334p-4, -0x1.de01d8p-4, 0x1.e6c00ap-4, -0x1.fc28cap-4, 0x1.233ba2p-3, -0x1.555c44p-3, 0x1.99a476p-3, -0x1.000006p-2, 0x1.555548p-2, -0.5)
	l := p.fma(k, p.num(ln2High), p.add(f, p.fma(k, p.num(ln2Low), p.mul(p.mul(f, f), q))))
	inf := p.num(float32(math.Inf(1)))
	l = p.do(Select, l, p.num(float32(math.NaN())), p.do(Less, p.num(0), x))
	l = p.do(Select, p.num(float32(math.Inf(-1))), l, p.do(Equal, x, p.num(0)))
	p.do(Select, x, l, p.do(Equal, x, inf))
	return p
}
