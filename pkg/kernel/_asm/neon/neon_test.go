package neon

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "assemble testdata/words.txt anew, with aarch64-linux-gnu-as")

// instructions returns every instruction, with operands that use all bits of their fields.
func instructions() (all []Instruction) {
	registers := [][3]V{{1, 2, 3}, {31, 0, 0}, {0, 31, 0}, {0, 0, 31}, {21, 10, 21}}
	for _, r := range registers {
		d, n, m := r[0], r[1], r[2]
		for _, a := range []Arrangement{S4, D2} {
			for _, i := range []Three{FADD, FSUB, FMUL, FDIV, FMLA, FMLS, FMAX, FMIN, FCMEQ, FCMGE, FCMGT, ADD, SUB, TRN1, TRN2} {
				all = append(all, i.Of(a, d, n, m))
			}
			for index := range 128 / a.bits() {
				all = append(all, FMLAElement.Of(a, d, n, m, index))
			}
			for _, i := range []Two{FABS, FNEG, FSQRT, FRINTN, FRINTM, FRINTP, FCVTMS, FRINTA} {
				all = append(all, i.Of(a, d, n))
			}
			for _, i := range []Zero{FCMGEZero, FCMGTZero, FCMLTZero} {
				all = append(all, i.Of(a, d, n))
			}
			for _, bits := range []int{1, 23, a.bits() - 1} {
				all = append(all, SHL.Of(a, d, n, bits), USHR.Of(a, d, n, bits))
			}
			all = append(all, SHL.Of(a, d, n, 0), USHR.Of(a, d, n, a.bits()))
		}
		for _, i := range []Three{AND, BIC, ORR, EOR, BSL, BIT, BIF} {
			all = append(all, i.Of(B16, d, n, m))
		}
		all = append(all, FCVTL(d, n), FCVTL2(d, n), FCVTN(d, n), FCVTN2(d, n), DUP(d, n), DUPUpper(d, n), INSUpper(d, n), MOV(d, n), CLEAR(d), ADDV(d, n), FMAXV(d, n), FMINV(d, n))
		for _, i := range []Text{
			MULWords, MLAWords, SMAXWords, SMINWords, SUBHalves, SUBBytes, SMAXBytes, SMINBytes, SQADD, SQRDMULH, SSHL, USHL, SRSHL, SMULL, SMULL2, SMLAL, SMLAL2,
			SMULLWords, SMULL2Words, SADDW, SADDW2, SADDWBytes, SADDW2Bytes, ZIP1, ZIP2, TBL4, TBX4,
		} {
			all = append(all, i.Of(d, n, m))
		}
		all = append(all, SXTL(d, n), SXTL2(d, n), SXTLWords(d, n), SXTL2Words(d, n), SQXTN(d, n), SQXTN2(d, n), SQXTNBytes(d, n), SQXTN2Bytes(d, n))
		all = append(all, SXTLLongs(d, n), SXTL2Longs(d, n), XTN(d, n), XTN2(d, n), FCVTZSLongs(d, n), SCVTFLongs(d, n), NEGWords(d, n))
		for index := range 8 {
			all = append(all, SMLALElement(d, n, m%16, index), SMLAL2Element(d, n, m%16, index))
		}
		for index := range 4 {
			all = append(all, SDOTElement(d, n, m, index))
		}
		all = append(all, CMLTZero(d, n), ABSWords(d, n), FCVTAS(d, n), FCVTZS(d, n), SCVTF(d, n), DUPByte(d, n), DUPHalf(d, n))
		all = append(all, UADDLP(d, n), UADDW(d, n), UADDW2(d, n), CMEQZero(d, n), TBL(d, n, m), TBL2(d, n, m))
	}
	return all
}

// TestWords compares the words with those that an assembler makes of the texts.
func TestWords(t *testing.T) {
	file := filepath.Join("testdata", "words.txt")
	if *update {
		if err := os.WriteFile(file, assemble(t, instructions()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, i := range instructions() {
		fmt.Fprintf(&got, "%08x %s\n", i.Word, i.Text)
	}
	if bytes.Equal(got.Bytes(), want) {
		return
	}
	g, w := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
	for k := range max(len(g), len(w)) {
		if k >= len(g) || k >= len(w) {
			t.Fatalf("%d instructions, %d in %s", len(g)-1, len(w)-1, file)
		}
		if g[k] != w[k] {
			t.Errorf("%q, the assembler makes %q", g[k], w[k])
		}
	}
}

// assemble returns words and texts, the words being GNU as's.
func assemble(t *testing.T, all []Instruction) []byte {
	t.Helper()
	dir := t.TempDir()
	object, image := filepath.Join(dir, "o"), filepath.Join(dir, "bin")
	var source, out bytes.Buffer
	for _, i := range all {
		fmt.Fprintln(&source, i.Text)
	}
	as := exec.Command("aarch64-linux-gnu-as", "-march=armv8.2-a+dotprod", "-o", object, "-")
	as.Stdin = &source
	for _, c := range []*exec.Cmd{as, exec.Command("aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", object, image)} {
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c, err, text)
		}
	}
	words, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	if len(words) != 4*len(all) {
		t.Fatalf("%d bytes for %d instructions", len(words), len(all))
	}
	for k, i := range all {
		fmt.Fprintf(&out, "%08x %s\n", binary.LittleEndian.Uint32(words[4*k:]), i.Text)
	}
	return out.Bytes()
}

// TestMisuse has instructions that don't exist.
func TestMisuse(t *testing.T) {
	var f File
	fn := f.Function("f", "func(x *float32, n int32)")
	for name, use := range map[string]func(){
		"floats of bytes":     func() { FADD.Of(B16, 0, 1, 2) },
		"logic of floats":     func() { AND.Of(S4, 0, 1, 2) },
		"element 4 of 4":      func() { FMLAElement.Of(S4, 0, 1, 2, 4) },
		"element 2 of 2":      func() { FMLAElement.Of(D2, 0, 1, 2, 2) },
		"half 8 of 8":         func() { SMLALElement(0, 1, 2, 8) },
		"half of register 16": func() { SMLAL2Element(0, 1, 16, 0) },
		"word 4 of 4":         func() { SDOTElement(0, 1, 2, 4) },
		"shift left by 32":    func() { SHL.Of(S4, 0, 1, 32) },
		"shift right by 0":    func() { USHR.Of(S4, 0, 1, 0) },
		"33 registers":        func() { fn.Vs(33) },
		"no such parameter":   func() { fn.Argument("y") },
		"half a register":     func() { fn.Load("n", 0) },
		"a parameter of bool": func() { f.Function("g", "func(x bool)") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			use()
		}()
	}
}

func TestFrame(t *testing.T) {
	var f File
	fn := f.Function("f", "func(dst, src *float32, alpha float32, n int, bounds *[2]float32, last float32) (left int)", "f is a test.")
	fn.Return()
	for name, want := range map[string]Operand{
		"dst": "dst+0(FP)", "src": "src+8(FP)", "alpha": "alpha+16(FP)", "n": "n+24(FP)", "bounds": "bounds+32(FP)",
		"last": "last+40(FP)", "left": "left+48(FP)",
	} {
		if got := fn.Argument(name); got != want {
			t.Errorf("%s is at %s, want %s", name, got, want)
		}
	}
	if want := "TEXT ·f(SB), NOSPLIT, $0-56\n\tRET\n"; !strings.HasSuffix(f.code.String(), want) {
		t.Errorf("code is %q, want %q at its end", f.code.String(), want)
	}
}
