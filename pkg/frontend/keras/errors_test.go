package keras

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestErrors says which layer or part of the file is at fault, and how.
func TestErrors(t *testing.T) {
	all := models(t)
	good, hdf5 := all["layers/dense/relu/model.keras"], all["layers/dense/relu-h5/model.h5"]
	if good == nil || hdf5 == nil {
		t.Fatal("the archive lacks dense/relu")
	}
	weights := weightsOf(t, good)
	model := func(class, options string) []byte {
		return archiveOf(t, `{"class_name": "Sequential", "config": {"name": "s", "layers": [`+
			`{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [null, 5]}},`+
			`{"class_name": "`+class+`", "name": "first", "config": {"name": "first"`+options+`}}]}}`, weights)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"another file":       {[]byte("\x7fELF\x02\x01\x01\x00 and more"), "neither a Keras archive nor an HDF5 file"},
		"an empty file":      {nil, "neither a Keras archive nor an HDF5 file"},
		"truncated archive":  {good[:len(good)/2], "the archive: "},
		"truncated HDF5":     {hdf5[:len(hdf5)/2], ""},
		"no configuration":   {archiveOf(t, "", weights), "configuration"},
		"no weights":         {archiveOf(t, `{"class_name": "Sequential", "config": {"layers": []}}`, nil), "the archive holds no weights (model.weights.h5)"},
		"damaged weights":    {archiveOf(t, `{"class_name": "Sequential", "config": {"layers": []}}`, weights[:100]), "model.weights.h5"},
		"not Keras's JSON":   {archiveOf(t, `[1, 2]`, weights), "the configuration is no JSON object"},
		"another shape":      {model("Dense", `, "units": 7`), `layer "first", Dense: weight "kernel" is of shape [5,4], want [5,7]`},
		"missing weights":    {model("Conv1D", `, "filters": 2, "kernel_size": 3`), `layer "first", Conv1D: `},
		"missing variable":   {model("PReLU", ``), `layer "first", PReLU: weight "alpha": `},
		"option of no sense": {model("Dense", `, "units": "many"`), `layer "first", Dense: "units" holds string, not an integer`},
		"unknown class":      {model("Custom>Swirl", ``), `Swirl "first": a class of layers that Octet does not know: export the model as a SavedModel`},
		"Lambda":             {model("Lambda", ``), `Lambda "first": holds Python code: export the model as a SavedModel`},
		"int4":               {model("Dense", `, "units": 4, "dtype": "int4/128_from_float32"`), `Dense "first": weights that Keras quantized to int4`},
		"float8":             {model("Dense", `, "units": 4, "dtype": {"class_name": "QuantizedFloat8DTypePolicy", "config": {"mode": "float8", "source_name": "float32"}}`), `quantized to float8`},
		"subclassed model":   {archiveOf(t, `{"class_name": "Net", "config": {"name": "net"}}`, weights), `Net "net": a model of a class of its own`},
		"no layers":          {archiveOf(t, `{"class_name": "Functional", "config": {"name": "net"}}`, weights), `subclassed model`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Import(bytes.NewReader(c.data), int64(len(c.data)), Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("says %v\nwant %q", err, c.want)
			}
		})
	}
}

// TestUnsupportedLists names all layers that can't be converted, each once.
func TestUnsupportedLists(t *testing.T) {
	weights := weightsOf(t, models(t)["layers/dense/relu/model.keras"])
	data := archiveOf(t, `{"class_name": "Sequential", "config": {"name": "s", "layers": [`+
		`{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [null, 5]}},`+
		`{"class_name": "Swirl", "name": "a", "config": {"name": "a"}}, {"class_name": "Lambda", "name": "b", "config": {"name": "b"}}]}}`, weights)
	_, err := Import(bytes.NewReader(data), int64(len(data)), Options{})
	var u *Unsupported
	if !errors.As(err, &u) || len(u.Layers) == 0 || u.Layers[0].Class != "Swirl" || u.Layers[0].Name != "a" {
		t.Errorf("says %v", err)
	}
}
