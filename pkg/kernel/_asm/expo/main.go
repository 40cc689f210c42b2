// Command expo writes the AVX2 kernels of the exponential family. Their Go counterparts are F32Exp, F32Logistic and F32Tanh: these
// kernels do the same operations on float64, four at a time.
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
	size     = 4  // bytes of a float32
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

	// Each function prepares float32 arguments for e^x, and makes results of p and s, where e^x = s·(1 + p).
	each("expAVX2", "e^x", func(x reg.VecVirtual) { clamp(x, lo, hi) }, nil, func(p, s reg.VecVirtual) {
		VMULPD(s, p, p)
		VADDPD(p, s, p)
	}, c)
	each("logisticAVX2", "1 / (1 + e^-x)", func(x reg.VecVirtual) {
		clamp(x, lo, hi)
		VXORPS(signs, x, x)
	}, nil, func(p, s reg.VecVirtual) {
		VMULPD(s, p, p)
		VADDPD(p, s, p)
		one := YMM()
		VMOVUPD(c.f64(1), one)
		VADDPD(p, one, p)
		VDIVPD(p, one, p)
	}, c)
	each("tanhAVX2", "the hyperbolic tangent of x", func(x reg.VecVirtual) {
		mask, limit := YMM(), YMM()
		VMOVUPS(signs, mask)
		VANDNPS(x, mask, x)
		VMOVUPS(top, limit)
		VMINPS(x, limit, x)
		VADDPS(x, x, x)
	}, &signs, func(p, s reg.VecVirtual) {
		VMULPD(s, p, p)
		one := YMM()
		VMOVUPD(c.f64(1), one)
		VSUBPD(one, s, s)
		VADDPD(s, p, p)
		VADDPD(c.f64(2), p, s)
		VDIVPD(s, p, p)
	}, c)
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

// each writes a kernel that applies a function to eight elements at a time. If sign is given, results get the argument's sign.
func each(name, does string, prepare func(x reg.VecVirtual), sign *Mem, finish func(p, s reg.VecVirtual), c *table) {
	TEXT(name, NOSPLIT, "func(dst, src *float32, n int)")
	Pragma("noescape")
	Doc(name + " stores " + does + " of src in dst, which may be src, for n elements, a positive multiple of 8.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	Label("step")
	x := YMM()
	VMOVUPS(Mem{Base: src}, x)
	prepare(x)
	half, scale := [2]reg.VecVirtual{YMM(), YMM()}, [2]reg.VecVirtual{YMM(), YMM()}
	upper := XMM()
	VEXTRACTF128(Imm(1), x, upper)
	VCVTPS2PD(x.AsX(), half[0])
	VCVTPS2PD(upper, half[1])
	expm1Scaled(half[:], scale[:], c)
	for i := range half {
		finish(half[i], scale[i])
	}
	out := YMM()
	low, high := XMM(), XMM()
	VCVTPD2PSY(half[0], low)
	VCVTPD2PSY(half[1], high)
	VINSERTF128(Imm(1), high, low.AsY(), out)
	if sign != nil {
		VMOVUPS(Mem{Base: src}, x)
		VANDPS(*sign, x, x)
		VORPS(x, out, out)
	}
	VMOVUPS(out, Mem{Base: dst})
	ADDQ(Imm(register), src)
	ADDQ(Imm(register), dst)
	SUBQ(Imm(vector), n)
	JNZ(LabelRef("step"))
	VZEROUPPER()
	RET()
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
