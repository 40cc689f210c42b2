//go:build s3

package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octetlite/octet/internal/s3server"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/reader/tfrecord"
)

// fashionSets writes the fashion model's samples in the forms that datasets have, and returns the SPECs, with AT for the folder.
func fashionSets(t *testing.T, dir string) []string {
	t.Helper()
	plainArray(t, filepath.Join(dir, "x.npy"))
	file, err := os.Open(filepath.Join(dir, "x.npy"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	array, err := npy.Open(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const samples, shards = 48, 3
	var archive [shards]bytes.Buffer
	var records [shards][]byte
	for s := range shards {
		w := tar.NewWriter(&archive[s])
		for i := s * samples / shards; i < (s+1)*samples/shards; i++ {
			row := make([]byte, array.RowSize())
			if err := array.ReadRows(row, i); err != nil {
				t.Fatal(err)
			}
			pixels := image.NewGray(image.Rect(0, 0, 28, 28))
			for k := range pixels.Pix {
				pixels.Pix[k] = byte(i*k) ^ byte(k>>3)
			}
			pixels.Set(0, 0, color.White)
			var picture, one bytes.Buffer
			if err := png.Encode(&picture, pixels); err != nil {
				t.Fatal(err)
			}
			write(fmt.Sprintf("photos/%d/%03d.png", s, i), picture.Bytes())
			if err := npy.Write(&one, array.Type, array.Shape[1:], row); err != nil {
				t.Fatal(err)
			}
			for name, data := range map[string][]byte{"png": picture.Bytes(), "npy": one.Bytes()} {
				if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%03d.%s", i, name), Size: int64(len(data)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write(data); err != nil {
					t.Fatal(err)
				}
			}
			records[s] = tfrecord.Append(records[s], record("image", picture.Bytes()))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		write(fmt.Sprintf("w-%d.tar", s), archive[s].Bytes())
		write(fmt.Sprintf("x.tfrecord-%d", s), records[s])
	}
	return []string{
		"AT/x.npy", "AT/photos/?std=255", "AT/photos/1/*.png?std=255", "AT/w-{0..2}.tar?part=npy", "AT/w-*.tar?part=png&std=255", "tfrecord:AT/x.tfrecord-*?feature=image&std=255",
	}
}

// record is a tf.Example with a feature of bytes.
func record(name string, data []byte) []byte {
	field := func(n byte, body []byte) []byte {
		out := []byte{n<<3 | 2}
		size := len(body)
		for ; size >= 0x80; size >>= 7 {
			out = append(out, byte(size)|0x80)
		}
		return append(append(out, byte(size)), body...)
	}
	feature := field(1, field(1, data))
	return field(1, field(1, append(field(1, []byte(name)), field(2, feature)...)))
}

// TestS3 converts over every kind of dataset in a bucket, in process and on a cluster, through a proxy that fails, cuts and delays: the same comes out as from files, the statistics included.
func TestS3(t *testing.T) {
	dir := t.TempDir()
	sets := fashionSets(t, dir)
	s := s3server.Start(t, "sets", "models", "private")
	faults := s.Put(t)
	s3server.Use(t, s.URL)
	fill(t, dir, "s3://sets/a")
	s3server.Use(t, faults.URL)
	withReadingCluster(t, &objectFlags{s3: []string{"sets/a"}}, func(addr string) {
		for _, set := range sets {
			here, there := strings.ReplaceAll(set, "AT/", dir+"/"), strings.ReplaceAll(set, "AT/", "s3://sets/a/")
			want := made(t, "--data", here)
			if got := made(t, "--data", there); got != want {
				t.Errorf("%s in process: %v, want %v", set, got, want)
			}
			if got := made(t, "--data", there, "--coordinator", addr); got != want {
				t.Errorf("%s on a cluster: %v, want %v", set, got, want)
			}
		}
		out := filepath.Join(t.TempDir(), "x.tflite")
		fill(t, dir, "s3://private/a")
		if said := fails(t, "convert", fashionDir+"model.tflite", "-o", out, "--data", "s3://private/a/x.npy", "--coordinator", addr); !strings.Contains(said, "--allow-s3 private") {
			t.Errorf("a bucket that is not on the list: %s", said)
		}
	})
	t.Logf("%d failed, %d cut, %d slowed", faults.Failed.Load(), faults.Cut.Load(), faults.Slowed.Load())
	if faults.Failed.Load() == 0 || faults.Cut.Load() == 0 || faults.Slowed.Load() == 0 {
		t.Error("the proxy did nothing")
	}
}

// fill puts files into a bucket.
func fill(t *testing.T, dir, prefix string) {
	t.Helper()
	c := &objectFlags{own: true}
	client, err := c.open()
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return client.Put(t.Context(), prefix+"/"+filepath.ToSlash(name), bytes.NewReader(data), int64(len(data)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestS3Results takes the model from a bucket and puts all that comes out into it.
func TestS3Results(t *testing.T) {
	s := s3server.Start(t, "models")
	faults := s.Put(t)
	s3server.Use(t, faults.URL)
	model, err := os.ReadFile(fashionDir + "model.tflite")
	if err != nil {
		t.Fatal(err)
	}
	from := t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "m.tflite"), model, 0o600); err != nil {
		t.Fatal(err)
	}
	fill(t, from, "s3://models/in")
	data := fashionDir + "calibration.npz"
	want := made(t, "--data", data)
	octet(t, "convert", "s3://models/in/m.tflite", "-o", "s3://models/out/int8.tflite", "--stats", "s3://models/out/x.stats", "--data", data, "--no-cache")
	for i, name := range []string{"int8.tflite", "x.stats"} {
		if got := sum(t, filepath.Join(s.Dir, "models/out", name)); got != want[i] {
			t.Errorf("%s: %s, want %s", name, got, want[i])
		}
	}
	again := filepath.Join(t.TempDir(), "again.tflite")
	octet(t, "convert", "s3://models/in/m.tflite", "-o", again, "--ranges", "s3://models/out/x.stats")
	if got := sum(t, again); got != want[0] {
		t.Errorf("from the statistics: %s, want %s", got, want[0])
	}
	octet(t, "inspect", "s3://models/out/int8.tflite")
	octet(t, "verify", "s3://models/in/m.tflite", "s3://models/out/int8.tflite", "--data", data)
	const saved = "../../pkg/frontend/savedmodel/testdata/objects"
	fill(t, saved, "s3://models/saved")
	for _, name := range []string{"s3://models/saved", "s3://models/saved/", "s3://models/saved/saved_model.pb"} {
		if got, want := octet(t, "inspect", name, "--tensors"), octet(t, "inspect", saved, "--tensors"); strings.ReplaceAll(got, name, "X") != strings.ReplaceAll(want, saved, "X") {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, c := range []struct{ out, want string }{
		{"s3://nowhere/x.tflite", `there is no bucket "nowhere"`}, {"s3://models/in/m.tflite", "is read: write to another object"}, {"https://host/x.tflite", "only s3://BUCKET/KEY can be written to"},
	} {
		if said := fails(t, "convert", "s3://models/in/m.tflite", "-o", c.out, "--data", data); !strings.Contains(said, c.want) {
			t.Errorf("-o %s: %s", c.out, said)
		}
	}
}

// TestS3Batch converts the models below a prefix, with samples beside them; a second run does nothing, and one that follows a change makes what changed.
func TestS3Batch(t *testing.T) {
	s := s3server.Start(t, "zoo")
	s3server.Use(t, s.URL)
	dir := t.TempDir()
	copyFile := func(from, to string) {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyFile(fashionDir+"model.tflite", "fashion/small.tflite")
	copyFile(fashionDir+"calibration.npz", "fashion/samples.npz")
	copyFile(fashionDir+"model.tflite", "fashion/deep/small.tflite")
	copyFile(fashionDir+"calibration.npz", "fashion/deep/samples.npz")
	fill(t, dir, "s3://zoo/models")
	out := t.TempDir()
	run := func(more ...string) string {
		return octet(t, append([]string{"batch", "s3://zoo/models", "-o", out, "--quantize", "int8", "--data", "{dir}/samples.npz", "--no-cache"}, more...)...)
	}
	run()
	local := t.TempDir()
	octet(t, "batch", dir, "-o", local, "--quantize", "int8", "--data", "{dir}/samples.npz", "--no-cache")
	for _, name := range []string{"fashion/small", "fashion/deep/small"} {
		if got, want := sum(t, filepath.Join(out, name, "int8.tflite")), sum(t, filepath.Join(local, name, "int8.tflite")); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if said := run("--dry-run"); strings.Contains(said, "it is new") || strings.Contains(said, "changed") {
		t.Errorf("a second run: %s", said)
	}
	data, err := os.ReadFile(filepath.Join(dir, "fashion/samples.npz"))
	if err != nil {
		t.Fatal(err)
	}
	c := &objectFlags{own: true}
	client, err := c.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Put(t.Context(), "s3://zoo/models/fashion/small.tflite", bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	if said := run("--dry-run"); !strings.Contains(said, "model") || strings.Count(said, "changed") != 1 {
		t.Errorf("one model is another: %s", said)
	}
}
