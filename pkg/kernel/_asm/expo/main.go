// Command expo writes the AVX2 kernels of the exponential family. Their Go counterparts are F32Exp, F32Logistic, F32Tanh, F32Elu, F32Gelu and
// F32GeluTanh: these kernels do the same operations on float64, four at a time.
package main

//go:generate go run . -out ../../expo_amd64.s -stubs ../../expo_stub_amd64.go -pkg kernel

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector   = 8  // float32 in a register
	register = 32 // bytes
	less     = 17 // the predicate of a comparison: ordered, quiet
)

// table is the constants in memory, each filling a register.
type table struct {
	data Mem
	at   map[string]Mem
	next int
}

func newTable(name string) *table {
	return &table{data: GLOBL(name, 8|16), at: map[string]Mem{}} // RODATA, NOPTR
}

func (t *table) bits64(name string, v uint64) Mem {
	if m, ok := t.at[name]; ok {
		return m
	}
	for i := range register / 8 {
		DATA(t.next+8*i, U64(v))
	}
	t.at[name] = t.data.Offset(t.next)
	t.next += register
	return t.at[name]
}

func (t *table) f64(v float64) Mem { return t.bits64(fmt.Sprint(v), math.Float64bits(v)) }

func (t *table) f32(v float32) Mem {
	b := uint64(math.Float32bits(v))
	return t.bits64(fmt.Sprint("single ", v), b<<32|b)
}

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	c := newTable("expoTable")
	for _, v := range constants {
		c.f64(v)
	}
	c.bits64("exponent", 1023)
	signs := c.bits64("signs", 0x8000000080000000)

	// Beyond these limits the results are infinities and zeros, ones and zeros, and ones, as at them.
	lo, hi, top := c.f32(-110), c.f32(100), c.f32(20)

	for _, f := range []function{
		{
			name: "expAVX2", does: "e^x",
			prepare: func(x reg.VecVirtual) { clamp(x, lo, hi) },
			guess:   fusedExp,
			small: func(x reg.VecVirtual) {
				limit := YMM()
				VMOVUPS(c.f32(-tiny), limit)
				VCMPPS(Imm(less), limit, x, x)
			},
			finish: exp,
		},
		{
			name: "logisticAVX2", does: "1 / (1 + e^-x)",
			prepare: func(x reg.VecVirtual) {
				clamp(x, lo, hi)
				VXORPS(signs, x, x)
			},
			guess: func(p, s reg.VecVirtual) {
				fusedExp(p, s)
				inverse(p, c)
			},
			small: func(x reg.VecVirtual) {
				limit := YMM()
				VMOVUPS(c.f32(tiny), limit)
				VCMPPS(Imm(less), x, limit, x)
			},
			finish: func(p, s reg.VecVirtual) {
				exp(p, s)
				inverse(p, c)
			},
		},
		{
			name: "tanhAVX2", does: "the hyperbolic tangent of x",
			prepare: func(x reg.VecVirtual) { twice(x, signs, top) },
			finish:  func(p, s reg.VecVirtual) { tanh(p, s, c) },
			last:    func(out, x reg.VecVirtual) { sign(out, x, signs) },
		},
		{
			name: "eluAVX2", does: "x where it is not below 0, else e^x - 1,",
			prepare: func(x reg.VecVirtual) { clamp(x, lo, hi) },
			finish:  func(p, s reg.VecVirtual) { expm1(p, s, c) },
			last: func(out, x reg.VecVirtual) {
				negative := YMM()
				VXORPS(negative, negative, negative)
				VCMPPS(Imm(less), negative, x, negative)
				VBLENDVPS(negative, out, x, out)
			},
		},
		{
			name: "geluTanhAVX2", does: "x/2 * (1 + tanh(√(2/π) * (x + 0.044715x³)))",
			prepare: func(x reg.VecVirtual) {
				cube := YMM()
				VMULPS(c.f32(0.044715), x, cube)
				VMULPS(x, cube, cube)
				VMULPS(x, cube, cube)
				VADDPS(cube, x, x)
				VMULPS(c.f32(0.79788456080286535588), x, x)
				twice(x, signs, top)
			},
			finish: func(p, s reg.VecVirtual) { tanh(p, s, c) },
			last: func(out, x reg.VecVirtual) {
				sign(out, x, signs) // the sign of the tangent's argument is that of x
				VADDPS(c.f32(1), out, out)
				VMULPS(c.f32(0.5), x, x)
				VMULPS(out, x, out)
			},
		},
	} {
		f.write(c)
	}
	gelu(c)
	Generate()
}

// clamp limits x; a NaN stays, since the processor returns the second operand.
func clamp(x reg.VecVirtual, lo, hi Mem) {
	limit := YMM()
	VMOVUPS(lo, limit)
	VMAXPS(x, limit, x)
	VMOVUPS(hi, limit)
	VMINPS(x, limit, x)
}

const (
	shift = 0x1.8p52
	log2e = 1 / math.Ln2
	ln2Hi = 0x1.62e42fefa38p-1
	ln2Lo = 0x1.ef35793c7673p-45
)

var (
	coefficients = []float64{1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2}
	constants    = append([]float64{1, 2, log2e, shift, ln2Hi, ln2Lo}, coefficients...)
)

// function is a function of one number by way of e^x.
type function struct {
	name, does string
	prepare    func(x reg.VecVirtual)      // makes eight float32 arguments of e^x
	guess      func(p, s reg.VecVirtual)   // if given, does what finish does, nearly; see estimate
	small      func(x reg.VecVirtual)      // turns the arguments into a mask of those whose results may be no normal float32
	finish     func(p, s reg.VecVirtual)   // makes p the result for four of them, where e^x = s·(1 + p); it may change s
	last       func(out, x reg.VecVirtual) // makes out the result for eight x, if finish does not; it may change x
}

// write writes the kernel that applies the function to eight elements at a time.
func (f *function) write(c *table) {
	loop(f.name, f.does, func(src Mem, out reg.VecVirtual) {
		x := YMM()
		VMOVUPS(src, x)
		f.prepare(x)
		half, scale := newPair(), newPair()
		widen(x, half)
		if f.guess != nil {
			estimate(half, scale, c)
			for i := range half {
				f.guess(half[i], scale[i])
			}
			f.small(x)
			doubt(half, x, c)
			JZ(LabelRef("certain"))
			VMOVUPS(src, x)
			f.prepare(x)
			widen(x, half)
		}
		expm1Scaled(half[:], scale[:], c)
		for i := range half {
			f.finish(half[i], scale[i])
		}
		Label("certain")
		narrow(half, out)
		if f.last != nil {
			x := YMM()
			VMOVUPS(src, x)
			f.last(out, x)
		}
	})
}

// loop writes a kernel that computes eight elements, out, at a time.
func loop(name, does string, body func(src Mem, out reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(dst, src *float32, n int)")
	Pragma("noescape")
	Doc(name + " stores " + does + " of src in dst, which may be src, for n elements, a positive multiple of 8.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	Label("step")
	out := YMM()
	body(Mem{Base: src}, out)
	VMOVUPS(out, Mem{Base: dst})
	ADDQ(Imm(register), src)
	ADDQ(Imm(register), dst)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("step"))
	VZEROUPPER()
	RET()
}

func newPair() [2]reg.VecVirtual { return [2]reg.VecVirtual{YMM(), YMM()} }

// widen makes eight float32 float64.
func widen(x reg.VecVirtual, half [2]reg.VecVirtual) {
	upper := XMM()
	VEXTRACTF128(Imm(1), x, upper)
	VCVTPS2PD(x.AsX(), half[0])
	VCVTPS2PD(upper, half[1])
}

// narrow rounds eight float64 to float32.
func narrow(half [2]reg.VecVirtual, out reg.VecVirtual) {
	low, high := XMM(), XMM()
	VCVTPD2PSY(half[0], low)
	VCVTPD2PSY(half[1], high)
	VINSERTF128(Imm(1), high, low.AsY(), out)
}

// exp makes p = e^x.
func exp(p, s reg.VecVirtual) {
	VMULPD(s, p, p)
	VADDPD(p, s, p)
}

// fusedExp is exp with one rounding.
func fusedExp(p, s reg.VecVirtual) { VFMADD213PD(s, s, p) }

// inverse makes p = 1 / (1 + p).
func inverse(p reg.VecVirtual, c *table) {
	one := YMM()
	VMOVUPD(c.f64(1), one)
	VADDPD(p, one, p)
	VDIVPD(p, one, p)
}

// expm1 makes p = e^x - 1. It changes s.
func expm1(p, s reg.VecVirtual, c *table) {
	VMULPD(s, p, p)
	VSUBPD(c.f64(1), s, s)
	VADDPD(s, p, p)
}

// twice makes 2|x|, limited to where the hyperbolic tangent is 1; a NaN stays.
func twice(x reg.VecVirtual, signs, top Mem) {
	mask, limit := YMM(), YMM()
	VMOVUPS(signs, mask)
	VANDNPS(x, mask, x)
	VMOVUPS(top, limit)
	VMINPS(x, limit, x)
	VADDPS(x, x, x)
}

// tanh makes p the hyperbolic tangent of x/2, not negative. It changes s.
func tanh(p, s reg.VecVirtual, c *table) {
	expm1(p, s, c)
	VADDPD(c.f64(2), p, s)
	VDIVPD(s, p, p)
}

// sign gives out, which has none, the sign of x.
func sign(out, x reg.VecVirtual, signs Mem) {
	s := YMM()
	VANDPS(signs, x, s)
	VORPS(s, out, out)
}

// expm1Scaled replaces every x by p and sets s, as the Go function of this name does. The processor computes them side by side.
func expm1Scaled(x, s []reg.VecVirtual, c *table) {
	k, q := make([]reg.VecVirtual, len(x)), make([]reg.VecVirtual, len(x))
	for i := range x {
		k[i], q[i] = YMM(), YMM()
	}
	all := func(f func(x, s, k, q reg.VecVirtual)) {
		for i := range x {
			f(x[i], s[i], k[i], q[i])
		}
	}
	all(func(x, s, _, _ reg.VecVirtual) { VMULPD(c.f64(log2e), x, s) })
	all(func(_, s, _, _ reg.VecVirtual) { VADDPD(c.f64(shift), s, s) })
	all(func(_, s, k, _ reg.VecVirtual) { VSUBPD(c.f64(shift), s, k) })
	for _, part := range []float64{ln2Hi, ln2Lo} {
		all(func(_, _, k, q reg.VecVirtual) { VMULPD(c.f64(part), k, q) })
		all(func(x, _, _, q reg.VecVirtual) { VSUBPD(q, x, x) })
	}
	all(func(x, _, _, q reg.VecVirtual) { VMULPD(c.f64(coefficients[0]), x, q) })
	for i, a := range coefficients[1:] {
		all(func(_, _, _, q reg.VecVirtual) { VADDPD(c.f64(a), q, q) })
		if i < len(coefficients)-2 {
			all(func(x, _, _, q reg.VecVirtual) { VMULPD(x, q, q) })
		}
	}
	all(func(x, _, k, _ reg.VecVirtual) { VMULPD(x, x, k) })
	all(func(_, _, k, q reg.VecVirtual) { VMULPD(k, q, q) })
	all(func(x, _, _, q reg.VecVirtual) { VADDPD(x, q, x) })
	all(func(_, s, _, _ reg.VecVirtual) { VPADDQ(c.bits64("exponent", 1023), s, s) })
	all(func(_, s, _, _ reg.VecVirtual) { VPSLLQ(Imm(52), s, s) })
}
