package zoo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var builtin = []string{"none", "float16", "dynamic", "weight-only", "int8", "int16x8"}

const full = `
version: 1
models:
  - zoo/*.tflite
  - {path: b.keras, name: 'b-{stem}', data: photos, holdout: 5, priority: 3, schemes: [int8, fine], keep_float: [SOFTMAX, head/*], input-shapes: {x: [1, 8, 8]}}
  - {path: /abs/c.pb, recipe: r/mixed.yaml, data: '{dir}/{stem}.npz', labels: folders}
  - {path: d, data: 'tfrecord:d/*.rec?feature=x', schemes: {}}
datasets:
  photos: {data: 'photos?resize=8x8', labels: classes.csv, holdout: 3}
  noise: random:normal
defaults:
  data: noise
  io: float32
  keep-float: [TOPK_V2]
  schemes: [fine]
schemes:
  - int8
  - {name: fine, scheme: int8, calibrator: mse, keep-float: CONCATENATION, strict: yes}
`

func TestPlan(t *testing.T) {
	z, err := Parse([]byte(strings.Replace(full, "schemes: {}}", "schemes: dynamic}", 1)), builtin)
	if err != nil {
		t.Fatal(err)
	}
	items, err := z.Plan("base", func(pattern string) ([]string, error) {
		if pattern == "base/zoo/*.tflite" {
			return []string{"base/zoo/a.tflite", "base/zoo/z.tflite"}, nil
		}
		return []string{pattern}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, i := range items {
		got.WriteString(i.Name + "/" + i.Scheme + " " + i.Path + " data=" + i.Data)
		for _, k := range i.Settings.Keys() {
			own := ""
			if i.Own[k] {
				own = "!"
			}
			got.WriteString(" " + k + own + "=" + strings.Join(i.Settings[k], "+"))
		}
		got.WriteString("\n")
	}
	want := `b-b/int8 base/b.keras data=base/photos?resize=8x8 holdout=5 input-shapes=x=1,8,8 io=float32 keep-float=TOPK_V2+SOFTMAX+head/* labels=base/classes.csv quantize=int8
b-b/fine base/b.keras data=base/photos?resize=8x8 calibrator!=mse holdout=5 input-shapes=x=1,8,8 io=float32 keep-float!=TOPK_V2+SOFTMAX+head/*+CONCATENATION labels=base/classes.csv quantize=int8 strict!=true
a/fine base/zoo/a.tflite data=random:normal calibrator!=mse io=float32 keep-float!=TOPK_V2+CONCATENATION quantize=int8 strict!=true
z/fine base/zoo/z.tflite data=random:normal calibrator!=mse io=float32 keep-float!=TOPK_V2+CONCATENATION quantize=int8 strict!=true
c/mixed /abs/c.pb data=/abs/c.npz io=float32 keep-float=TOPK_V2 labels=folders recipe!=base/r/mixed.yaml
d/dynamic base/d data=tfrecord:base/d/*.rec?feature=x io=float32 keep-float=TOPK_V2 quantize=dynamic
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("plan (-want +got)\n%s", diff)
	}
}

// All that is wrong is said at once, with its line and what may have been meant.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "the zoo is empty",
		"version: 1\n---\nversion: 1":       "more than one document",
		"\xff":                              "not UTF-8",
		"models: [a]":                       "line 1: version is missing: version: 1",
		"version: 2\nmodels: [a]":           `line 1: version "2" is not one that this program knows`,
		"version: 1":                        "models is missing",
		"version: 1\nmodels: []":            "line 2: models: want a list",
		"version: 1\nmodles: [a]":           `line 2: unknown key "modles": do you mean models?`,
		"version: 1\nversion: 1":            "line 2: version is there twice",
		"version: 1\nmodels: [{name: a}]":   "line 2: path is missing",
		"version: 1\nmodels: [{path: [a]}]": "line 2: path: want text",
		"version: 1\nmodels: [{path: a, calibartor: mse}]":                      `unknown key "calibartor": do you mean calibrator?`,
		"version: 1\nmodels: [{path: a, quantize: int8}]":                       `unknown key "quantize": want one of path, name, priority, schemes, batch,`,
		"version: 1\nmodels: [{path: a, strict: maybe}]":                        "line 2: strict: want true or false",
		"version: 1\nmodels: [{path: a, batch: x}]":                             "line 2: batch: want a number",
		"version: 1\nmodels: [{path: a, priority: x}]":                          "line 2: priority: want a whole number",
		"version: 1\nmodels: [{path: a, io: [int8]}]":                           "line 2: io: want text",
		"version: 1\nmodels: [{path: a, input-shapes: 3}]":                      "line 2: input-shapes: want a mapping",
		"version: 1\nmodels: [{path: a, schemes: [int9]}]":                      `line 2: scheme "int9" is not defined: do you mean int8?`,
		"version: 1\nmodels: [a]\nschemes: [int8, {scheme: int8, io: float32}]": `line 3: two schemes are named "int8": give one of them another name`,
		"version: 1\nmodels: [a]\nschemes: [{scheme: int8, recipe: r.yaml}]":    "line 3: a recipe says what scheme would",
		"version: 1\nmodels: [a]\nschemes: [{io: int8}]":                        "line 3: scheme is missing",
		"version: 1\nmodels: [a]\nschemes: [{scheme: int7}]":                    `line 3: scheme "int7" is none of none, float16`,
		"version: 1\nmodels: [a]\nschemes: [{scheme: int8, name: a/b}]":         `line 3: name "a/b" can't be that of a file`,
		"version: 1\nmodels: [a]\nschemes: [{scheme: int8, signature: x}]":      `unknown key "signature"`,
		"version: 1\nmodels: [a]\ndatasets: {x: {labels: y}}":                   `line 3: dataset "x": data is missing`,
		"version: 1\nmodels: [a]\ndatasets: [x]":                                "line 3: datasets: want a mapping",
		"version: 1\nmodels: [a]\ndefaults: {signature: x, prority: 1}":         `line 3: unknown key "prority"`,
		"version: 1\nfoo: 1\nbar: 2\nmodels: [a]":                               "line 2: unknown key \"foo\": want one of version, defaults, datasets, schemes, models\nline 3: unknown key \"bar\"",
		"version: 1\nmodels: {a: b":                                             "did not find expected",
	} {
		_, err := Parse([]byte(text), builtin)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestPlanMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"models: [a.tflite]":                                                "a.tflite: no schemes",
		"models: [a.tflite, a.tflite]\nschemes: [int8]":                     "line 2: a.tflite is there twice",
		"models: [{path: a, name: x}, {path: b, name: x}]\nschemes: [int8]": `a and b are both named "x"`,
		"models: [{path: a, name: ../x}]\nschemes: [int8]":                  `"../x" can't be the name`,
		"models: [missing/*]\nschemes: [int8]":                              "line 2: missing: no such folder",
		"models: [{path: a, recipe: int8.yaml, schemes: [int8]}]":           `two schemes are named "int8"`,
	} {
		z, err := Parse([]byte("version: 1\n"+text), builtin)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if _, err := z.Plan(".", Find); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// Names are paths without extensions from where a pattern begins to match, but where two would be the same.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		base, pattern string
		paths, names  []string
	}{
		{"z", "**/*", []string{"z/a.tflite", "z/a.keras", "z/sub/a.tflite", "z/saved.v1"}, []string{"a.tflite", "a.keras", "sub/a", "saved.v1"}},
		{"z", "/far/*/m", []string{"/far/x/m", "/far/y/m"}, []string{"x/m", "y/m"}},
		{"z", "/far", []string{"/far/x/m.h5"}, []string{"x/m"}},
		{"z", "../one.tflite", []string{"one.tflite"}, []string{"one"}},
		{".", "*", []string{"a:b.tflite"}, []string{"a_b"}},
		{"z", "m/*/*", []string{"z/m/x/a.tflite", "z/m/y/a.tflite"}, []string{"x/a", "y/a"}},
	} {
		z := &Zoo{Models: []Model{{Path: tt.pattern}}, Schemes: []Scheme{{Name: "int8", Scheme: "int8"}}}
		items, err := z.Plan(tt.base, func(string) ([]string, error) { return tt.paths, nil })
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		var names []string
		for _, i := range items {
			names = append(names, i.Name)
		}
		if !slices.Equal(names, tt.names) {
			t.Errorf("%s in %s: names %q, want %q", tt.pattern, tt.base, names, tt.names)
		}
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{
		"a.tflite", "b.KERAS", "notes.txt", ".hidden.tflite", ".git/x.tflite", "x/c.pb", "x/y/d.h5", "x/saved/saved_model.pb", "x/saved/variables/v.h5", "odd[1].tflite",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]string{
		"":              "a.tflite b.KERAS odd[1].tflite x/c.pb x/saved x/y/d.h5",
		"*":             "a.tflite b.KERAS odd[1].tflite",
		"*.tflite":      "a.tflite odd[1].tflite",
		"odd[1].tflite": "odd[1].tflite", // it is there, whatever it looks like
		"x/*":           "x/c.pb x/saved",
		"**/saved":      "x/saved",
		"**/*.h5":       "x/y/d.h5",
		"x/saved":       "x/saved",
		"none.tflite":   "none.tflite",
		"*/y/[a-d].h5":  "x/y/d.h5",
	} {
		got, err := Find(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Errorf("%q: %v", pattern, err)
			continue
		}
		for i, p := range got {
			rel, err := filepath.Rel(root, p)
			if err != nil {
				t.Fatal(err)
			}
			got[i] = filepath.ToSlash(rel)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %s, want %s", pattern, s, want)
		}
	}
	for pattern, want := range map[string]string{"*.pb": "no model there", "gone/*": "no such folder", "x[/*": "syntax error"} {
		if got, err := Find(filepath.Join(root, pattern)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v, want %q", pattern, got, err, want)
		}
	}
}

// Entries whose names would be the same are called by longer ones; others keep theirs.
func TestEqualNames(t *testing.T) {
	z := &Zoo{Models: []Model{{Path: "a/model.tflite"}, {Path: "b/model.tflite"}, {Path: "b/model.h5"}, {Path: "c/other.pb"}, {Path: "d", Name: "{stem}-x"}}, Schemes: []Scheme{{Name: "int8", Scheme: "int8"}}}
	items, err := z.Plan("zoo", func(pattern string) ([]string, error) { return []string{pattern}, nil })
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range items {
		names = append(names, i.Name)
	}
	if want := []string{"a/model", "b/model.tflite", "b/model.h5", "other", "d-x"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
}

func TestRebase(t *testing.T) {
	for path, want := range map[string]string{
		"x.npz": "z/x.npz", "/x.npz": "/x.npz", "../x?a=b": "x?a=b", "tfrecord:x/*": "tfrecord:z/x/*", "tfrecord:/x": "tfrecord:/x", "random:normal?seed=1": "random:normal?seed=1",
		"s3://b/x.npz": "s3://b/x.npz", "tfrecord:s3://b/x": "tfrecord:s3://b/x", "https://h/x.tar": "https://h/x.tar", "folders": "folders", "folders/x": "z/folders/x",
	} {
		if got := rebase("z", path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestAmong(t *testing.T) {
	names := []string{
		"a.tflite", "b/c.keras", "b/d/saved_model.pb", "b/d/variables/variables.index", "b/d/assets/x.tflite", "b/notes.txt", ".hidden/e.h5", "f.PB", "g/saved_model.pb",
	}
	for pattern, want := range map[string]string{
		"":       "a.tflite b/c.keras b/d f.PB g",
		"*":      "a.tflite f.PB g",
		"b/*":    "b/c.keras b/d",
		"**/d":   "b/d",
		"*.h5":   "",
		"?.PB":   "f.PB",
		"b/*/*":  "",
		"*/*.tf": "",
	} {
		got, err := Among(names, pattern)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %q, %v, want %q", pattern, got, err, want)
		}
	}
	if got, err := Among([]string{"saved_model.pb", "assets/x.tflite"}, ""); err != nil || !slices.Equal(got, []string{"."}) {
		t.Errorf("a SavedModel: %q, %v", got, err)
	}
	if _, err := Among(names, "["); err == nil {
		t.Error("a glob that is none is taken")
	}
}
