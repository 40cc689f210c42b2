package exec_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// damagedLimit is the memory that damaged models may use.
const damagedLimit = 1 << 20

// tryModel does with a foreign model what can be done with it. It returns an error or nil; it must not panic, or take for ever.
func tryModel(data []byte) error {
	m, err := tflite.Decode(data)
	if err != nil {
		return err
	}
	p, err := exec.Compile(m, 0, exec.Options{MemoryLimit: damagedLimit})
	if err != nil {
		return err
	}
	var inputs []*tensor.Tensor
	for _, v := range p.Inputs() {
		n := v.Type.Shape.Elements()
		if !v.Type.Static() || n < 0 || n > damagedLimit || v.Type.DType.Bits() == 0 {
			return fmt.Errorf("input %v", v.Type)
		}
		inputs = append(inputs, tensor.New(v.Type.DType, v.Type.Shape))
	}
	_, err = p.NewSession().Run(inputs, nil)
	return err
}

// TestDamagedModels changes bytes of the models of TestGolden.
func TestDamagedModels(t *testing.T) {
	golden := openArchive(t, "testdata/golden_ops.zip")
	rng := rand.New(rand.NewPCG(1, 2))
	ran, refused := 0, 0
	for _, file := range slices.Sorted(maps.Keys(golden)) {
		if !strings.HasSuffix(file, ".tflite") {
			continue
		}
		data := golden.read(t, file)
		for range damages {
			bad := slices.Clone(data)
			for range 1 + rng.IntN(3) {
				bad[rng.IntN(len(bad))] = []byte{0, 1, 2, 0x7f, 0xff, byte(rng.Uint32())}[rng.IntN(6)]
			}
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("%s: panic: %v\n%s", file, r, debug.Stack())
						t.FailNow()
					}
				}()
				if tryModel(bad) == nil {
					ran++
				} else {
					refused++
				}
			}()
		}
	}
	if ran == 0 || refused == 0 {
		t.Errorf("%d damaged models ran, %d were refused", ran, refused)
	}
}

// damages is how many damaged copies TestDamagedModels makes of each model.
const damages = 20

func FuzzModel(f *testing.F) {
	golden := openArchive(f, "testdata/golden_ops.zip")
	for _, file := range slices.Sorted(maps.Keys(golden)) {
		if strings.HasSuffix(file, ".tflite") {
			f.Add(golden.read(f, file))
		}
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = tryModel(data) // any error will do
	})
}
