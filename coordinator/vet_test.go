package coordinator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

const (
	childName = "octet-sandbox"
	lateBomb  = "late.tflite" // a model that takes the child along that quantizes it
)

// TestMain is a coordinator's child, too, when it is started under that name.
func TestMain(m *testing.M) {
	if os.Args[0] != childName {
		os.Exit(m.Run())
	}
	calls := Child()
	vet := calls[vetCall]
	calls[vetCall] = func(ctx context.Context, c *sandbox.Caller, request []byte) ([]byte, error) {
		var r vetRequest
		if err := json.Unmarshal(request, &r); err == nil && r.End != nil && r.SourceName == lateBomb {
			os.Exit(3)
		}
		return vet(ctx, c, request)
	}
	if err := sandbox.Serve(os.Stdin, os.Stdout, "test", calls); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// vetted is a cluster whose coordinator has a sandbox. deaths counts the children that died.
func vetted(t *testing.T) (c *cluster, deaths func() int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	died := make(chan bool, 100)
	s, err := sandbox.New(sandbox.Config{
		Command: []string{childName}, Path: self, Version: "test", Memory: sandbox.LeastMemory, Folders: []string{os.TempDir()}, Died: func(int, *sandbox.Death) { died <- true },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return newCluster(t, func(c *cluster) { c.config.Sandbox = s }), func() int { return len(died) }
}

// sparse is a model of 1 MiB whose weights take 1 GiB when they are dense.
func sparse(t *testing.T) []byte {
	t.Helper()
	const rows, columns = 1 << 18, 1 << 10
	g := &ir.Graph{Name: "main"}
	x := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, columns}}})
	shape := tensor.Shape{rows, columns}
	w := g.Add(&ir.Value{Name: "w", Type: ir.Type{DType: tensor.Float32, Shape: shape}, Const: &tensor.Tensor{DType: tensor.Float32, Shape: shape, Data: make([]byte, 4)}})
	segments := make([]int, rows+1)
	segments[rows] = 1
	w.Sparsity = &ir.Sparsity{Traversal: []int{0, 1}, Dims: []ir.SparseDim{
		{Dense: true, Size: rows}, {Segments: segments, Indices: []int{0}, SegmentType: tensor.Int32, IndexType: tensor.Int32},
	}}
	dense := g.Add(&ir.Value{Name: "dense", Type: w.Type})
	y := g.Add(&ir.Value{Name: "y", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, rows}}})
	g.Nodes = []*ir.Node{
		{Op: "DENSIFY", Inputs: []*ir.Value{w}, Outputs: []*ir.Value{dense}},
		{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{x, dense, nil}, Outputs: []*ir.Value{y}},
	}
	g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
	data, err := tflite.Encode(&ir.Model{Graphs: []*ir.Graph{g}, Signatures: []*ir.Signature{{
		Key: "serving_default", Inputs: []ir.Port{{Name: "x", Value: x}}, Outputs: []ir.Port{{Name: "y", Value: y}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A model that takes too much memory when it is read fails its job, and takes children along, but not the coordinator, whose other jobs go on.
func TestModelBomb(t *testing.T) {
	if !sandbox.Enforced() {
		t.Skip("the system bounds no memory")
	}
	c, deaths := vetted(t)
	c.worker("a", nil)
	bomb := c.create("bomb", &octetv1.JobSpec{Source: c.upload(sparse(t)), SourceName: "bomb.tflite", Scheme: octetv1.Scheme_SCHEME_FLOAT16})
	good := c.create("good", c.spec(convModel(t, 8)))
	j := c.wait(bomb.GetId())
	const want = "bomb.tflite: reading it took the process that did so along, twice: more memory was wanted than the 256 MiB that are allowed (coordinators allow more with --sandbox-memory)"
	if e := j.GetError(); j.GetState() != octetv1.JobState_JOB_STATE_FAILED || e.GetKind() != octetv1.ErrorKind_ERROR_KIND_BAD_INPUT || e.GetMessage() != want {
		t.Errorf("the job is %v: %v", j.GetState(), e)
	}
	if n := deaths(); n != 2 {
		t.Errorf("%d children died, want two", n)
	}
	c.result(c.wait(good.GetId()))
}

// So does one that takes too much when it is quantized, whatever for.
func TestLateBomb(t *testing.T) {
	for name, change := range map[string]func(spec *octetv1.JobSpec){
		"int8": func(*octetv1.JobSpec) {}, "auto": func(spec *octetv1.JobSpec) { spec.Calibrator = "auto" },
		"dynamic": func(spec *octetv1.JobSpec) { spec.Scheme, spec.Dataset = octetv1.Scheme_SCHEME_DYNAMIC, nil },
	} {
		t.Run(name, func(t *testing.T) {
			c, deaths := vetted(t)
			c.worker("a", nil)
			spec := c.spec(convModel(t, 40))
			good := c.create("good", proto.CloneOf(spec))
			spec.SourceName = lateBomb
			change(spec)
			j := c.wait(c.create("bomb", spec).GetId())
			const want = "late.tflite: quantizing it took the process that did so along, twice: the process died (exit status 3)"
			if e := j.GetError(); e.GetKind() != octetv1.ErrorKind_ERROR_KIND_BAD_INPUT || e.GetMessage() != want {
				t.Errorf("the job is %v: %v", j.GetState(), e)
			}
			c.result(c.wait(good.GetId()))
			if n := deaths(); n != 2 {
				t.Errorf("%d children died, want two", n)
			}
		})
	}
}

// So does a manifest, which is read when the job is created.
func TestManifestBomb(t *testing.T) {
	if !sandbox.Enforced() {
		t.Skip("the system bounds no memory")
	}
	c, deaths := vetted(t)
	spec := c.spec(convModel(t, 8))
	var text bytes.Buffer
	text.WriteString(`{"version":1,"inputs":[],"samples":1,"images":{"files":[{}`)
	text.WriteString(strings.Repeat(",{}", 7<<20))
	text.WriteString("]}}\n")
	spec.Dataset = c.upload(text.Bytes())
	_, err := c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
	wantCode(t, "CreateJob", err, codes.InvalidArgument)
	if !strings.Contains(status.Convert(err).Message(), "reading it took the process that did so along, twice: more memory") {
		t.Errorf("%v", err)
	}
	if n := deaths(); n != 2 {
		t.Errorf("%d children died, want two", n)
	}
}

// What is wrong with a model is told in the same words with a sandbox and without.
func TestVettingChangesNothing(t *testing.T) {
	with, _ := vetted(t)
	without := newCluster(t)
	for _, c := range []*cluster{with, without} {
		c.worker("a", nil)
	}
	for name, change := range map[string]func(c *cluster, spec *octetv1.JobSpec){
		"good": func(*cluster, *octetv1.JobSpec) {},
		"none": func(c *cluster, spec *octetv1.JobSpec) { spec.Source = c.upload([]byte("no model")) },
		"flipped": func(c *cluster, spec *octetv1.JobSpec) {
			spec.Source = c.upload(append([]byte("\x18\x00\x00\x00TFL3"), make([]byte, 100)...))
		},
		"signature": func(_ *cluster, spec *octetv1.JobSpec) { spec.Signature = "other" },
	} {
		var got []string
		for _, c := range []*cluster{with, without} {
			spec := c.spec(convModel(t, 8))
			change(c, spec)
			j := c.wait(c.create(name, spec).GetId())
			got = append(got, fmt.Sprintf("%v %v %v", j.GetState(), j.GetError(), j.GetResult().GetModel()))
		}
		if got[0] != got[1] {
			t.Errorf("%s: with a sandbox %s, without %s", name, got[0], got[1])
		}
	}
}
