// Command s8window writes the AVX2 kernels that join int8 of several pixels, channel by channel. Their Go counterparts are intPool, sumOver and ResizeBilinear.
package main

//go:generate go run . -out ../../s8_window_amd64.s -stubs ../../s8_window_stub_amd64.go -pkg kernel

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// block is the number of channels that are computed side by side.
const block = 16

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	pool("s8PoolMaxAsm", "the greatest element", maximum)
	pool("s8PoolMeanAsm", "the mean, halves rounded away from zero,", mean)
	sumLines()
	bilinear()
	Generate()
}

// joined is how a pool joins elements of some blocks.
type joined struct {
	blocks int
	start  func()
	add    func(m Mem)
	// finish returns registers of results in their order.
	finish func() []reg.VecVirtual
}

// pool writes the kernel of a pool for one output, which takes several blocks at once as long as there are so many.
func pool(name, does string, make func() []joined) {
	TEXT(name, NOSPLIT, "func(blocks int, in *int8, rows, cols, rowStep, colStep int, out, limits *int8, count, half float32)")
	Pragma("noescape")
	Doc(name+" stores "+does+" of a window for a number of blocks of 16 channels. Of the window's rows and columns, rowStep and",
		"colStep bytes apart, there is at least one; for a mean, there are less than 256. count is the number of elements, half the whole part of its half. Limits are 16 least results and",
		"16 greatest ones.")
	blocks, in := Load(Param("blocks"), GP64()), Load(Param("in"), GP64())
	rowStep, colStep := Load(Param("rowStep"), GP64()), Load(Param("colStep"), GP64())
	out, limits := Load(Param("out"), GP64()), Load(Param("limits"), GP64())
	row, rows, at, cols := GP64(), GP64(), GP64(), GP64()
	lo, hi := YMM(), YMM()
	VBROADCASTI128(Mem{Base: limits}, lo)
	VBROADCASTI128(Mem{Base: limits, Disp: block}, hi)
	for _, j := range make() {
		label := func(what string) string { return fmt.Sprintf("%s%d", what, j.blocks) }
		Label(label("block"))
		SUBQ(Imm(uint64(j.blocks)), blocks)
		JL(LabelRef(label("done")))
		j.start()
		MOVQ(in, row)
		Load(Param("rows"), rows)
		Label(label("row"))
		MOVQ(row, at)
		Load(Param("cols"), cols)
		Label(label("col"))
		j.add(Mem{Base: at})
		ADDQ(colStep, at)
		DECQ(cols)
		JNZ(LabelRef(label("col")))
		ADDQ(rowStep, row)
		DECQ(rows)
		JNZ(LabelRef(label("row")))
		disp := 0
		for _, x := range j.finish() {
			l, h := reg.Register(lo), reg.Register(hi)
			if x.Size() == block {
				l, h = lo.AsX(), hi.AsX()
			}
			VPMAXSB(l, x, x)
			VPMINSB(h, x, x)
			VMOVDQU(x, Mem{Base: out, Disp: disp})
			disp += int(x.Size())
		}
		ADDQ(Imm(uint64(block*j.blocks)), in)
		ADDQ(Imm(uint64(block*j.blocks)), out)
		JMP(LabelRef(label("block")))
		Label(label("done"))
		ADDQ(Imm(uint64(j.blocks)), blocks)
	}
	VZEROUPPER()
	RET()
}

func maximum() []joined {
	least := YMM()
	VPCMPEQB(least, least, least)
	VPSLLW(Imm(15), least, least)
	VPACKSSWB(least, least, least) // -128
	wide, narrow := []reg.VecVirtual{YMM(), YMM()}, XMM()
	return []joined{
		{
			4,
			func() {
				for _, v := range wide {
					VMOVDQA(least, v)
				}
			},
			func(m Mem) {
				for i, v := range wide {
					VPMAXSB(m.Offset(32*i), v, v)
				}
			},
			func() []reg.VecVirtual { return wide },
		},
		{
			1,
			func() { VMOVDQA(least.AsX(), narrow) },
			func(m Mem) { VPMAXSB(m, narrow, narrow) },
			func() []reg.VecVirtual { return []reg.VecVirtual{narrow} },
		},
	}
}

// mean divides in float32: what is cut off of a quotient of integers below 2^24 is what division of integers cuts off.
func mean() (all []joined) {
	count, half, sign, tmp := YMM(), YMM(), YMM(), GP32()
	VBROADCASTSS(address("count"), count)
	VBROADCASTSS(address("half"), half)
	MOVL(U32(1<<31), tmp)
	VMOVD(tmp, sign.AsX())
	VPBROADCASTD(sign.AsX(), sign)
	for _, blocks := range []int{4, 1} {
		acc := make([]reg.VecVirtual, blocks)
		for i := range acc {
			acc[i] = YMM()
		}
		all = append(all, joined{
			blocks,
			func() {
				for _, a := range acc {
					VPXOR(a, a, a)
				}
			},
			func(m Mem) {
				for i, a := range acc {
					x := YMM()
					VPMOVSXBW(m.Offset(block*i), x)
					VPADDW(x, a, a)
				}
			},
			func() (results []reg.VecVirtual) {
				for _, a := range acc {
					x, y := YMM(), YMM()
					VEXTRACTI128(Imm(1), a, y.AsX())
					VPMOVSXWD(a.AsX(), x)
					VPMOVSXWD(y.AsX(), y)
					for _, v := range []reg.VecVirtual{x, y} {
						t := YMM()
						VCVTDQ2PS(v, v)
						VANDPS(sign, v, t)
						VORPS(half, t, t)
						VADDPS(t, v, v)
						VDIVPS(count, v, v)
						VCVTTPS2DQ(v, v)
					}
					VPACKSSDW(y, x, x)
					VPERMQ(Imm(0xd8), x, x)
					VEXTRACTI128(Imm(1), x, y.AsX())
					VPACKSSWB(y.AsX(), x.AsX(), a.AsX())
					results = append(results, a.AsX().(reg.VecVirtual))
				}
				return results
			},
		})
	}
	return all
}

// address is where a parameter lies.
func address(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// sumLines writes the kernel that adds lines to sums.
func sumLines() {
	TEXT("s8SumLinesAsm", NOSPLIT, "func(acc *int32, blocks int, src *int8, step, lines int)")
	Pragma("noescape")
	Doc("s8SumLinesAsm adds the elements of lines, step bytes apart, for a number of blocks of 16.")
	acc, blocks, src := Load(Param("acc"), GP64()), Load(Param("blocks"), GP64()), Load(Param("src"), GP64())
	step, at, lines := Load(Param("step"), GP64()), GP64(), GP64()
	sums := []reg.VecVirtual{YMM(), YMM()}
	Label("block")
	for i, s := range sums {
		VMOVDQU(Mem{Base: acc, Disp: 32 * i}, s)
	}
	MOVQ(src, at)
	Load(Param("lines"), lines)
	Label("line")
	for i, s := range sums {
		x := YMM()
		VPMOVSXBD(Mem{Base: at, Disp: 8 * i}, x)
		VPADDD(x, s, s)
	}
	ADDQ(step, at)
	DECQ(lines)
	JNZ(LabelRef("line"))
	for i, s := range sums {
		VMOVDQU(s, Mem{Base: acc, Disp: 32 * i})
	}
	ADDQ(Imm(block), src)
	ADDQ(Imm(4*block), acc)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// bilinear writes the kernel for one pixel between four.
func bilinear() {
	const shift, lanes = 20, 8
	TEXT("s8BilinearAsm", NOSPLIT, "func(dst, a, b, c, d *int8, blocks int, weights *int32)")
	Pragma("noescape")
	Doc("s8BilinearAsm stores the sums of four pixels by four weights that add up to 2^20, over that, halves rounded away from zero, for a number of blocks of 8 channels.")
	dst := Load(Param("dst"), GP64())
	var from [4]reg.Register
	for i, name := range []string{"a", "b", "c", "d"} {
		from[i] = Load(Param(name), GP64())
	}
	blocks, weights := Load(Param("blocks"), GP64()), Load(Param("weights"), GP64())
	var w [4]reg.VecVirtual
	for i := range w {
		w[i] = YMM()
		VPBROADCASTD(Mem{Base: weights, Disp: 4 * i}, w[i])
	}
	half, tmp, at := YMM(), GP32(), GP64()
	MOVL(U32(1<<(shift-1)), tmp)
	VMOVD(tmp, half.AsX())
	VPBROADCASTD(half.AsX(), half)
	XORQ(at, at)
	Label("block")
	var x [4]reg.VecVirtual
	for i := range x {
		x[i] = YMM()
		VPMOVSXBD(Mem{Base: from[i], Index: at, Scale: 1}, x[i])
		VPMULLD(w[i], x[i], x[i])
	}
	VPADDD(x[1], x[0], x[0])
	VPADDD(x[3], x[2], x[2])
	VPADDD(x[2], x[0], x[0])
	VPSRAD(Imm(31), x[0], x[1])
	VPADDD(half, x[0], x[0])
	VPADDD(x[1], x[0], x[0])
	VPSRAD(Imm(shift), x[0], x[0])
	VEXTRACTI128(Imm(1), x[0], x[1].AsX())
	VPACKSSDW(x[1].AsX(), x[0].AsX(), x[0].AsX())
	VPACKSSWB(x[0].AsX(), x[0].AsX(), x[0].AsX())
	VMOVQ(x[0].AsX(), Mem{Base: dst, Index: at, Scale: 1})
	ADDQ(Imm(lanes), at)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
