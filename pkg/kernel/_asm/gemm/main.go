// Command gemm writes the AVX2 kernels of products of matrices. Their Go counterpart is gemm_generic.go.
package main

//go:generate go run . -out ../../gemm_amd64.s -stubs ../../gemm_stub_amd64.go -pkg kernel

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	tileRows = 6
	vector   = 8 // float32 in a register
	unroll   = 4 // steps of k in the inner loop
	size     = 4 // bytes of a float32, and of an offset
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	gemm(16)
	gemm(8)
	gemv()
	Generate()
}

// argument is the place of a parameter in memory.
func argument(name string) Op {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// gemm writes the kernel for tiles of 6 rows and the given number of columns.
func gemm(columns int) {
	vectors := columns / vector
	line := columns * size // bytes of one step of k in a panel

	TEXT(fmt.Sprintf("gemm6x%dAVX2", columns), NOSPLIT, "func(tiles, kc, ks int, in *float32, inStep int, offs *int32, offsStep int, zero, b, start *float32, startRow int, out *float32, outRow int, bounds *[2]float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("gemm6x%dAVX2 computes tiles of 6 rows and %d columns, one below the other, as tilesGeneric does.", columns, columns),
		"Offsets count elements of in; steps and rows count bytes. zero may be nil where no offset is negative.")

	var acc [tileRows][]reg.VecVirtual
	var row [tileRows]reg.GPVirtual
	for r := range row {
		row[r] = GP64()
		for range vectors {
			acc[r] = append(acc[r], YMM())
		}
	}
	var right []reg.VecVirtual
	for range vectors {
		right = append(right, YMM())
	}
	left := YMM()
	kc, zero, in, offs, b, runs, k := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("kc"), kc)
	Load(Param("zero"), zero)

	// step is the step of k that lies ahead by at; k itself is ahead by bias.
	step := func(at, bias int) {
		for j := range right {
			VMOVUPS(Mem{Base: b, Disp: at*line + j*vector*size}, right[j])
		}
		for r := range row {
			VBROADCASTSS(Mem{Base: row[r], Index: k, Scale: size, Disp: (at - bias) * size}, left)
			for j := range right {
				VFMADD231PS(left, right[j], acc[r][j])
			}
		}
	}

	Label("tile")
	Load(Param("start"), k)
	Load(Param("startRow"), b)
	for r := range acc {
		for j := range acc[r] {
			VMOVUPS(Mem{Base: k, Disp: j * vector * size}, acc[r][j])
		}
		ADDQ(b, k)
	}
	MOVQ(k, argument("start"))
	Load(Param("in"), in)
	Load(Param("offs"), offs)
	Load(Param("b"), b)
	Load(Param("ks"), runs)

	Label("run")
	for r := range row {
		MOVLQSX(Mem{Base: offs, Disp: r * size}, k)
		LEAQ(Mem{Base: in, Index: k, Scale: size}, row[r])
		TESTQ(k, k)
		CMOVQLT(zero, row[r])
		LEAQ(Mem{Base: row[r], Index: kc, Scale: size}, row[r])
	}
	ADDQ(Imm(tileRows*size), offs)
	Comment("k counts from -kc up to 0, ahead by one iteration")
	MOVQ(kc, k)
	NEGQ(k)
	ADDQ(Imm(unroll), k)
	JG(LabelRef("rest"))
	Label("steps")
	for at := range unroll {
		step(at, unroll)
	}
	ADDQ(U32(uint32(unroll*line)), b)
	ADDQ(Imm(unroll), k)
	JLE(LabelRef("steps"))
	Label("rest")
	SUBQ(Imm(unroll), k)
	JZ(LabelRef("last"))
	Label("single")
	step(0, 0)
	ADDQ(Imm(uint64(line)), b)
	INCQ(k)
	JNZ(LabelRef("single"))
	Label("last")
	DECQ(runs)
	JNZ(LabelRef("run"))

	Load(Param("bounds"), k)
	for r := range acc {
		if r == 0 {
			VBROADCASTSS(Mem{Base: k}, left)
			VBROADCASTSS(Mem{Base: k, Disp: size}, right[0])
		}
		for _, a := range acc[r] {
			limit(left, right[0], a)
		}
	}
	Load(Param("out"), k)
	Load(Param("outRow"), b)
	for r := range acc {
		for j, a := range acc[r] {
			VMOVUPS(a, Mem{Base: k, Disp: j * vector * size})
		}
		ADDQ(b, k)
	}
	MOVQ(k, argument("out"))
	Load(Param("inStep"), b)
	ADDQ(b, argument("in"))
	Load(Param("offsStep"), b)
	ADDQ(b, argument("offs"))
	DECQ(argument("tiles"))
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// limit keeps v within bounds. The processor returns the second of two operands if one is NaN or both are zeros: v must be that.
func limit(lo, hi, v reg.VecVirtual) {
	VMAXPS(v, lo, v)
	VMINPS(v, hi, v)
}

// gemv writes the kernel for one row and four panels side by side: with fewer accumulators the sums would wait for each other.
func gemv() {
	const panels, perPanel = 4, 2
	const line = perPanel * vector * size
	TEXT("gemv4x16AVX2", NOSPLIT, "func(k int, in, b *float32, panel int, start, out *float32, bounds *[2]float32)")
	Pragma("noescape")
	Doc("gemv4x16AVX2 computes one row over four panels of 16 columns, which are panel bytes apart, as tilesGeneric does.")
	k := Load(Param("k"), GP64())
	in := Load(Param("in"), GP64())
	start := Load(Param("start"), GP64())
	panel := Load(Param("panel"), GP64())
	var b [panels]reg.GPVirtual
	var acc [panels * perPanel]reg.VecVirtual
	for i := range b {
		b[i] = GP64()
		if i == 0 {
			Load(Param("b"), b[i])
		} else {
			LEAQ(Mem{Base: b[i-1], Index: panel, Scale: 1}, b[i])
		}
	}
	for i := range acc {
		acc[i] = YMM()
		VMOVUPS(Mem{Base: start, Disp: i * vector * size}, acc[i])
	}
	left, right := YMM(), YMM()
	LEAQ(Mem{Base: in, Index: k, Scale: size}, in)
	NEGQ(k)
	at := GP64()
	XORQ(at, at)
	Label("step")
	VBROADCASTSS(Mem{Base: in, Index: k, Scale: size}, left)
	for i := range b {
		for j := range perPanel {
			VFMADD231PS(Mem{Base: b[i], Index: at, Scale: 1, Disp: j * vector * size}, left, acc[perPanel*i+j])
		}
	}
	ADDQ(Imm(line), at)
	INCQ(k)
	JNZ(LabelRef("step"))
	bounds := Load(Param("bounds"), GP64())
	VBROADCASTSS(Mem{Base: bounds}, left)
	VBROADCASTSS(Mem{Base: bounds, Disp: size}, right)
	out := Load(Param("out"), GP64())
	for i, a := range acc {
		limit(left, right, a)
		VMOVUPS(a, Mem{Base: out, Disp: i * vector * size})
	}
	VZEROUPPER()
	RET()
}
