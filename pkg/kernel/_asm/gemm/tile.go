package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unroll is the number of steps of k in the inner loop.
const unroll = 4

// form is a kernel for tiles of up to so many rows and all columns of a panel, which are a few registers side by side.
type form struct {
	isa   isa
	lanes []int // of the registers
	rows  int
}

// forms are all kernels. A tile of the most rows has enough accumulators to hide the latency of the multiply-add, and no more rows than there are registers for
// their addresses.
var forms = []form{
	{avx2{}, []int{8}, 8},
	{avx2{}, []int{8, 8}, 6},
	{avx2{}, []int{8, 8, 8}, 4},
	{avx512{}, []int{16}, 8},
	{avx512{}, []int{16, 8}, 8},
	{avx512{}, []int{16, 16}, 8},
}

// fields are those of a tileCall in their order, of 8 bytes each.
var fields = strings.Fields("rows tiles kc ks in inStep offs offsRow offsRun offsStep step zero b ahead aheadStep start startRow out outRow last bounds left bins binsEnd counts")

// field is the place of a field of a tileCall.
func field(call reg.GPVirtual, name string) Mem {
	return Mem{Base: call, Disp: 8 * slices.Index(fields, name)}
}

// columns returns the number of columns of a tile.
func (f *form) columns() int {
	n := 0
	for _, l := range f.lanes {
		n += l
	}
	return n
}

// beside returns how many bins are counted beside each step of k in tiles of some rows: one for every two cycles that the multiply-adds of a step take on processors
// that start two a cycle. Such a processor stores once a cycle, and more bins gain nothing. It is even, and 0 where tiles are narrow. Go's tileBeside knows it, too.
func (f *form) beside(rows int) int {
	if len(f.lanes) < 2 && f.lanes[0] < 16 {
		return 0
	}
	return rows * len(f.lanes) / 4 &^ 1
}

// write writes the kernel: one function, which goes to the loop for the number of rows.
func (f *form) write() {
	name := fmt.Sprintf("gemm%d%s", f.columns(), f.isa.name())
	TEXT(name, NOSPLIT, "func(call *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes tiles of up to %d rows and %d columns, one below the other, as tilesGeneric does. It loads and stores only the first of", name, f.rows, f.columns()),
		fmt.Sprintf("the last %d columns. The call is a tileCall, which it changes. In offs a row is offsRow before the next, and after the last one of a run or a tile", part),
		"offsRun or both that and offsStep before the next; without offs, rows are offsRow apart in memory. Runs lie step apart if that is not 0, and are not looked up.",
		"What is ahead is brought to the second-level cache, aheadStep for each unrolled step.",
		"While bins is before binsEnd, tileBeside bins for each of the unrolled steps are counted beside them, as countAsm does, from the table's entry counts on.",
		"Offsets count elements of in; steps and rows count bytes. zero may be nil where no offset is negative.")
	call := GP64()
	Load(Param("call"), call)
	rows := GP64()
	MOVQ(field(call, "rows"), rows)
	for r := 1; r < f.rows; r++ {
		CMPQ(rows, Imm(uint64(r)))
		JEQ(LabelRef(fmt.Sprintf("tile%d", r)))
	}
	for r := f.rows; r > 0; r-- {
		f.tile(r, call)
	}
}

// tile writes the loop over tiles of the given number of rows.
func (f *form) tile(rows int, call reg.GPVirtual) {
	argument := func(name string) Mem { return field(call, name) }
	line := f.columns() * size // bytes of one step of k in a panel
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	acc, row := make([][]reg.VecVirtual, rows), make([]reg.GPVirtual, rows)
	for r := range row {
		row[r] = GP64()
		for _, l := range f.lanes {
			acc[r] = append(acc[r], f.isa.register(l))
		}
	}
	var right []reg.VecVirtual
	for _, l := range f.lanes {
		right = append(right, f.isa.register(l))
	}
	left := f.isa.register(f.lanes[0])
	final := len(f.lanes) - 1
	at := func(base reg.GPVirtual, j int) Mem { return Mem{Base: base, Disp: j * f.lanes[0] * size} }

	// step is the step of k that lies ahead by ahead; k itself is ahead by bias.
	k, b := GP64(), GP64()
	step := func(ahead, bias int, between func(row int)) {
		for j := range right {
			m := at(b, j)
			m.Disp += ahead * line
			VMOVUPS(m, right[j])
		}
		for r := range row {
			VBROADCASTSS(Mem{Base: row[r], Index: k, Scale: size, Disp: (ahead - bias) * size}, left)
			for j := range right {
				VFMADD231PS(as(left, right[j]), right[j], acc[r][j])
			}
			between(r)
		}
	}
	alone := func(int) {}

	Label(label("tile"))
	MOVQ(argument("start"), k)
	MOVQ(argument("startRow"), b)
	TESTQ(b, b)
	JNZ(LabelRef(label("starts")))
	for j, a := range acc[0] {
		VMOVUPS(at(k, j), a)
	}
	for r := range acc[1:] {
		for j, a := range acc[r+1] {
			VMOVAPS(acc[0][j], a)
		}
	}
	Label(label("started"))
	MOVQ(argument("ks"), k)
	MOVQ(k, argument("left"))
	ahead := GP64()
	MOVQ(argument("ahead"), ahead)
	MOVQ(argument("b"), b)

	in, offs := GP64(), GP64()
	MOVQ(argument("in"), in)
	MOVQ(argument("offs"), offs)
	TESTQ(offs, offs)
	JNZ(LabelRef(label("offsets")))
	MOVQ(argument("kc"), k)
	LEAQ(Mem{Base: in, Index: k, Scale: size}, row[0])
	MOVQ(argument("offsRow"), k)
	for r := range row[1:] {
		LEAQ(Mem{Base: row[r], Index: k, Scale: 1}, row[r+1])
	}
	JMP(LabelRef(label("run")))

	Label(label("offsets"))
	MOVQ(argument("in"), in)
	MOVQ(argument("offs"), offs)
	for r := range row {
		MOVLQSX(Mem{Base: offs}, k)
		ADDQ(argument("offsRow"), offs)
		LEAQ(Mem{Base: in, Index: k, Scale: size}, row[r])
		TESTQ(k, k)
		CMOVQLT(argument("zero"), row[r])
	}
	ADDQ(argument("offsRun"), offs)
	MOVQ(offs, argument("offs"))
	MOVQ(argument("kc"), k)
	for r := range row {
		LEAQ(Mem{Base: row[r], Index: k, Scale: size}, row[r])
	}
	Label(label("run"))
	Comment("k counts from -kc up to 0, ahead by one iteration")
	MOVQ(argument("kc"), k)
	NEGQ(k)
	ADDQ(Imm(unroll), k)
	JG(LabelRef(label("rest")))
	// steps writes unrolled steps, up to where their number is checked.
	steps := func(between func(i, row int)) {
		for i := range unroll {
			if i%2 == 0 {
				PREFETCHT1(Mem{Base: ahead, Disp: i / 2 * 64})
			}
			step(i, unroll, func(row int) { between(i, row) })
		}
		ADDQ(argument("aheadStep"), ahead)
		ADDQ(U32(uint32(unroll*line)), b)
		ADDQ(Imm(unroll), k)
	}
	if n := f.beside(rows); n > 0 {
		bins, counts := GP64(), GP64()
		MOVQ(argument("bins"), bins)
		CMPQ(bins, argument("binsEnd"))
		JCC(LabelRef(label("steps")))
		MOVQ(argument("counts"), counts)
		Label(label("beside"))
		steps(func(i, row int) {
			for j := n * row / rows; j < n*(row+1)/rows; j++ {
				bin := GP64()
				MOVWQSX(Mem{Base: bins, Disp: (n*i + j) * 2}, bin)
				INCW(Mem{Base: counts, Index: bin, Scale: 4, Disp: j % 2 * 2})
			}
		})
		LEAQ(Mem{Base: bins, Disp: unroll * n * 2}, bins)
		MOVQ(bins, argument("bins"))
		JG(LabelRef(label("rest")))
		CMPQ(bins, argument("binsEnd"))
		JCS(LabelRef(label("beside")))
	}
	Label(label("steps"))
	steps(func(int, int) {})
	JLE(LabelRef(label("steps")))
	Label(label("rest"))
	SUBQ(Imm(unroll), k)
	JZ(LabelRef(label("done")))
	Label(label("single"))
	step(0, 0, alone)
	ADDQ(Imm(uint64(line)), b)
	INCQ(k)
	JNZ(LabelRef(label("single")))
	Label(label("done"))
	DECQ(argument("left"))
	JZ(LabelRef(label("end")))
	MOVQ(argument("step"), k)
	TESTQ(k, k)
	JZ(LabelRef(label("offsets")))
	for r := range row {
		ADDQ(k, row[r])
	}
	JMP(LabelRef(label("run")))
	Label(label("end"))

	MOVQ(argument("bounds"), k)
	limits(label, k, left, slices.Concat(acc...))
	outRow := b
	MOVQ(argument("out"), row[0])
	MOVQ(argument("outRow"), outRow)
	var finals []reg.VecVirtual
	for r := range acc {
		if r > 0 {
			LEAQ(Mem{Base: row[r-1], Index: outRow, Scale: 1}, row[r])
		}
		for j, a := range acc[r][:final] {
			VMOVUPS(a, at(row[r], j))
		}
		finals = append(finals, acc[r][final])
	}
	MOVQ(ahead, argument("ahead"))
	LEAQ(Mem{Base: row[rows-1], Index: outRow, Scale: 1}, k)
	MOVQ(k, argument("out"))
	last := GP64()
	MOVQ(argument("last"), last)
	f.isa.store(label, finals, f.lanes[final], row, at(k, final).Disp, last)
	MOVQ(argument("inStep"), b)
	ADDQ(b, argument("in"))
	MOVQ(argument("offsStep"), b)
	ADDQ(b, argument("offs"))
	DECQ(argument("tiles"))
	JNZ(LabelRef(label("tile")))
	VZEROUPPER()
	RET()

	Label(label("starts"))
	MOVQ(argument("last"), last)
	load := f.isa.loader(f.lanes[final], last, left)
	for r := range acc {
		for j, a := range acc[r] {
			if j == final {
				load(at(k, j), a)
			} else {
				VMOVUPS(at(k, j), a)
			}
		}
		ADDQ(b, k)
	}
	MOVQ(k, argument("start"))
	JMP(LabelRef(label("started")))
}

// as returns v as wide as another register.
func as(v, like reg.VecVirtual) reg.Register {
	if like.Size() < v.Size() {
		return v.AsY()
	}
	return v
}

// limits keeps values within bounds. The processor returns the second of two operands if one is NaN or both are zeros: the value must be that. An infinite
// bound changes nothing, and is not looked at: comparisons take the place of multiply-adds.
func limits(label func(string) string, bounds reg.GPVirtual, tmp reg.VecVirtual, values []reg.VecVirtual) {
	for i, bound := range []struct {
		name     string
		infinite uint32
		limit    func(...Op)
	}{{"low", 0xff800000, VMAXPS}, {"high", 0x7f800000, VMINPS}} {
		m := Mem{Base: bounds, Disp: i * size}
		done := label(bound.name)
		CMPL(m, U32(bound.infinite))
		JEQ(LabelRef(done))
		VBROADCASTSS(m, tmp)
		for _, v := range values {
			bound.limit(v, as(tmp, v), v)
		}
		Label(done)
	}
}
