package main

import (
	"strings"

	"github.com/octetlite/octet/pkg/convert"
)

// pointless lists flags that would do nothing without another one.
var pointless = []struct {
	flag string
	use  func(f *convertFlags, s convert.Scheme) bool
	why  string
}{
	{"per-tensor", chosenHere, "is said in the recipe, with each rule"},
	{"per-tensor-dense", chosenHere, "is said in the recipe: per-tensor of a rule with op FULLY_CONNECTED"},
	{"weight-bits", chosenHere, "is said in the recipe, with each rule: bits"},
	{"block-size", chosenHere, "is said in the recipe, with each rule: block"},
	{"weight-fit", chosenHere, "is said in the recipe, with each rule: fit"},
	{"compat", quantizing, "is about quantization: give --quantize, --data or --ranges"},
	{"io", integers, "is about integer operators: give --data or --ranges"},
	{"strict", integers, "is about integer operators: give --data or --ranges"},
	{"keep-float", quantizing, "is about quantization: give --quantize, --data or --ranges"},
	{"per-tensor", scaled, "is about quantization to integers: give --quantize, --data or --ranges"},
	{"per-tensor-dense", scaled, "is about quantization to integers: give --quantize, --data or --ranges"},
	{"weight-bits", weightOnly, "is about --quantize weight-only"},
	{"block-size", weightOnly, "is about --quantize weight-only"},
	{"weight-fit", scaled, "is about quantization to integers: give --quantize, --data or --ranges"},
	{"calibrator", integers, "is about ranges of activations: give --data or --ranges"},
	{"observe", calibrating, "is about what --data measures"},
	{"stats", calibrating, "writes what --data measures"},
	{"on-bad-sample", sampling, "is about --data"},
	{"holdout", verifying, "is about --verify"},
	{"labels", verifying, "is about --verify"},
	{"task", verifying, "is about --verify"},
	{"score", verifying, "is about --verify"},
	{"max-drop", verifying, "is about --verify"},
	{"min-sqnr", verifying, "is about --verify"},
	{"no-cache", calibrating, "is about what --data measures"},
	{"cache", calibratingHere, "is about what --data measures in this process"},
	{"priority", onCluster, "is about jobs of a cluster: give --coordinator"},
	{"report", quantizing, "is about quantization: give --quantize, --data or --ranges"},
	{"fold", func(f *convertFlags, s convert.Scheme) bool { return !quantizing(f, s) }, "is for models that stay float: quantization folds anyway"},
}

func chosenHere(f *convertFlags, _ convert.Scheme) bool  { return f.recipe == "" }
func quantizing(_ *convertFlags, s convert.Scheme) bool  { return s != convert.None }
func integers(_ *convertFlags, s convert.Scheme) bool    { return s.Calibrated() }
func scaled(_ *convertFlags, s convert.Scheme) bool      { return s != convert.None && s != convert.Float16 }
func weightOnly(_ *convertFlags, s convert.Scheme) bool  { return s == convert.WeightOnly }
func calibrating(f *convertFlags, s convert.Scheme) bool { return f.calibrates(s) }
func sampling(f *convertFlags, _ convert.Scheme) bool    { return f.data != "" }
func verifying(f *convertFlags, _ convert.Scheme) bool   { return f.verify }
func onCluster(f *convertFlags, _ convert.Scheme) bool   { return f.coordinator.addr != "" }
func calibratingHere(f *convertFlags, s convert.Scheme) bool {
	return f.calibrates(s) && f.coordinator.addr == ""
}

// contradiction returns the first error in what the flags say together, whatever the scheme is.
func (f *convertFlags) contradiction(given func(flag string) bool) error {
	switch {
	case f.output == "" && !f.detach:
		return usagef("-o OUT.tflite is required")
	case f.data != "" && f.ranges != "" && !f.verify:
		return usagef("--data and --ranges exclude each other")
	case f.verify && f.data == "":
		return usagef("--verify compares over samples: give --data")
	case f.detach && (f.question.maxDrop != "" || f.question.minSQNR != "") && f.verify:
		return usagef("--max-drop and --min-sqnr can't be checked with --detach: 'octet jobs get ID --verification FILE' has the figures later")
	case f.workers < 1:
		return usagef("--workers must be at least 1")
	case f.cache != "" && f.noCache && given("cache") && given("no-cache"):
		return usagef("--cache and --no-cache exclude each other")
	case !isPriority(f.priority):
		return usagef("--priority %q: want %s", f.priority, strings.Join(priorities, ", "))
	case strings.HasPrefix(f.data, streamData) && f.coordinator.addr == "":
		return usagef("--data %sNAME is a stream of a coordinator: give --coordinator", streamData)
	case f.detach && f.coordinator.addr == "":
		return usagef("--detach needs --coordinator")
	case f.detach && len(f.report.paths) > 0:
		return usagef("--report can't be written with --detach")
	case f.detach && f.stats != "":
		return usagef("--stats can't be written with --detach: 'octet jobs get ID --stats FILE' does it later")
	}
	return nil
}
