package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/report"
	"github.com/octetlite/octet/pkg/verify"
)

const hostile = `</script><img src=x onerror=alert(1)>`

const model = `graph "main" {
  %0 = input "x" f32[1,4]
  %1 "a" f32[1,4] = ABS(%0)
  %2 "</script><img src=x onerror=alert(1)>" f32[1,4] = NEG(%1)
  return %2
}`

// facts are those of a model whose NEG stays float. Of its input 100 elements were seen evenly between 0 and 4, but half of that range was chosen.
func facts(t *testing.T) report.Facts {
	t.Helper()
	float, err := ir.Parse(model, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	stats := &calib.Stats{Kind: calib.True, Dataset: "d", Samples: 25}
	for i := range 3 {
		x := calib.Tensor{Key: calib.Key{Index: i}, Samples: 25, Range: quant.Range{Min: 0, Max: 2, Count: 100}}
		if i == 2 {
			x.Range = quant.Range{Min: -2, Max: 0, Count: 100}
		}
		stats.Tensors = append(stats.Tensors, x)
	}
	quantized, what, err := quantize.Run(float, stats, quantize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stats.Tensors[0].Range.Max = 4
	stats.Tensors[0].Histogram = &calib.Histogram{Exp: 0, Counts: []uint64{25, 25, 25, 25}}
	sides := [2]verify.Model{{Model: float}, {Model: quantized}}
	for i := range sides {
		sides[i].Signature = &ir.Signature{}
	}
	pairing, err := verify.Match(sides[0], sides[1])
	if err != nil {
		t.Fatal(err)
	}
	return report.Facts{
		Source: report.File{Name: "float.tflite", Bytes: 4000}, Result: report.File{Name: "int8.tflite", Bytes: 1000},
		Pairing: pairing, Provenance: report.Provenance{Scheme: "int8", Command: []string{"octet", "convert", "it's.tflite"}}, Stats: stats, Quantization: what,
		Verification: &verify.Result{
			Samples: 3, Operators: []verify.Operator{{Node: 0, Op: "ABS", Output: "a", SQNR: 30}},
			Tensors: []verify.Tensor{{Tensor: 0, Name: "x", Error: verify.Error{Elements: 4, SQNR: 40, Cosine: 1}}, {Tensor: 1, Name: "a", Error: verify.Error{Elements: 4, SQNR: 30, Cosine: 1}}},
		},
	}
}

func TestNew(t *testing.T) {
	d := report.New(facts(t))
	type row struct {
		op     string
		scheme report.Scheme
		why    bool
	}
	var rows []row
	for _, o := range d.Operators {
		rows = append(rows, row{o.Op, o.Scheme, o.Why != ""})
	}
	want := []row{{"ABS", report.Int8, false}, {"DEQUANTIZE", report.Border, false}, {"NEG", report.Float, true}, {"QUANTIZE", report.Border, false}}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("operators (-want +got):\n%s", diff)
	}
	x := d.Tensors[0]
	if x.Name != "x" || x.Scale == nil || x.Seen == nil || x.Error == nil {
		t.Fatalf("the input is %+v", x)
	}
	if math.Abs(*x.Low) > 1e-6 || math.Abs(*x.High-2) > 1e-6 {
		t.Errorf("its integers stand for %v to %v, want 0 to 2", *x.Low, *x.High)
	}
	if *x.Seen.Clipped < 0.49 || *x.Seen.Clipped > 0.5 { // half a step of 2/255 lies in the third bin
		t.Errorf("%v of it are clipped, want a little less than a half", *x.Seen.Clipped)
	}
	if d.Operators[0].SQNR == nil || *d.Operators[0].SQNR != 30 {
		t.Error("the first operator does not have its ratio")
	}
	if d.Estimate.Arithmetic != nil || d.Estimate.FloatTraffic != 4*4*4 {
		t.Errorf("estimate %+v, want no products, and 64 bytes of traffic of the float model", d.Estimate)
	}
}

func TestJSON(t *testing.T) {
	d := report.New(facts(t))
	var b bytes.Buffer
	if err := d.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back report.Document
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.Operators, back.Operators); diff != "" || back.Format != report.Format || len(back.Tensors) != len(d.Tensors) {
		t.Errorf("another document comes back (-want +got):\n%s", diff)
	}
}

func TestHTML(t *testing.T) {
	page := func() string {
		var b strings.Builder
		if err := report.New(facts(t)).WriteHTML(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := page()
	if text != page() {
		t.Error("the same document gives other bytes")
	}
	if strings.Contains(text, hostile) {
		t.Error("a tensor's name is markup in the page")
	}
	for _, want := range []string{"int8.tflite", "it&#39;\\&#39;&#39;s.tflite", "LiteRT has no int8 kernel", `href="#op-0-2"`, `id="op-0-2"`, "40.0 dB", `class="range"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for tag, directive := range map[string]string{"style": "style-src", "script": "script-src"} {
		inline := regexp.MustCompile(`(?s)<` + tag + `>(.*?)</` + tag + `>`).FindStringSubmatch(text)
		if inline == nil {
			t.Fatalf("no %s", tag)
		}
		sum := sha256.Sum256([]byte(inline[1]))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(text, "&#43;", "+"), "&#39;", "'"), want) {
			t.Errorf("the policy does not allow the page's own %s: want %s", tag, want)
		}
	}
	if i := strings.Index(text, "<th scope=\"row\" class=\"name\" title=\"a\">"); i < 0 || i > strings.Index(text, "<th scope=\"row\" class=\"name\" title=\"x\">") {
		t.Error("the tensor with the larger error does not come first")
	}
	if strings.Contains(text, "http://") || strings.Contains(text, "https://") {
		t.Error("the page refers to the network")
	}
}
