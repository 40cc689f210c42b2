package dataset_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/reader/tfrecord"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// allocated returns the bytes that do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// most is what a bomb may make its reader allocate, in bytes, in all.
const most = 24 << 20

// header is the beginning of a PNG of any size, of which no pixel follows.
func header(width, height uint32) []byte {
	part := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(part[4:], width)
	binary.BigEndian.PutUint32(part[8:], height)
	part[12], part[13] = 8, 2 // bits, and red, green and blue
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), part...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(part))
	return append(out, "\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"...)
}

// TestPictureBomb refuses a picture of ten billion pixels before it takes memory for it: when the dataset is made, and when a sample is read.
func TestPictureBomb(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a.png"), flat(t, 2, 2, 1, 2, 3))
	m, _ := build(t, path+"?resize=2x2", input("x", tensor.Float32, 1, 2, 2, 3))
	bomb := header(100_000, 100_000)
	swapped := store.NewMemory()
	d, err := store.PutBytes(t.Context(), swapped, bomb)
	if err != nil {
		t.Fatal(err)
	}
	m.Blobs[0].Digest, m.Blobs[0].Size = d, int64(len(bomb))
	r, err := dataset.Open(t.Context(), m, swapped)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := allocated(func() { _, err = r.Sample(0) })
	if err == nil || !strings.Contains(err.Error(), "100000 by 100000 pixels: the limit is") {
		t.Errorf("%v", err)
	}
	if n > most {
		t.Errorf("%d bytes for a picture that is refused", n)
	}
}

// TestCompressedBombs makes datasets of files that are a thousand times as large when they are decompressed: they pass by in pieces, on their way to a file.
func TestCompressedBombs(t *testing.T) {
	dir := t.TempDir()
	const size = 64 << 20
	create := func(name string, fill func(w io.Writer) error) string {
		path := filepath.Join(dir, name)
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := fill(file); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	zeros := make([]byte, size)
	array := create("x.npz", func(w io.Writer) error {
		z := zip.NewWriter(w)
		part, err := z.Create("x.npy")
		if err != nil {
			return err
		}
		if err := npy.Write(part, npy.Float32, []int{size / 4096, 1024}, zeros); err != nil {
			return err
		}
		return z.Close()
	})
	record := create("x.tfrecord", func(w io.Writer) error {
		z := gzip.NewWriter(w)
		if _, err := z.Write(tfrecord.Append(nil, example(feature("x", floats(1))))); err != nil {
			return err
		}
		if _, err := z.Write(tfrecord.Append(nil, zeros)); err != nil {
			return err
		}
		return z.Close()
	})
	zeros = nil
	for path, in := range map[string]dataset.Input{array: input("x", tensor.Float32, 1, 1024), "tfrecord:" + record: input("x", tensor.Float32, 1, 1)} {
		var m *dataset.Manifest
		var err error
		folder, folderErr := store.NewFolder(t.TempDir())
		if folderErr != nil {
			t.Fatal(folderErr)
		}
		n := allocated(func() { m, err = dataset.Build(t.Context(), path, []dataset.Input{in}, store.NewOverlay(folder)) })
		if err != nil {
			t.Fatal(err)
		}
		if n > most {
			t.Errorf("%s: %d bytes", path, n)
		}
		if m.Blobs[0].Size < size {
			t.Errorf("%s: %d bytes are in the store", path, m.Blobs[0].Size)
		}
	}
}

// TestRecordBombs refuses records that say they are as large as can be.
func TestRecordBombs(t *testing.T) {
	head := binary.LittleEndian.AppendUint64(nil, 1<<60)
	sum := crc32.Checksum(head, crc32.MakeTable(crc32.Castagnoli))
	head = binary.LittleEndian.AppendUint32(head, (sum>>15|sum<<17)+0xa282ead8)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(head); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"plain": head, "zipped": zipped.Bytes()} {
		path := write(t, filepath.Join(t.TempDir(), "t"), data)
		n := allocated(func() {
			refused(t, fmt.Sprintf("%d bytes", 1<<60), "tfrecord:"+path, input("x", tensor.Float32, 1, 1))
		})
		if n > most {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}
