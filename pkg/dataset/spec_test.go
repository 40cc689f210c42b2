package dataset_test

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
)

func TestParse(t *testing.T) {
	dir := t.TempDir()
	table, records := write(t, filepath.Join(dir, "x.csv"), nil), write(t, filepath.Join(dir, "x.tfrecord-00000-of-00001"), nil)
	odd := write(t, filepath.Join(dir, "x?seed=1.npz"), nil)
	for text, want := range map[string]dataset.Spec{
		"x.npz":                          {Kind: dataset.Arrays, Path: "x.npz", Options: url.Values{}},
		odd:                              {Kind: dataset.Arrays, Path: odd, Options: url.Values{}}, // a file of that name wins
		"a/x.NPY":                        {Kind: dataset.Arrays, Path: "a/x.NPY", Options: url.Values{}},
		dir:                              {Kind: dataset.Images, Path: dir, Options: url.Values{}},
		dir + "?resize=8x9&order=bgr":    {Kind: dataset.Images, Path: dir, Options: url.Values{"resize": {"8x9"}, "order": {"bgr"}}},
		"a/*":                            {Kind: dataset.Images, Path: "a/*", Options: url.Values{}},
		"a/img?.jpg":                     {Kind: dataset.Images, Path: "a/img?.jpg", Options: url.Values{}},
		"a/img?.jpg?mean=1,2,3":          {Kind: dataset.Images, Path: "a/img?.jpg", Options: url.Values{"mean": {"1,2,3"}}},
		"tfrecord:a.npz":                 {Kind: dataset.Records, Path: "a.npz", Options: url.Values{}},
		"tfrecord:t?feature.x%3A0=a%26b": {Kind: dataset.Records, Path: "t", Options: url.Values{"feature.x:0": {"a&b"}}},
		"random:normal?samples=3&seed=4": {Kind: dataset.Random, Path: "normal", Options: url.Values{"samples": {"3"}, "seed": {"4"}}},
		"random:uniform":                 {Kind: dataset.Random, Path: "uniform", Options: url.Values{}},
		filepath.Join(dir, "cat.jpeg"):   {Kind: dataset.Images, Path: filepath.Join(dir, "cat.jpeg"), Options: url.Values{}},
	} {
		got, err := dataset.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for text, want := range map[string]string{
		"":                         "want x.npz, x.npy, x.tar, x.parquet, a folder",
		"nowhere":                  "no such file or folder, nor tfrecord:FILES, random:normal or random:uniform",
		table:                      "want x.npz, x.npy, x.tar, x.parquet, a folder",
		records:                    "TFRecord files want tfrecord: in front of the path",
		"tfrecord:":                "the path is missing",
		"x.npz?mean=1":             `arrays take no option "mean"; they take sequence`,
		"a/*?mean=1&size=3":        `pictures take no option "size"; they take resize, fit, mean, std, order`,
		"random:normal?sample=3":   `random samples take no option "sample"; they take samples, seed, low, high`,
		"random:normal?seed=&seed": "given 2 times",
		"a/*?mean=%zz":             "invalid URL escape",
	} {
		if got, err := dataset.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", text, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("img?.jpg?mean=1,2,3&resize=3x4")
	f.Add("tfrecord:t?feature.x=a")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := dataset.Parse(text)
		if err == nil && (s.Kind == "" || s.Path == "") {
			t.Fatalf("%q: %+v", text, s)
		}
	})
}
