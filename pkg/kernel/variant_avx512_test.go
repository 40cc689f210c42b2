//go:build amd64 && !purego && unix

package kernel

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestAVX512Runs fails where the processor has AVX-512 and its variants don't run.
func TestAVX512Runs(t *testing.T) {
	want := features(t, "avx2", "fma", "avx512f", "avx512vl", "avx512dq", "avx512bw", "bmi2")
	if useAVX512 != want {
		t.Fatalf("AVX-512 is used: %v, but the processor has it: %v", useAVX512, want)
	}
	if !want {
		return
	}
	x, y := unreadable(t, 1<<16), make([]float32, 1<<16)
	for name, l := range map[string]layer{
		"gemm16AVX512":         convLayer("", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 16}),
		"gemm24AVX512":         convLayer("", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 24}),
		"gemm32AVX512":         convLayer("", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 32}),
		"gemvAVX512":           fullyConnectedLayer("", 1, F32FullyConnectedSpec{K: 256, N: 256}),
		"depthwise3s1n8AVX512": depthwiseLayer("", 1, F32DepthwiseSpec{Window: square(16, 3, 1), C: 64, Multiplier: 1}),
	} {
		weights := make([]float32, l.weights)
		weights[0] = 1e-40 // which lift can't divide: it does not read the operand first
		run, err := l.prepare(weights, nil)
		if err != nil {
			t.Fatal(err)
		}
		if in := readIn(func() { run(y[:l.out], x[:l.in]) }); !strings.HasSuffix(in.Function, "."+name) {
			t.Errorf("the operand is read in %s, want %s", in.Function, name)
		}
	}
	if in := readIn(func() { F32MinMax(x) }); !strings.HasSuffix(in.Function, ".minMaxAVX512") {
		t.Errorf("extrema are looked for in %s", in.Function)
	}
}

// TestEnvironmentChoosesVariants runs this test in processes whose environment takes features away.
func TestEnvironmentChoosesVariants(t *testing.T) {
	const mark = "KERNEL_TEST_VARIANTS"
	if os.Getenv(mark) != "" {
		fmt.Printf("%v %v\n", useAVX2, useAVX512)
		return
	}
	for _, c := range []struct {
		debug        string
		avx2, avx512 bool
	}{{"", useAVX2, useAVX512}, {"cpu.avx512f=off", useAVX2, false}, {"cpu.avx2=off", false, false}} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestEnvironmentChoosesVariants$")
		cmd.Env = append(os.Environ(), mark+"=1", "GODEBUG="+c.debug)
		out, err := cmd.Output()
		if want := fmt.Sprintf("%v %v\n", c.avx2, c.avx512); err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%q: %q (%v), want %q", c.debug, out, err, want)
		}
	}
}

// TestWideHistogramRuns is TestAVX512Runs for the kernels that find bins.
func TestWideHistogramRuns(t *testing.T) {
	if !useAVX512 {
		t.Skip("no AVX-512 is used; TestAVX512Runs fails where the processor has it")
	}
	x := unreadable(t, 1<<12)
	for name, lo := range map[string]float32{"binsAVX512": -1, "otherBinsAVX512": 0} {
		var c F32Counter
		var tally F32Tally
		tally.histogram.extend(lo, 1)
		if in := readIn(func() { c.add(&tally, x) }); !strings.HasSuffix(in.Function, "."+name) {
			t.Errorf("elements are read in %s, want %s", in.Function, name)
		}
	}
}

// TestWideRescalingRuns is TestAVX512Runs for the kernels that make int8 of sums.
func TestWideRescalingRuns(t *testing.T) {
	if !useAVX512 {
		t.Skip("no AVX-512 is used; TestAVX512Runs fails where the processor has it")
	}
	x := int32s(unreadable(t, 1<<12))
	for kind, name := range map[string]string{"any": "s8RescaleAVX512", "small": "s8RescaleSmallAVX512", "factors": "s8ScaleAVX512"} {
		result := s8Results(t)[kind]
		if in := readIn(func() { result.rows(make([]int8, 100), 20, x, 20, 5, 0, 20) }); !strings.HasSuffix(in.Function, "."+name) {
			t.Errorf("sums are read in %s, want %s", in.Function, name)
		}
	}
}

// TestVNNIRuns is TestAVX512Runs for the kernels that add up products of bytes.
func TestVNNIRuns(t *testing.T) {
	if want := useAVX512 && features(t, "avx512_vnni"); useVNNI != want {
		t.Fatalf("VNNI is used: %v, but the processor has it: %v", useVNNI, want)
	}
	if !useVNNI {
		return
	}
	x := signed(unreadable(t, 1<<12))
	for channels, name := range map[int]string{32: "s8Depthwise32VNNI", 64: "s8Depthwise64VNNI"} {
		d := s8Depthwise(t, channels)
		n := 8 * 8 * channels
		if in := readIn(func() { d.Run(make([]int8, n), x[:n], make([]int32, d.Scratch())) }); !strings.HasSuffix(in.Function, "."+name) {
			t.Errorf("images of %d channels are read in %s, want %s", channels, in.Function, name)
		}
	}
	y := unreadable(t, 1<<14)
	for n, name := range map[int]string{16: "s8Tiles16VNNI", 32: "s8Tiles32VNNI", 48: "s8Tiles48VNNI", 64: "s8Tiles64VNNI"} {
		if in := readIn(s8ProductOf(view[int64](int32s(y)), n)); !strings.HasSuffix(in.Function, "."+name) {
			t.Errorf("columns are read in %s, want %s", in.Function, name)
		}
	}
	if in := readIn(s8RowsOf(t, signed(y))); !strings.HasSuffix(in.Function, ".s8FlipAVX512") {
		t.Errorf("rows are read in %s", in.Function)
	}
}

// TestWideS8RowsRun is TestAVX512Runs for operators on int8.
func TestWideS8RowsRun(t *testing.T) {
	if want := useAVX512 && features(t, "avx512vbmi"); useVBMI != want {
		t.Fatalf("VBMI is used: %v, but the processor has it: %v", useVBMI, want)
	}
	if !useAVX512 {
		t.Skip("no AVX-512 is used; TestAVX512Runs fails where the processor has it")
	}
	x, y := signed(unreadable(t, 1<<12)), make([]int8, 1<<12)
	check := func(name string, run func()) {
		if in := readIn(run); !strings.HasSuffix(in.Function, "."+name) {
			t.Errorf("elements are read in %s, want %s", in.Function, name)
		}
	}
	for i, name := range []string{"s8SumAVX512", "s8DifferenceAVX512", "s8SquaredDifferenceAVX512", "s8ProductAVX512", "s8PreluAVX512"} {
		check(name, func() { s8Rows[i].make(nil)(y, x[:len(y)], y) })
	}
	if table := NewS8Table(func(q int32) int32 { return q }, -128, 127); useVBMI {
		check("s8TableVBMI", func() { table.Apply(y, x) })
	}
}

// TestWideCurvesRun is TestAVX512Runs for the functions of one number.
func TestWideCurvesRun(t *testing.T) {
	if !useAVX512 {
		t.Skip("no AVX-512 is used; TestAVX512Runs fails where the processor has it")
	}
	x, y := unreadable(t, 1<<12), make([]float32, 1<<12)
	check := func(name string, run func()) {
		if in := readIn(run); !strings.HasSuffix(in.Function, "."+name) {
			t.Errorf("elements are read in %s, want %s", in.Function, name)
		}
	}
	for _, m := range maps {
		check(strings.ToLower(m.name[:1])+m.name[1:]+"AVX512", func() { m.run(y, x) })
	}
	check("softmaxAVX512", func() { new(lanes).takeExp(y, x, 0, 1) })
}
