package dataset_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/tfrecord"
	"github.com/octetlite/octet/pkg/tensor"
)

// message encodes a length-delimited protobuf field.
func message(number byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(body))), body...)
}

func feature(name string, list []byte) []byte {
	return message(1, message(1, []byte(name)), message(2, list))
}

func floats(values ...float32) []byte {
	var packed []byte
	for _, v := range values {
		packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(v))
	}
	return message(2, message(1, packed))
}

func integers(values ...uint64) []byte {
	var packed []byte
	for _, v := range values {
		packed = binary.AppendUvarint(packed, v)
	}
	return message(3, message(1, packed))
}

func text(value []byte) []byte { return message(1, message(1, value)) }

// example encodes a tf.Example of features.
func example(features ...[]byte) []byte { return message(1, features...) }

func file(records ...[]byte) []byte {
	var out []byte
	for _, r := range records {
		out = tfrecord.Append(out, r)
	}
	return out
}

func compressed(t *testing.T, data []byte, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := open(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRecordsPlainAndCompressed(t *testing.T) {
	one := file(example(feature("x", floats(1, 2)), feature("id", integers(5))), example(feature("x", floats(3, 4)), feature("id", integers(6))))
	two := file(example(feature("id", integers(7)), feature("x", floats(5, 6))))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a-0.tfrecord"), one)
	write(t, filepath.Join(dir, "a-1.tfrecord"), file())
	write(t, filepath.Join(dir, "a-2.tfrecord"), compressed(t, two, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }))
	write(t, filepath.Join(dir, "a-3.tfrecord"), compressed(t, two, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }))
	m, r := build(t, "tfrecord:"+filepath.Join(dir, "a-*"), input("id", tensor.Int32, 1), input("x", tensor.Float32, 1, 2))
	if m.Len() != 4 || len(m.Refs()) != 3 {
		t.Fatalf("%d samples in blobs %+v", m.Len(), m.Refs())
	}
	for i, want := range []struct {
		id int32
		x  []float32
	}{{5, f32(1, 2)}, {6, f32(3, 4)}, {7, f32(5, 6)}, {7, f32(5, 6)}} {
		got := sample(t, r, i)
		if diff := cmp.Diff([]*tensor.Tensor{tensor.I32(tensor.Shape{1}, want.id), tensor.F32(tensor.Shape{1, 2}, want.x...)}, got); diff != "" {
			t.Errorf("sample %d: %s", i, diff)
		}
	}
}

func TestFeaturesFindTheirInputs(t *testing.T) {
	dir := t.TempDir()
	path := "tfrecord:" + write(t, filepath.Join(dir, "t"), file(example(feature("serving_a:0", floats(1)), feature("b", floats(2)), feature("other", floats(3)))))
	a, b := input("a", tensor.Float32, 1, 1), input("b", tensor.Float32, 1, 1)
	for _, c := range []struct {
		spec   string
		inputs []dataset.Input
		want   []float32
	}{
		{path, []dataset.Input{a, b}, f32(1, 2)},
		{path + "?feature.a=other", []dataset.Input{a, b}, f32(3, 2)},
		{path + "?feature.a=b&feature.serving_b%3A0=other", []dataset.Input{a, b}, f32(2, 3)},
		{path + "?feature=other", []dataset.Input{a}, f32(3)},
		{"tfrecord:" + write(t, filepath.Join(dir, "single"), file(example(feature("pixels", floats(4))))), []dataset.Input{a}, f32(4)},
	} {
		_, r := build(t, c.spec, c.inputs...)
		for k, got := range sample(t, r, 0) {
			if v := tensor.View[float32](got)[0]; v != c.want[k] {
				t.Errorf("%s: input %d is %v, want %v", c.spec, k, v, c.want[k])
			}
		}
	}
	refused(t, `t[0]: input "c" f32[1,1]: want a feature "c" or "serving_c:0", have "b", "other", "serving_a:0"; the option feature.c=NAME chooses another`, path, input("c", tensor.Float32, 1, 1))
	refused(t, `want the feature "no", have`, path+"?feature=no", a)
	refused(t, `so name them: feature.INPUT=NAME`, path+"?feature=no", a, b)
	refused(t, `option feature.c: the model's inputs are`, path+"?feature.c=b", a)
	refused(t, `has the feature`, path+"?feature.a=b&feature.serving_a%3A0=b", a)
}

func TestBytesFeatures(t *testing.T) {
	dir := t.TempDir()
	pictures := "tfrecord:" + write(t, filepath.Join(dir, "p"), file(example(feature("x", text(flat(t, 4, 4, 10, 20, 30))))))
	_, r := build(t, pictures+"?resize=2x2&mean=10", input("x", tensor.Float32, 1, 2, 2, 3))
	if diff := cmp.Diff(f32(0, 10, 20), first(t, r, 0, 3)); diff != "" {
		t.Error(diff)
	}
	raw := "tfrecord:" + write(t, filepath.Join(dir, "r"), file(example(feature("x", text([]byte{1, 0, 2, 255})))))
	_, r = build(t, raw+"?raw=u8", input("x", tensor.Float32, 1, 4))
	if diff := cmp.Diff(f32(1, 0, 2, 255), first(t, r, 0, 4)); diff != "" {
		t.Error(diff)
	}
	_, r = build(t, raw+"?raw=i16", input("x", tensor.Float32, -1, 2))
	if diff := cmp.Diff(f32(1, -254), first(t, r, 0, 2)); diff != "" {
		t.Error(diff)
	}
	refused(t, "if they are numbers, add raw=TYPE", raw, input("x", tensor.Float32, 1, 4))
	refused(t, `raw="q8": want an element type`, raw+"?raw=q8", input("x", tensor.Float32, 1, 4))
	refused(t, "want 3 elements of type u8, have 4 bytes", raw+"?raw=u8", input("x", tensor.Float32, 1, 3))
	refused(t, "want elements of type i8, have f32", raw+"?raw=f32", input("x", tensor.Int8, 1, 1))
	refused(t, "want a picture 3 wide and 3 high, have 4 by 4", pictures, input("x", tensor.Float32, 1, 3, 3, 3))
	refused(t, "want a known size", "tfrecord:"+write(t, filepath.Join(dir, "f"), file(example(feature("x", floats(1))))), input("x", tensor.Float32, 1, -1))
	two := message(1, message(1, []byte("a")), message(1, []byte("b")))
	refused(t, "want one string of bytes, have 2", "tfrecord:"+write(t, filepath.Join(dir, "2"), file(example(feature("x", two)))), input("x", tensor.Float32, 1, 1))
}

func TestBadRecordsAreNamed(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "t"), file(
		example(feature("x", floats(1))),
		example(feature("y", floats(1))),
		example(feature("x", floats(float32(math.Inf(1))))),
		[]byte{0xff},
		example(feature("x", nil)),
		example(feature("x", floats(1, 2))),
	))
	_, r := build(t, "tfrecord:"+path, input("x", tensor.Float32, 1, 1))
	sample(t, r, 0)
	isBad(t, r, 1, "t[1]", `the record has no feature "x"`)
	isBad(t, r, 2, "t[2]", "element 0 is an infinity")
	isBad(t, r, 3, "t[3]", "tf.Example: ")
	isBad(t, r, 4, "t[4]: x", "the feature is empty")
	isBad(t, r, 5, "t[5]: x", "want 1 elements of type f32, have 8 bytes")
}

func TestRecordFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	good := file(example(feature("x", floats(1))))
	x := input("x", tensor.Float32, 1, 1)
	refused(t, "no file matches", "tfrecord:"+filepath.Join(dir, "no*"), x)
	refused(t, "no such file", "tfrecord:"+filepath.Join(dir, "no"), x)
	refused(t, "it is a folder", "tfrecord:"+dir, x)
	refused(t, "the dataset is empty", "tfrecord:"+write(t, filepath.Join(dir, "empty"), nil), x)
	refused(t, "text: not a TFRecord file", "tfrecord:"+write(t, filepath.Join(dir, "text"), []byte("hello world, hello")), x)
	refused(t, "cut: record 0 at offset 0", "tfrecord:"+write(t, filepath.Join(dir, "cut"), good[:20]), x)
	zipped := compressed(t, good, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	refused(t, "gz: the file is damaged: its compressed data end too early", "tfrecord:"+write(t, filepath.Join(dir, "gz"), zipped[:len(zipped)-9]), x)
	zipped[len(zipped)-6] ^= 1
	refused(t, "gz: the file is damaged: its checksum is wrong", "tfrecord:"+write(t, filepath.Join(dir, "gz"), zipped), x)
}
