package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

var files = []string{"plain.parquet", "snappy.parquet", "zstd.parquet"}

func open(t testing.TB, name string) *File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(data), int64(len(data)), NewCache(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestColumns(t *testing.T) {
	want := []string{
		"id id i8", "u8 u8 u1", "i16 i16 i2", "f64 f64 f8", "flag flag b1", "x.list.element x f4", "fixed.list.element fixed i4", "nested.list.element.list.element nested i4",
		"image.bytes image.bytes bytes", "image.path image.path bytes", "maybe maybe f4", "gaps.list.element gaps f4", // times feed nothing
	}
	for _, name := range files {
		f := open(t, name)
		var got []string
		for _, c := range f.Columns() {
			got = append(got, fmt.Sprint(c.Path, " ", c.Name, " ", c.Type))
		}
		if diff := cmp.Diff(want, got); diff != "" || f.Rows() != 300 {
			t.Errorf("%s: %d rows: %s", name, f.Rows(), diff)
		}
	}
}

// value is what generate.py writes, as little-endian bytes.
func value(column string, i int) []byte {
	le := binary.LittleEndian
	f32 := func(v ...float32) (b []byte) {
		for _, x := range v {
			b = le.AppendUint32(b, math.Float32bits(x))
		}
		return b
	}
	i32 := func(v ...int) (b []byte) {
		for _, x := range v {
			b = le.AppendUint32(b, uint32(int32(x)))
		}
		return b
	}
	x := float32(i)
	switch column {
	case "id":
		return le.AppendUint64(nil, uint64(i))
	case "u8":
		return []byte{byte(i)}
	case "i16":
		return le.AppendUint16(nil, uint16(int16(i-150)))
	case "f64":
		return le.AppendUint64(nil, math.Float64bits(float64(i)/8))
	case "flag":
		if i%3 == 0 {
			return []byte{1}
		}
		return []byte{0}
	case "x":
		return f32(x, x+.25, x+.5, x+.75, x+1, x+1.25)
	case "fixed":
		return i32(i, -i)
	case "nested":
		return i32(i, i+1, i+2, i+3)
	case "image.bytes":
		return bytes.Repeat([]byte{byte(i)}, i%5)
	case "image.path":
		return fmt.Appendf(nil, "%d.png", i)
	case "maybe":
		if i%10 == 3 {
			return nil
		}
		return f32(x)
	case "gaps":
		if i >= 7 && i <= 9 {
			return nil
		}
		return f32(x)
	}
	panic(column)
}

// TestRows reads every row of every column, in order and at random, as pyarrow wrote them.
func TestRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range files {
		for _, order := range []string{"ascending", "random"} {
			f := open(t, name)
			rows := make([]int, f.Rows())
			for i := range rows {
				rows[i] = i
			}
			if order == "random" {
				random.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
				rows = rows[:100]
			}
			for _, c := range f.Columns() {
				for _, i := range rows {
					got, err := f.Row(c, int64(i))
					want := value(c.Name, i)
					missing := want == nil && (c.Name == "maybe" || c.Name == "gaps")
					if missing != errors.Is(err, ErrNull) || !missing && err != nil || !missing && !bytes.Equal(got, want) {
						t.Fatalf("%s, %s: row %d of %s: %v, %v, want %v", name, order, i, c.Path, got, err, want)
					}
				}
			}
		}
	}
}

// TestPagesAreBounded reads more than a cache keeps, of two files with one cache.
func TestPagesAreBounded(t *testing.T) {
	const limit = 4 << 10
	cache := NewCache(limit)
	a, b := open(t, "plain.parquet"), open(t, "zstd.parquet")
	a.cache, b.cache = cache, cache
	for i := range int64(300) {
		for _, f := range []*File{a, b} {
			for _, name := range []string{"x.list.element", "id"} {
				c, _ := f.Column(name)
				if got, err := f.Row(c, i); err != nil || !bytes.Equal(got, value(c.Name, int(i))) {
					t.Fatalf("row %d of %s: %v, %v", i, name, got, err)
				}
			}
		}
		sum := 0
		for at := cache.pages.Front(); at != nil; at = at.Next() {
			sum += at.Value.(*page).size()
		}
		if sum != cache.bytes || sum > limit && cache.pages.Len() > 1 {
			t.Fatalf("%d pages of %d bytes, counted %d", cache.pages.Len(), sum, cache.bytes)
		}
	}
}

// hinted is a file that records what it is told is wanted soon.
type hinted struct {
	*bytes.Reader
	hints, reads [][2]int64
}

func (h *hinted) Prefetch(offset, n int64) bool {
	h.hints = append(h.hints, [2]int64{offset, n})
	return true
}

func (h *hinted) ReadAt(p []byte, at int64) (int, error) {
	h.reads = append(h.reads, [2]int64{at, int64(len(p))})
	return h.Reader.ReadAt(p, at)
}

func TestPagesAreExpected(t *testing.T) {
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		h := &hinted{Reader: bytes.NewReader(data)}
		f, err := Open(h, int64(len(data)), NewCache(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		c, _ := f.Column("x.list.element")
		h.reads = nil
		if _, err := f.Row(c, 200); err != nil {
			t.Fatal(err)
		}
		covered := slices.ContainsFunc(h.reads, func(r [2]int64) bool {
			return slices.ContainsFunc(h.hints, func(p [2]int64) bool { return p[0] < r[0]+r[1] && r[0] < p[0]+p[1] })
		})
		if !covered {
			t.Errorf("%s: hints %v, reads %v", name, h.hints, h.reads)
		}
	}
}

func TestDamage(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "plain.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"empty": nil, "text": []byte("id,x\n1,2\n"), "cut": data[:len(data)/2], "no head": data[len(data)/2:]} {
		if _, err := Open(bytes.NewReader(damaged), int64(len(damaged)), NewCache(1<<20)); err == nil || !strings.Contains(err.Error(), "not a Parquet file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	bomb := append(data[:len(data)-8:len(data)-8], "\xff\xff\xff\xffPAR1"...) // four gigabytes
	if _, err := Open(bytes.NewReader(bomb), int64(len(bomb)), NewCache(0)); err == nil || !strings.Contains(err.Error(), "a footer of 4294967295 bytes in a file of ") {
		t.Errorf("a bomb: %v", err)
	}
	// Pages that are damaged are errors of their rows, or other values; never a panic.
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		bad := bytes.Clone(data)
		for range 4 {
			bad[random.IntN(len(bad))] ^= byte(1 << random.IntN(8))
		}
		readSome(bad)
	}
}

// readSome reads the first rows of all columns, whatever comes.
func readSome(data []byte) {
	f, err := Open(bytes.NewReader(data), int64(len(data)), NewCache(1<<20))
	if err != nil {
		return
	}
	for _, c := range f.Columns() {
		for i := range min(f.Rows(), 4) {
			_, _ = f.Row(c, i)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) { readSome(data) })
}

// pieces are pages of a list's column as writers of old made them: a row may go on in the next page.
type pieces [][]parquet.Value

func (p *pieces) ReadPage() (parquet.Page, error) {
	if len(*p) == 0 {
		return nil, io.EOF
	}
	values := (*p)[0]
	*p = (*p)[1:]
	return piece{values: values}, nil
}

type piece struct {
	parquet.Page
	values []parquet.Value
}

func (p piece) Values() parquet.ValueReader {
	return parquet.ValueReaderFunc(func(out []parquet.Value) (int, error) { return copy(out, p.values), io.EOF })
}

func TestRowsAcrossPages(t *testing.T) {
	first := func(v int32) parquet.Value { return parquet.Int32Value(v).Level(0, 1, 0) }
	next := func(v int32) parquet.Value { return parquet.Int32Value(v).Level(1, 1, 0) }
	pages := pieces{{first(1), next(2), first(3)}, {next(4)}, {next(5), first(6), next(7)}, {next(8)}}
	p := &page{}
	if err := p.gather(Column{Type: Int32}, &pages, false); err != nil {
		t.Fatal(err)
	}
	// The row that begins in the third page is left to whoever asks for it.
	if !slices.Equal(p.ends, []int{8, 20}) || !bytes.Equal(p.data, []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0}) || len(pages) != 1 {
		t.Errorf("rows end at %v: %v; %d pages are left", p.ends, p.data, len(pages))
	}
	pages = pieces{{next(1), first(2)}}
	if err := (&page{}).gather(Column{Type: Int32}, &pages, false); err == nil {
		t.Error("a page that begins in the middle of a row was taken")
	}
}
