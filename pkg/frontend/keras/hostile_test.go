package keras

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/pass"
)

// What an import of a few kilobytes may take.
const (
	patience  = time.Minute
	allowance = 1 << 30 // bytes that are allocated, over all
)

// models returns the small models that the golden archives hold, by name.
func models(t testing.TB) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, archive := range []string{"layers", "keras2"} {
		z, err := zip.OpenReader("testdata/" + archive + ".zip")
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for _, f := range z.File {
			if !strings.HasPrefix(path.Base(f.Name), "model.") {
				continue
			}
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			found[archive+"/"+f.Name] = data
		}
	}
	return found
}

// attempt imports, and returns what must not be: a panic, or more time or memory than such a file is worth.
func attempt(f func() (*Result, error)) (wrong error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	defer func() {
		if r := recover(); r != nil {
			wrong = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			return
		}
		runtime.ReadMemStats(&after)
		if d := time.Since(start); d > patience {
			wrong = fmt.Errorf("took %v", d)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > allowance {
			wrong = fmt.Errorf("took %d MiB", n>>20)
		}
	}()
	res, err := f()
	if err == nil {
		if pass.Settle(res.Model, pass.Import) == nil {
			build.Bind(res.Model)
		}
	}
	return nil
}

func FuzzImport(f *testing.F) {
	for _, data := range models(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := attempt(func() (*Result, error) { return Import(bytes.NewReader(data), int64(len(data)), Options{Batch: 1}) }); err != nil {
			t.Error(err)
		}
	})
}

// TestChangedBytes changes bytes of real files.
func TestChangedBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	all := models(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		data := slices.Clone(all[name])
		for range 1 + rng.IntN(4) {
			data[rng.IntN(len(data))] = byte(rng.Uint32())
		}
		if rng.IntN(4) == 0 {
			data = data[:rng.IntN(len(data))]
		}
		if err := attempt(func() (*Result, error) { return Import(bytes.NewReader(data), int64(len(data)), Options{}) }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChangedConfigurations changes values in the configurations of real files, which keep their weights.
func TestChangedConfigurations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	all := models(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		data := all[name]
		f, err := open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(f.config)
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			changed := *f
			if changed.config, err = decodeConfig(text); err != nil {
				t.Fatal(err)
			}
			for range 1 + rng.IntN(2) {
				change(rng, changed.config, 0)
			}
			opt := Options{Batch: rng.IntN(3)}
			if err := attempt(func() (*Result, error) { return changed.convert(opt) }); err != nil {
				now, _ := json.Marshal(changed.config)
				t.Errorf("%s: %v\n%s", name, err, now)
			}
		}
	}
}

// oddities replace values.
var oddities = []any{
	nil, true, "", "x", "valid", "same", "channels_first", "int8_from_float32", json.Number("0"), json.Number("-1"), json.Number("1"), json.Number("3"),
	json.Number("17"), json.Number("2147483647"), json.Number("-2147483648"), json.Number("1e300"), json.Number("0.5"), []any{}, []any{json.Number("0")},
	[]any{json.Number("1"), json.Number("1000000"), json.Number("3")}, []any{nil, json.Number("4")}, []any{nil, nil, json.Number("2")}, map[string]any{},
	[]any{[]any{}, []any{}}, []any{"x", json.Number("0"), json.Number("0")}, map[string]any{"class_name": "Dense", "config": map[string]any{"units": json.Number("2")}},
	map[string]any{"class_name": "__tensor__", "config": map[string]any{"value": json.Number("2"), "dtype": "int32"}},
}

// clone copies a value deeply, so that none holds itself.
func clone(x any) any {
	switch x := x.(type) {
	case []any:
		out := make([]any, len(x))
		for i, y := range x {
			out[i] = clone(y)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, y := range x {
			out[key] = clone(y)
		}
		return out
	}
	return x
}

// change makes one value below a random path another one.
func change(rng *rand.Rand, x any, depth int) {
	odd := func() any { return clone(oddities[rng.IntN(len(oddities))]) }
	switch x := x.(type) {
	case config:
		change(rng, map[string]any(x), depth)
	case map[string]any:
		keys := slices.Sorted(maps.Keys(x))
		if len(keys) == 0 {
			return
		}
		key := keys[rng.IntN(len(keys))]
		if _, ok := x["config"]; ok && depth < 8 && rng.IntN(8) > 0 {
			key = "config"
		}
		if _, ok := x["layers"]; ok && rng.IntN(8) > 0 {
			key = "layers"
		}
		switch x[key].(type) {
		case map[string]any, []any:
			if rng.IntN(6) > 0 {
				change(rng, x[key], depth+1)
				return
			}
		}
		if rng.IntN(8) == 0 {
			delete(x, key)
		} else {
			x[key] = odd()
		}
	case []any:
		if len(x) == 0 {
			return
		}
		i := rng.IntN(len(x))
		switch x[i].(type) {
		case map[string]any, []any:
			if rng.IntN(6) > 0 {
				change(rng, x[i], depth+1)
				return
			}
		}
		x[i] = odd()
		if rng.IntN(4) == 0 {
			x[i] = clone(x[rng.IntN(len(x))])
		}
	}
}

// archiveOf makes a .keras file of a configuration and of the weights of another.
func archiveOf(t testing.TB, configuration string, weights []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	files := map[string][]byte{"config.json": []byte(configuration), "metadata.json": []byte(`{"keras_version": "3.4.1"}`), "model.weights.h5": weights}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if files[name] == nil {
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// weightsOf returns the weights of a .keras file.
func weightsOf(t testing.TB, data []byte) []byte {
	t.Helper()
	a := &archive{files: map[string]*zip.File{}}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		a.files[f.Name] = f
	}
	text, err := a.read("model.weights.h5", maxConfig)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestBombs are small files that ask for much.
func TestBombs(t *testing.T) {
	weights := weightsOf(t, models(t)["layers/dense/relu/model.keras"])
	dense := `{"class_name": "Dense", "name": "d", "config": {"name": "d", "units": 4}}`
	input := func(shape string) string {
		return `{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": ` + shape + `}}`
	}
	sequential := func(layers ...string) string {
		return `{"class_name": "Sequential", "config": {"name": "s", "layers": [` + strings.Join(layers, ",") + `]}}`
	}
	layer := func(class, options string) string {
		return `{"class_name": "` + class + `", "name": "l", "config": {"name": "l"` + options + `}}`
	}
	// Each model calls the one inside it twice.
	twice := layer("Activation", `, "activation": "relu"`)
	for i := range 45 {
		call := func(from string, node int) string {
			return fmt.Sprintf(`{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": [%q, %d, 0]}}], "kwargs": {}}`, from, node)
		}
		inner := strings.Replace(twice, `"name": "l"`, `"name": "l", "inbound_nodes": [`+call("x", 0)+`,`+call("l", 0)+`]`, 1)
		twice = fmt.Sprintf(`{"class_name": "Functional", "name": "l", "config": {"name": "l%d", "layers": [`+
			`{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [1, 5]}, "inbound_nodes": []}, %s], `+
			`"input_layers": [["x", 0, 0]], "output_layers": [["l", 1, 0]]}}`, i, inner)
	}
	var chain []string
	for i := range 30_000 {
		chain = append(chain, fmt.Sprintf(`{"class_name": "ReLU", "name": "r%d", "config": {}, "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", `+
			`"config": {"keras_history": ["r%d", 0, 0]}}], "kwargs": {}}]}`, i, i-1))
	}
	for name, text := range map[string]string{
		"deep JSON":      `{"class_name": "Sequential", "config": ` + strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000) + `}`,
		"nested calls":   twice,
		"long chain":     `{"class_name": "Functional", "config": {"name": "m", "layers": [` + strings.Join(chain, ",") + `], "input_layers": [["r0", 0, 0]], "output_layers": [["r29999", 0, 0]]}}`,
		"unrolled steps": sequential(input(`[1, 2000000000, 5]`), layer("SimpleRNN", `, "units": 4, "unroll": true`)),
		"large state":    sequential(input(`[2000000000, 20, 5]`), layer("SimpleRNN", `, "units": 4`)),
		"all results":    sequential(input(`[1, 2000000000, 5]`), layer("SimpleRNN", `, "units": 4, "return_sequences": true`)),
		"sliced":         sequential(input(`[1, 2000000000, 5]`), layer("Conv1D", `, "filters": 2147483647, "kernel_size": 2147483647`)),
		"own result":     `{"class_name": "Functional", "config": {"name": "m", "layers": [` + strings.ReplaceAll(chain[1], `"r0"`, `"r1"`) + `], "input_layers": [["r1", 0, 0]], "output_layers": [["r1", 0, 0]]}}`,
		"many units":     sequential(input(`[1, 5]`), strings.Replace(dense, `"units": 4`, `"units": 2000000000`, 1)),
		"zero padding":   sequential(input(`[1, 5, 5, 3]`), layer("ZeroPadding2D", `, "padding": 2000000000`), layer("UpSampling2D", `, "size": 2000000`)),
		"one hot":        sequential(input(`[1, 5]`), layer("CategoryEncoding", `, "num_tokens": 2000000000, "output_mode": "count"`)),
		"repeated":       sequential(input(`[1, 5]`), layer("RepeatVector", `, "n": 2000000000`), layer("Flatten", ``), layer("RepeatVector", `, "n": 2000000000`)),
		"causal":         sequential(input(`[1, 2000000000, 4]`), layer("Attention", `, "causal": true`)),
	} {
		t.Run(name, func(t *testing.T) {
			data := archiveOf(t, text, weights)
			var err error
			if wrong := attempt(func() (*Result, error) {
				var res *Result
				res, err = Import(bytes.NewReader(data), int64(len(data)), Options{})
				return res, err
			}); wrong != nil {
				t.Errorf("%v (%.300v)", wrong, err)
			}
		})
	}
	t.Run("weights of zeros", func(t *testing.T) {
		data := archiveOf(t, sequential(input(`[1, 5]`), dense), make([]byte, 120<<20))
		_, err := Import(bytes.NewReader(data), int64(len(data)), Options{})
		if err == nil || !strings.Contains(err.Error(), "model.weights.h5") {
			t.Errorf("says %v", err)
		}
	})
}
