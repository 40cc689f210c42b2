package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

func TestMain(m *testing.M) {
	// Tests that convert in this process compare what is measured anew. Scripts, whose programs come by here under their name, have a cache of their own.
	if filepath.Base(os.Args[0]) != "octet" {
		if err := os.Setenv("OCTET_NO_CACHE", "true"); err != nil {
			panic(err)
		}
	}
	testscript.Main(tests{m}, map[string]func(){
		"octet": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			defer stop()
			os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
		},
	})
}

// TestScripts runs testdata/script/*.txtar against the program. Beside testscript's commands there are
//
//	model NAME FILE            writes a model of internal/testmodel, "custom", which holds a custom operator, or "mute", which has no outputs
//	exits STATUS COMMAND...    runs a command, which must end with the given status
//	source PACKAGE/NAME FOLDER copies a SavedModel of a front end's test data
//	keras NAME FILE            writes a model of the archive of Keras's layers
//	frozen FILE IN OUT OP [IN] writes a TensorFlow graph of one operator
//	samples FILE N VALUE...    writes a .npz of N samples of the input x0 of the Conv model, each filled with one of the values in turn
func TestScripts(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"model":   writeModel,
			"samples": writeSamples,
			"exits":   exits,
			"source":  copySource(root),
			"keras":   copyKeras(root),
			"frozen":  writeFrozen,
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	status := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		status = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if status != atoi(ts, args[0]) {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
}

func writeModel(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: model NAME FILE")
	}
	var m *ir.Model
	for _, c := range testmodel.All() {
		if c.Name == args[0] {
			m = c.Build()
		}
	}
	switch args[0] {
	case "custom":
		m = customModel()
	case "mute":
		m = testmodel.Conv()
		m.Graphs[0].Outputs, m.Signatures[0].Outputs = nil, nil
	}
	if m == nil {
		ts.Fatalf("no model %q", args[0])
	}
	data, err := tflite.Encode(m)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}

// customModel is a model whose only node is an operator that nobody knows.
func customModel() *ir.Model {
	f32 := ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 4}}
	x, y := &ir.Value{Name: "x", Type: f32}, &ir.Value{Name: "y", Type: f32}
	g := &ir.Graph{Name: "main", Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}, Values: []*ir.Value{x, y}}
	g.Nodes = []*ir.Node{{Op: "CUSTOM", Attr: &op.Custom{Code: "Frobnicate"}, Inputs: g.Inputs, Outputs: g.Outputs}}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

func writeSamples(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: samples FILE N VALUE...")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	n, size := atoi(ts, args[1]), 8*8*3
	values := make([]float32, n*size)
	for i := range values {
		sample := i / size
		values[i] = atof(ts, args[2+sample%(len(args)-2)]) * float32(1+i%7) / 7
	}
	w := npy.NewWriter(f)
	part, err := w.Create("x0", npy.Float32, []int{n, 8, 8, 3})
	ts.Check(err)
	_, err = part.Write(tensor.Bytes(values))
	ts.Check(err)
	ts.Check(w.Close())
}
