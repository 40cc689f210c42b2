package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// form is a kernel for tiles of up to so many rows and all columns of a panel, which are a few registers side by side. A tile of the most rows has enough
// accumulators to hide the latency of the products, and leaves registers for the right operand.
type form struct {
	isa             isa
	registers, rows int
}

var forms = []form{
	{vnni{}, 4, 6},
	{vnni{}, 3, 8},
	{vnni{}, 2, 12},
	{vnni{}, 1, 12},
	{avx2{}, 2, 6},
	{avx2{}, 1, 12},
}

// group is the number of bytes of a row that make up one step.
const group = 4

// isa is what differs between instruction sets.
type isa interface {
	name() string
	register() reg.VecVirtual
	size() int // of a register in bytes
	fill(m Mem, r reg.VecVirtual)
	load(m Mem, r reg.VecVirtual)
	store(r reg.VecVirtual, m Mem)
	// start sets acc to the numbers at m, to each of which the one at term is added.
	start(m, term Mem, acc reg.VecVirtual)
	// add adds to each accumulator the products of a group of left and those of right.
	add(left reg.VecVirtual, right, acc []reg.VecVirtual)
}

// vnni multiplies bytes without a sign by bytes with one, four to a lane.
type vnni struct{}

func (vnni) name() string                  { return "VNNI" }
func (vnni) register() reg.VecVirtual      { return ZMM() }
func (vnni) size() int                     { return 64 }
func (vnni) fill(m Mem, r reg.VecVirtual)  { VPBROADCASTD(m, r) }
func (vnni) load(m Mem, r reg.VecVirtual)  { VMOVDQU32(m, r) }
func (vnni) store(r reg.VecVirtual, m Mem) { VMOVDQU32(r, m) }

func (vnni) start(m, term Mem, acc reg.VecVirtual) {
	VMOVDQU32(m, acc)
	VPADDD_BCST(term, acc, acc)
}

func (vnni) add(left reg.VecVirtual, right, acc []reg.VecVirtual) {
	for j, a := range acc {
		VPDPBUSD(right[j], left, a)
	}
}

// avx2 multiplies int16, two to a lane.
type avx2 struct{}

func (avx2) name() string                  { return "AVX2" }
func (avx2) register() reg.VecVirtual      { return YMM() }
func (avx2) size() int                     { return 32 }
func (avx2) fill(m Mem, r reg.VecVirtual)  { VPBROADCASTD(m, r) }
func (avx2) load(m Mem, r reg.VecVirtual)  { VMOVDQU(m, r) }
func (avx2) store(r reg.VecVirtual, m Mem) { VMOVDQU(r, m) }

func (avx2) start(m, term Mem, acc reg.VecVirtual) {
	VPBROADCASTD(term, acc)
	VPADDD(m, acc, acc)
}

func (avx2) add(left reg.VecVirtual, right, acc []reg.VecVirtual) {
	for j, a := range acc {
		product := left
		if j < len(acc)-1 {
			product = YMM()
		}
		VPMADDWD(right[j], left, product)
		VPADDD(product, a, a)
	}
}

// fields are those of an s8TileCall in their order, of 8 bytes each.
var fields = strings.Fields("rows tiles steps in inRow b start terms termRow out outRow")

// field is the place of a field of an s8TileCall.
func field(call reg.GPVirtual, name string) Mem {
	return Mem{Base: call, Disp: 8 * slices.Index(fields, name)}
}

// write writes the kernel: one function, which goes to the loop for the number of rows.
func (f *form) write() {
	columns := f.registers * f.isa.size() / 4
	name := fmt.Sprintf("s8Tiles%d%s", columns, f.isa.name())
	TEXT(name, NOSPLIT, "func(call *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes sums of tiles of up to %d rows and %d columns, one below the other. The call is an s8TileCall, which it", name, f.rows, columns),
		"changes; inRow, termRow and outRow count bytes.")
	call := GP64()
	Load(Param("call"), call)
	rows := GP64()
	MOVQ(field(call, "rows"), rows)
	for r := 1; r < f.rows; r++ {
		CMPQ(rows, Imm(uint64(r)))
		JEQ(LabelRef(fmt.Sprintf("rows%d", r)))
	}
	for r := f.rows; r > 0; r-- {
		f.tile(r, call)
	}
}

// steps are addresses of rows that are evenly spaced: odd multiples of the distance are in registers.
type steps []reg.GPVirtual

// newSteps returns the registers for so many rows.
func newSteps(distance reg.GPVirtual, rows int) steps {
	s := steps{distance}
	double := GP64()
	if rows > 3 {
		LEAQ(Mem{Base: distance, Index: distance, Scale: 1}, double)
	}
	for odd := 3; odd < rows; odd += 2 {
		next := GP64()
		LEAQ(Mem{Base: s[len(s)-1], Index: double, Scale: 1}, next)
		s = append(s, next)
	}
	return s
}

// at returns the address of a row.
func (s steps) at(base reg.GPVirtual, row int) Mem {
	if row == 0 {
		return Mem{Base: base}
	}
	scale := row & -row
	return Mem{Base: base, Index: s[row/scale/2], Scale: uint8(scale)}
}

// tile writes the loop over tiles of the given number of rows.
func (f *form) tile(rows int, call reg.GPVirtual) {
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	acc := make([][]reg.VecVirtual, rows)
	for r := range acc {
		for range f.registers {
			acc[r] = append(acc[r], f.isa.register())
		}
	}
	size := f.isa.size()
	line := f.registers * size // bytes of one step in a panel, and of a row of sums
	Label(label("rows"))
	inRow := GP64()
	MOVQ(field(call, "inRow"), inRow)
	step := newSteps(inRow, rows)
	Label(label("tile"))
	at, term, termRow := GP64(), GP64(), GP64()
	MOVQ(field(call, "start"), at)
	MOVQ(field(call, "terms"), term)
	MOVQ(field(call, "termRow"), termRow)
	for r := range acc {
		for j, a := range acc[r] {
			f.isa.start(Mem{Base: at, Disp: j * size}, Mem{Base: term}, a)
		}
		ADDQ(termRow, term)
	}
	MOVQ(term, field(call, "terms"))
	in, b, k := GP64(), GP64(), GP64()
	MOVQ(field(call, "in"), in)
	MOVQ(field(call, "b"), b)
	MOVQ(field(call, "steps"), k)
	TESTQ(k, k)
	JZ(LabelRef(label("end")))
	right := make([]reg.VecVirtual, f.registers)
	Label(label("step"))
	for j := range right {
		right[j] = f.isa.register()
		f.isa.load(Mem{Base: b, Disp: j * size}, right[j])
	}
	for r := range acc {
		left := f.isa.register()
		f.isa.fill(step.at(in, r), left)
		f.isa.add(left, right, acc[r])
	}
	ADDQ(Imm(group), in)
	ADDQ(I32(int32(line)), b)
	DECQ(k)
	JNZ(LabelRef(label("step")))
	Label(label("end"))
	out, outRow := GP64(), GP64()
	MOVQ(field(call, "out"), out)
	MOVQ(field(call, "outRow"), outRow)
	for r := range acc {
		for j, a := range acc[r] {
			f.isa.store(a, Mem{Base: out, Disp: j * size})
		}
		ADDQ(outRow, out)
	}
	MOVQ(out, field(call, "out"))
	next := GP64()
	IMUL3Q(Imm(uint64(rows)), inRow, next)
	ADDQ(next, field(call, "in"))
	DECQ(field(call, "tiles"))
	JNZ(LabelRef(label("tile")))
	VZEROUPPER()
	RET()
}
