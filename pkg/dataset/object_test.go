package dataset_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// bucket is a folder in the place of s3://bucket.
type bucket struct {
	dir string

	mu     sync.Mutex
	wanted map[string]int64 // bytes that Prefetch was told of, by URL
}

func (b *bucket) path(url string) string {
	return filepath.Join(b.dir, strings.TrimPrefix(url, "s3://bucket/"))
}

func (b *bucket) Stat(_ context.Context, url string) (store.Object, error) {
	data, err := os.ReadFile(b.path(url))
	if err != nil {
		return store.Object{}, err
	}
	return store.Object{URL: url, ETag: string(store.Of(data)), Size: int64(len(data))}, nil
}

func (b *bucket) List(ctx context.Context, pattern string) ([]store.Object, error) {
	var all []store.Object
	err := fs.WalkDir(os.DirFS(b.dir), ".", func(p string, e fs.DirEntry, err error) error {
		url := "s3://bucket/" + p
		if err != nil || e.IsDir() || !strings.HasPrefix(url, strings.TrimSuffix(pattern, "*")) && func() bool { ok, _ := path.Match(pattern, url); return !ok }() {
			return err
		}
		o, err := b.Stat(ctx, url)
		all = append(all, o)
		return err
	})
	return all, err
}

func (b *bucket) OpenObject(ctx context.Context, o store.Object) (store.Blob, error) {
	now, err := b.Stat(ctx, o.URL)
	if err != nil {
		return nil, err
	}
	if now != o {
		return nil, errors.New(o.URL + " has changed")
	}
	data, err := os.ReadFile(b.path(o.URL))
	return &bucketBlob{bytes.NewReader(data), b, o.URL}, err
}

type bucketBlob struct {
	*bytes.Reader
	bucket *bucket
	url    string
}

func (*bucketBlob) Close() error { return nil }

func (b *bucketBlob) Prefetch(_, n int64) bool {
	b.bucket.mu.Lock()
	defer b.bucket.mu.Unlock()
	b.bucket.wanted[b.url] += n
	return true
}

// wds makes an archive of files, given as name, content, name, content and so on.
func wds(t *testing.T, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func row(t *testing.T, values ...float32) string {
	t.Helper()
	return string(array{t: npy.Float32, shape: []int{len(values)}, values: values}.file(t))
}

// everything writes a dataset of each kind into a folder.
func everything(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	parquet, err := os.ReadFile("../reader/parquet/testdata/snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	gzipped := func(data []byte) []byte {
		return compressed(t, data, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	}
	records := func(x ...float32) []byte {
		var list [][]byte
		for _, v := range x {
			list = append(list, example(feature("x", floats(v, v, v, v, v, v))))
		}
		return file(list...)
	}
	stored, err := os.ReadFile(npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: []int{3, 6}, values: make([]float32, 18)}))
	if err != nil {
		t.Fatal(err)
	}
	deflated, err := os.ReadFile(npz(t, zip.Deflate, array{name: "x", t: npy.Float32, shape: []int{3, 6}, values: make([]float32, 18)}))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"stored.npz": stored, "deflated.npz": deflated, "x.parquet": parquet,
		"photos/b.png": flat(t, 2, 1, 2, 20, 200), "photos/a/z.png": flat(t, 2, 1, 1, 10, 100), "photos/.hidden.png": flat(t, 2, 1, 9, 9, 9), "photos/labels.txt": []byte("cat"),
		"set/0.tfrecord": records(1, 2), "set/1.tfrecord": records(3), "set/2.tfrecord": gzipped(records(4, 5)),
		"set/w-08.tar": wds(t, "a.x.npy", row(t, 1, 2, 3, 4, 5, 6), "a.cls", "1", "b.x.npy", row(t, 6, 5, 4, 3, 2, 1)), "set/w-09.tar": wds(t, "c.x.npy", row(t, 0, 0, 0, 0, 0, 9)),
		"set/w-10.tar": wds(t, "d.x.npy", row(t, 1, 1, 1, 1, 1, 1)), "packed.tgz": gzipped(wds(t, "e.x.npy", row(t, 1, 1, 2, 2, 3, 3))),
	} {
		write(t, filepath.Join(dir, name), data)
	}
	return dir
}

// buildFrom is Build over a bucket.
func buildFrom(t *testing.T, b *bucket, spec string, in dataset.Input) (*dataset.Manifest, *store.Overlay, error) {
	t.Helper()
	folder, err := store.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files := store.NewOverlay(folder)
	m, err := dataset.Build(t.Context(), spec, []dataset.Input{in}, files, dataset.Elsewhere(b))
	return m, files, err
}

// TestSameSamplesWhereverTheyLie builds each kind of dataset from files and from a bucket: it is the same one, and gives the same samples.
func TestSameSamplesWhereverTheyLie(t *testing.T) {
	dir := everything(t)
	for spec, elsewhere := range map[string]bool{
		"AT/stored.npz": true, "AT/deflated.npz": false, "AT/photos/": true, "AT/photos/*.png": true, "AT/photos/b.png": true, "tfrecord:AT/set/*.tfrecord": true, "tfrecord:AT/set/{0..1}.tfrecord": true,
		"AT/set/w-*.tar": true, "AT/set/w-{08..10}.tar": true, "webdataset:AT/set/w-08.tar?part=x.npy": true, "AT/packed.tgz": false, "AT/x.parquet?column=x": true,
	} {
		in := input("x", tensor.Float32, 1, 6)
		if strings.Contains(spec, "photos") {
			in = input("x", tensor.Float32, 1, 1, 2, 3)
		}
		b := &bucket{dir: dir, wanted: map[string]int64{}}
		want, local := build(t, strings.ReplaceAll(spec, "AT/", dir+"/"), in)
		m, files, err := buildFrom(t, b, strings.ReplaceAll(spec, "AT/", "s3://bucket/"), in)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		here, err1 := want.Digest()
		there, err2 := m.Digest()
		if err := errors.Join(err1, err2); err != nil || here != there {
			t.Errorf("%s: another dataset: %+v, %+v, %v", spec, want, m, err)
		}
		if n := len(m.Objects()); n > 0 != elsewhere || n+len(m.Refs()) != len(m.Blobs) {
			t.Errorf("%s: %d objects and %d blobs of %d", spec, n, len(m.Refs()), len(m.Blobs))
		}
		// What travels is the text.
		text, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if m, err = dataset.Decode(text); err != nil {
			t.Fatal(err)
		}
		clear(b.wanted)
		r, err := dataset.Open(t.Context(), m, files, dataset.Elsewhere(b))
		if err != nil {
			t.Fatal(err)
		}
		r.Expect(0, r.Len())
		if elsewhere && !strings.Contains(spec, "parquet") && len(b.wanted) != len(m.Objects()) {
			t.Errorf("%s: of %d objects these are expected: %v", spec, len(m.Objects()), b.wanted)
		}
		for i := range local.Len() {
			if diff := cmp.Diff(sample(t, local, i), sample(t, r, i)); diff != "" {
				t.Errorf("%s: sample %d: %s", spec, i, diff)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestElsewhereIsRefused(t *testing.T) {
	in := input("x", tensor.Float32, 1, 6)
	refused(t, "can't be read here", "s3://bucket/x.npz", in)
	refused(t, "HTTP servers have no folders", "https://host/photos/", in)
	refused(t, "TFRecord files want tfrecord:", "s3://bucket/x.tfrecord", in)
	b := &bucket{dir: everything(t), wanted: map[string]int64{}}
	for spec, want := range map[string]string{
		"s3://bucket/none/":              "no .jpg, .png or .webp objects lie below",
		"s3://bucket/none*.tar":          "no object matches",
		"s3://bucket/none.npz":           "no such file",
		"tfrecord:s3://bucket/set/":      "it is a folder, want files",
		"s3://bucket/set/w-{9..8}.tar":   "want ascending numbers",
		"s3://bucket/set/w-{07..08}.tar": "s3://bucket/set/w-07.tar: ",
	} {
		fed := in
		if strings.HasSuffix(spec, "none/") {
			fed = input("x", tensor.Float32, 1, 1, 2, 3)
		}
		if _, _, err := buildFrom(t, b, spec, fed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
}

// TestChangedObject reads a dataset after an object was replaced.
func TestChangedObject(t *testing.T) {
	b := &bucket{dir: everything(t), wanted: map[string]int64{}}
	m, files, err := buildFrom(t, b, "s3://bucket/set/w-*.tar", input("x", tensor.Float32, 1, 6))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(b.dir, "set/w-09.tar"), wds(t, "c.x.npy", row(t, 0, 0, 0, 0, 0, 8)))
	r, err := dataset.Open(t.Context(), m, files, dataset.Elsewhere(b))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Sample(0); err != nil {
		t.Error(err)
	}
	if _, err := r.Sample(2); err == nil || !strings.Contains(err.Error(), "w-09.tar: c: s3://bucket/set/w-09.tar has changed") {
		t.Errorf("sample 2: %v", err)
	}
}

const objectText = `{"version":1,"inputs":[{"name":"x","tensor":"x","dtype":"f32","shape":[1,6]}],` +
	`"blobs":[{"digest":"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","size":4096,"name":"w.tar","at":{"url":"s3://bucket/w.tar","etag":"abc"}}],"samples":2,` +
	`"webdataset":{"parts":["x.npy"],"picture":{},"files":[{"name":"w.tar","blob":0,"samples":[{"key":"a","at":[512,152]},{"key":"b","at":[0,-1]}]}]}}` + "\n"

const parquetText = `{"version":1,"inputs":[{"name":"x","tensor":"x","dtype":"f32","shape":[1,6]}],` +
	`"blobs":[{"digest":"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","size":4096,"name":"x.parquet"}],"samples":2,` +
	`"parquet":{"columns":["x.list.element"],"picture":{},"files":[{"name":"x.parquet","blob":0,"rows":2}]}}` + "\n"

func TestNewKindsDecode(t *testing.T) {
	for _, good := range []string{objectText, parquetText} {
		if _, err := dataset.Decode([]byte(good)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ text, old, new, want string }{
		{objectText, `"etag":"abc"`, `"etag":""`, "neither an ETag nor a version"},
		{objectText, `s3://bucket/w.tar`, `file:///etc/passwd`, "no URL of S3 or HTTP"},
		{objectText, `s3://bucket/w.tar`, "s3://bucket/" + strings.Repeat("x", 3000), "more than 2048 bytes"},
		{objectText, `[512,152]`, `[512,4000]`, "no 4000 bytes at 512"},
		{objectText, `[512,152]`, `[512]`, "1 numbers for 1 parts"},
		{objectText, `[0,-1]`, `[1,-1]`, "no -1 bytes at 1"},
		{objectText, `"parts":["x.npy"]`, `"parts":[]`, "0 parts for 1 inputs"},
		{objectText, `"samples":2`, `"samples":3`, "archives of 2 samples for 3"},
		{objectText, `"blob":0`, `"blob":1`, "blob 1 of 1"},
		{parquetText, `"rows":2`, `"rows":-2`, "of -2 rows"},
		{parquetText, `"rows":2`, `"rows":3`, "3 rows for 2 samples"},
		{parquetText, `"columns":["x.list.element"]`, `"columns":["x","y"]`, "2 columns for 1 inputs"},
		{parquetText, `"columns":["x.list.element"]`, `"columns":["x.list.element"],"raw":"u7"`, `raw="u7"`},
	} {
		bad := strings.Replace(c.text, c.old, c.new, 1)
		if bad == c.text {
			t.Fatalf("%q is not in the text", c.old)
		}
		if _, err := dataset.Decode([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
}

func TestArchives(t *testing.T) {
	dir := t.TempDir()
	w := write(t, filepath.Join(dir, "w.tar"), wds(t,
		"0.left.png", string(flat(t, 2, 1, 1, 2, 3)), "0.scale.npy", row(t, 5), "0.bin", "\x01\x02", "0.json", "{}",
		"1.left.png", "no picture", "1.scale.npy", row(t, 5), "1.bin", "\x03\x04",
		"2.scale.npy", row(t, 6),
	))
	left, scale := input("left", tensor.Float32, 1, 1, 2, 3), input("scale", tensor.Float32, 1, 1)
	m, r := build(t, w+"?mean=1", left, scale)
	if m.Len() != 3 {
		t.Fatalf("%d samples", m.Len())
	}
	got := sample(t, r, 0)
	if diff := cmp.Diff([]*tensor.Tensor{tensor.F32(tensor.Shape{1, 1, 2, 3}, 0, 1, 2, 6, 6, 6), tensor.F32(tensor.Shape{1, 1}, 5)}, got); diff != "" {
		t.Error(diff)
	}
	isBad(t, r, 1, "w.tar: 1.left.png", "")
	isBad(t, r, 2, "w.tar: 2.left.png", "has no such file")
	bin := input("b", tensor.UInt8, 1, 2)
	if _, r := build(t, w+"?part=bin&raw=u8", bin); !slices.Equal(sample(t, r, 0)[0].Data, []byte{1, 2}) {
		t.Error("not the bytes of 0.bin")
	}
	refused(t, `want a part of its name, have "left.png", "scale.npy", "bin", "json"; the option part.b=NAME`, w, bin)
	refused(t, `want the part "jpg"`, w+"?part=jpg", bin)
	refused(t, "part.INPUT=NAME", w+"?part=jpg", left, scale)
	refused(t, "if they are numbers, add raw=TYPE", w+"?part=bin", input("x", tensor.Float32, 1, 1, 2, 3))
	refused(t, "not a tar file", "webdataset:"+write(t, filepath.Join(dir, "x.txt"), bytes.Repeat([]byte("words "), 200)), left)
	refused(t, "the dataset is empty", write(t, filepath.Join(dir, "empty.tar"), wds(t)), left)
	refused(t, `take no option "feature"; they take part, raw`, w+"?feature=x", left)
}

func TestParquet(t *testing.T) {
	at := "../reader/parquet/testdata/plain.parquet"
	_, r := build(t, at, input("x", tensor.Float32, 1, 6), input("fixed", tensor.Int32, 1, 2), input("u8", tensor.UInt8, 1))
	got := sample(t, r, 299)
	want := []*tensor.Tensor{
		tensor.F32(tensor.Shape{1, 6}, 299, 299.25, 299.5, 299.75, 300, 300.25),
		tensor.Of(tensor.Int32, tensor.Shape{1, 2}, []int32{299, -299}), tensor.Of(tensor.UInt8, tensor.Shape{1}, []byte{43}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, r = build(t, at+"?column=nested.list.element.list.element", input("n", tensor.Float32, 1, 2, 2))
	if got := first(t, r, 131, 4); !slices.Equal(got, f32(131, 132, 133, 134)) {
		t.Errorf("nested: %v", got)
	}
	_, r = build(t, at+"?column=maybe", input("m", tensor.Float32, 1))
	isBad(t, r, 3, "plain.parquet[3]: maybe", "a value is missing")
	x := input("x", tensor.Float32, 1, 6)
	refused(t, `want the column "y", have "id"`, at+"?column=y", x)
	refused(t, "the option column.other=NAME chooses another", at, input("other", tensor.Float32, 1, 6))
	refused(t, "want 6 elements of type i32, have 8 bytes", at+"?column=fixed", x)
	refused(t, "not a Parquet file", write(t, filepath.Join(t.TempDir(), "x.parquet"), []byte("id,x")), x)
	// Pictures as some tools write them, a pair of bytes and a path, are called as the pair.
	refused(t, "plain.parquet[0]: image.bytes: ", at+"?column=image&raw=u8", input("b", tensor.UInt8, 1, 1)) // of no bytes
}
