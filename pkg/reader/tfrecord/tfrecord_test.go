package tfrecord_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/reader/tfrecord"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadsWhatTensorFlowWrites(t *testing.T) {
	plain := read(t, "plain.tfrecord")
	for name, compression := range map[string]tfrecord.Compression{
		"plain.tfrecord": tfrecord.None, "gzip.tfrecord": tfrecord.GZIP, "zlib.tfrecord": tfrecord.ZLIB,
	} {
		data := read(t, name)
		if got := tfrecord.Detect(data[:12]); got != compression {
			t.Errorf("%s: Detect = %q, want %q", name, got, compression)
		}
		r, err := tfrecord.Decompress(bytes.NewReader(data), compression)
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(r); err != nil || !bytes.Equal(data, plain) {
			t.Errorf("%s: decompressed bytes differ from the plain file's (%v)", name, err)
		}
	}
	spans, err := tfrecord.Index(bytes.NewReader(plain))
	if err != nil || len(spans) != 5 {
		t.Fatalf("%d records, %v", len(spans), err)
	}
	var again []byte
	for i, s := range spans {
		data, err := tfrecord.Read(bytes.NewReader(plain), int64(len(plain)), s)
		if err != nil {
			t.Fatal(err)
		}
		again = tfrecord.Append(again, data)
		got, err := tfrecord.ParseExample(data)
		if err != nil {
			t.Fatal(err)
		}
		x, n := float32(i), int64(i)
		want := tfrecord.Example{
			"x":       {Kind: tfrecord.Float, Floats: []float32{x, x + 0.5, -1e-3}},
			"label":   {Kind: tfrecord.Int64, Ints: []int64{n, -n, 1 << 40}},
			"raw":     {Kind: tfrecord.Bytes, Bytes: [][]byte{bytes.Repeat([]byte("a"), i), {}}},
			"nothing": {},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("record %d: %s", i, diff)
		}
	}
	if !bytes.Equal(again, plain) {
		t.Error("appending the records does not give the file again")
	}
}

// TestPlainFileThatLooksCompressed has a first record of 0x8b1f bytes: the file begins like a gzip one.
func TestPlainFileThatLooksCompressed(t *testing.T) {
	file := tfrecord.Append(nil, make([]byte, 0x8b1f))
	if got := tfrecord.Detect(file[:12]); got != tfrecord.None {
		t.Errorf("Detect = %v", got)
	}
}

func TestIndexFindsEveryRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 100)).Draw(t, "records")
		var file []byte
		for _, r := range records {
			file = tfrecord.Append(file, r)
		}
		spans, err := tfrecord.Index(bytes.NewReader(file))
		if err != nil || len(spans) != len(records) {
			t.Fatalf("%d records, %v", len(spans), err)
		}
		for i, s := range spans {
			data, err := tfrecord.Read(bytes.NewReader(file), int64(len(file)), s)
			if err != nil || !bytes.Equal(data, records[i]) {
				t.Fatalf("record %d: %v, %v", i, data, err)
			}
		}
	})
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	file := tfrecord.Append(tfrecord.Append(nil, []byte("first")), []byte("second"))
	for bit := range len(file) * 8 {
		bad := bytes.Clone(file)
		bad[bit/8] ^= 1 << (bit % 8)
		if spans, err := tfrecord.Index(bytes.NewReader(bad)); err == nil {
			t.Fatalf("bit %d: %v", bit, spans)
		}
	}
	for n := range len(file) {
		spans, err := tfrecord.Index(bytes.NewReader(file[:n]))
		if n == 0 || n == 21 { // whole records
			if err != nil || len(spans) != n/21 {
				t.Fatalf("%d bytes: %v, %v", n, spans, err)
			}
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d bytes: %v, %v", n, spans, err)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	file := tfrecord.Append(tfrecord.Append(nil, []byte("first")), []byte("second"))
	huge := tfrecord.Append(nil, []byte("x"))
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"text", "not a TFRecord file", []byte("this is a text file")},
		{"cut data", "record 1 at offset 21: 2 of 6 bytes", file[:35]},
		{"cut checksum", "record 1 at offset 21: checksum", file[:len(file)-1]},
		{"cut header", "record 1 at offset 21: header", file[:25]},
		{"cut after header", "record 0 at offset 0: 0 of 1 bytes", huge[:12]},
	} {
		if _, err := tfrecord.Index(bytes.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := tfrecord.Read(bytes.NewReader(file), int64(len(file)), tfrecord.Span{Offset: 33, Length: 7}); err == nil {
		t.Error("Read of a span behind the end")
	}
	if _, err := tfrecord.Read(bytes.NewReader(file), int64(len(file)), tfrecord.Span{Offset: 12, Length: 4}); err == nil {
		t.Error("Read of a part of a record")
	}
	for c, data := range map[tfrecord.Compression][]byte{tfrecord.GZIP: read(t, "zlib.tfrecord"), tfrecord.ZLIB: read(t, "gzip.tfrecord")} {
		if _, err := tfrecord.Decompress(bytes.NewReader(data), c); err == nil {
			t.Errorf("Decompress by %v of another compression", c)
		}
	}
}
