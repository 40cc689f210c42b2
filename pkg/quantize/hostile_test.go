package quantize_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
)

// allSchemes are the schemes, the coarsest and the finest form of each.
var allSchemes = []quantize.Options{
	{}, {PerTensor: true}, {IO: quantize.UInt8IO}, {IO: quantize.Int16IO}, {Scheme: quantize.Int16x8}, {Scheme: quantize.Int16x8, IO: quantize.Float32IO, PerTensor: true},
	{Scheme: quantize.Float16}, {Scheme: quantize.Dynamic}, {Scheme: quantize.Dynamic, PerTensor: true}, {Scheme: quantize.WeightOnly},
	{Scheme: quantize.WeightOnly, Bits: 4, PerTensor: true}, {Scheme: quantize.WeightOnly, Bits: 4, Block: 32}, {KeepFloat: []string{"*"}},
	{Scheme: quantize.Int16x8, KeepFloat: []string{"?*"}},
}

// FuzzInt8 quantizes whatever model a text describes, as long as it is sound, in each scheme: the result is sound too, or an error, never a panic.
func FuzzInt8(f *testing.F) {
	paths, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ir.Parse(text, op.Set)
		if err != nil || ir.Verify(m, op.Set) != nil || elements(m) > 1<<16 {
			t.Skip()
		}
		for _, compat := range []quantize.Compat{quantize.Default, quantize.TFLite} {
			for _, opt := range allSchemes {
				opt.Compat = compat
				q, _, err := quantize.Run(m, carried(m), opt)
				if err != nil {
					continue
				}
				if err := ir.Verify(q, op.Set); err != nil {
					t.Errorf("%+v: unsound: %v\n%s", opt, err, q)
				}
			}
		}
	})
}

// elements counts what all constants hold.
func elements(m *ir.Model) int {
	n := 0
	for _, g := range m.Graphs {
		for _, v := range g.Values {
			if v.Const != nil {
				n += len(v.Const.Data)
			}
		}
	}
	return n
}

func TestAbsentOperand(t *testing.T) {
	for _, text := range []string{
		`graph "g" { %0 = input "x" f32[1,4] range(-1 1) %1 "y" f32[1,4] range(-1 1) = ADD(%0, _) return %1 }`,
		`graph "g" { %0 = input "x" f32[1,4] range(-1 1) %1 "y" f32[1,4] range(-1 1) = RESHAPE(_, %0) return %1 }`,
		`graph "g" { %0 = input "x" f32[1,4] range(-1 1) %1 "y" f32[1,4] range(-1 1) = FULLY_CONNECTED(%0, _, _) return %1 }`,
	} {
		m, err := ir.Parse(text, op.Set)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := quantize.Run(m, carried(m), quantize.Options{}); err == nil || !strings.Contains(err.Error(), "absent") {
			t.Errorf("%s\nerror %v, want one about an absent operand", text, err)
		}
	}
}

// The committed seeds that once made trouble stay in testdata/fuzz/FuzzInt8; make sure that the folder's other content does not get in their way.
func TestFuzzFolder(t *testing.T) {
	entries, err := os.ReadDir("testdata/fuzz")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "FuzzInt8" {
			t.Errorf("testdata/fuzz holds the folder %q", e.Name())
		}
	}
}
