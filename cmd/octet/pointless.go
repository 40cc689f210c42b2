package main

import "github.com/octetlite/octet/pkg/convert"

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
