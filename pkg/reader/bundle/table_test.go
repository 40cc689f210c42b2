package bundle_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/octetlite/octet/pkg/reader/bundle"
)

// row is an entry of a table; shared is how much of its key the writer leaves to the row before it.
type row struct {
	shared     int
	key, value string
}

// writer makes tables, also wrong ones.
type writer struct {
	file   []byte
	index  []row
	snappy bool
}

func checksum(b []byte) uint32 {
	c := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}

// block appends a block and returns its handle.
func (w *writer) block(rows []row) string {
	var b []byte
	for _, r := range rows {
		b = binary.AppendUvarint(b, uint64(r.shared))
		b = binary.AppendUvarint(b, uint64(len(r.key)))
		b = binary.AppendUvarint(b, uint64(len(r.value)))
		b = append(append(b, r.key...), r.value...)
	}
	b = append(b, 0, 0, 0, 0, 1, 0, 0, 0) // one restart point, at 0
	return w.raw(b)
}

func (w *writer) raw(b []byte) string {
	kind := byte(0)
	if w.snappy {
		b, kind = snappy.Encode(nil, b), 1
	}
	at := handle(len(w.file), len(b))
	b = append(slices.Clone(b), kind)
	w.file = binary.LittleEndian.AppendUint32(append(w.file, b...), checksum(b))
	return at
}

func handle(offset, size int) string {
	return string(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(offset)), uint64(size)))
}

func (w *writer) data(rows ...row) {
	w.index = append(w.index, row{0, fmt.Sprint(len(w.index)), w.block(rows)})
}

func (w *writer) finish() []byte {
	meta := w.block(nil)
	footer := []byte(meta + w.block(w.index))
	footer = append(footer, make([]byte, 40-len(footer))...)
	return append(append(w.file, footer...), "\x57\xfb\x80\x8b\x24\x75\x47\xdb"...)
}

func number(field protowire.Number, v uint64) string {
	return string(protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), v))
}

func message(field protowire.Number, parts ...string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), strings.Join(parts, "")))
}

func fixed32(field protowire.Number, v uint32) string {
	return string(protowire.AppendFixed32(protowire.AppendTag(nil, field, protowire.Fixed32Type), v))
}

var oneShard = row{0, "", number(1, 1)}

// bytesEntry is a vector of uint8 of the shard's first n bytes.
func bytesEntry(data string, n int) string {
	return number(1, 4) + message(2, message(2, number(1, uint64(n)))) + number(5, uint64(n)) + fixed32(6, checksum([]byte(data[:n])))
}

func open(index []byte, data string) (*bundle.Bundle, error) {
	return bundle.Open(fstest.MapFS{"c.index": {Data: index}, "c.data-00000-of-00001": {Data: []byte(data)}}, "c")
}

func TestTables(t *testing.T) {
	const data = "abcd"
	for _, compressed := range []bool{false, true} {
		w := writer{snappy: compressed}
		w.data(oneShard, row{0, "layer/kernel", bytesEntry(data, 1)}, row{6, "size", bytesEntry(data, 2)})
		w.data(row{0, "layer2/bias", bytesEntry(data, 3)})
		w.data()
		w.data(row{0, "m", bytesEntry(data, 4)}, row{1, "ore", bytesEntry(data, 0)})
		b, err := open(w.finish(), data)
		if err != nil {
			t.Fatalf("snappy %v: %v", compressed, err)
		}
		got := map[string]string{}
		for _, k := range b.Keys() {
			v, err := b.Read(k)
			if err != nil {
				t.Errorf("%s: %v", k, err)
			}
			got[k] = string(v)
		}
		want := map[string]string{"layer/kernel": "a", "layer/size": "ab", "layer2/bias": "abc", "m": "abcd", "more": ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("snappy %v: %s", compressed, diff)
		}
	}
}

func TestTableRefusals(t *testing.T) {
	table := func(rows ...row) []byte {
		var w writer
		w.data(rows...)
		return w.finish()
	}
	index := func(handles ...string) []byte {
		var w writer
		w.block([]row{oneShard})
		for i, h := range handles {
			w.index = append(w.index, row{0, fmt.Sprint(i), h})
		}
		return w.finish()
	}
	raw := func(kind byte, block string) []byte {
		var w writer
		w.index = []row{{0, "", w.raw([]byte(block))}}
		w.file[len(block)] = kind
		binary.LittleEndian.PutUint32(w.file[len(block)+1:], checksum(w.file[:len(block)+1]))
		return w.finish()
	}
	first := handle(0, len(oneShard.value)+3+8)
	long := row{0, strings.Repeat("k", 1<<16), ""}
	laughs := []row{oneShard, long}
	for i := range 1000 {
		laughs = append(laughs, row{1 << 16, fmt.Sprintf("%03d", i), ""})
	}
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"nothing", "not a LevelDB table", nil},
		{"another file", "not a LevelDB table", make([]byte, 100)},
		{"no entries", "no header", table()},
		{"no header", `entry "a": 0 bytes at 0 of shard 0`, table(row{0, "a", ""})},
		{"big-endian", "big-endian", table(row{0, "", number(1, 1) + number(2, 1)})},
		{"too many shards", "shards", table(row{0, "", number(1, 1<<40)})},
		{"shard behind the last", `entry "a": 0 bytes at 0 of shard 1, of 1 shards`, table(oneShard, row{0, "a", number(3, 1)})},
		{"shard before the first", "of shard -1", table(oneShard, row{0, "a", number(3, ^uint64(0))})},
		{"negative size", "-1 bytes", table(oneShard, row{0, "a", number(5, ^uint64(0))})},
		{"negative dimension", `entry "a": shape: dimension 0 is -1`, table(oneShard, row{0, "a", message(2, message(2, number(1, ^uint64(0))))})},
		{"unknown rank", "unknown rank", table(oneShard, row{0, "a", message(2, number(3, 1))})},
		{"too many dimensions", "more than 254 dimensions", table(oneShard, row{0, "a", message(2, strings.Repeat("\x12\x00", 255))})},
		{"cut message", `entry "a": field 2 at offset 0`, table(oneShard, row{0, "a", "\x12\x05"})},
		{"keys fall", `key "a" does not come after "b"`, table(oneShard, row{0, "b", ""}, row{0, "a", ""})},
		{"key twice", `key "b" does not come after "b"`, table(oneShard, row{0, "b", ""}, row{1, "", ""})},
		{"shared part of nothing", "shares 3 bytes", table(row{3, "a", ""})},
		{"keys that explode", "grow to more than", table(laughs...)},
		{"block twice", "overlaps", index(first, first)},
		{"block outside", "data ends too early", index(handle(0, 1<<40))},
		{"block of a huge size", "data ends too early", index(handle(5, -1))},
		{"block off by one", "checksum", index(handle(1, 4))},
		{"handle cut", "size of a block", index("\x01")},
		{"handle too long", "more than 64 bits", index(strings.Repeat("\xff", 11))},
		{"unknown compression", "unknown compression 4", raw(4, "\x00\x00\x00\x00")},
		{"snappy that is none", "snappy", raw(1, "\xff\xff\xff\xff\xff\xff")},
		{"snappy that explodes", "grow to more than", raw(1, "\xff\xff\xff\x7f")},
		{"block without restarts", "restart points", raw(0, "\x00\x00")},
		{"restarts behind the block", "9 restart points", raw(0, "\x09\x00\x00\x00")},
		{"entry behind the block", "entry at 0", raw(0, "\x00\x09\x00\x00\x00\x00\x00")},
	} {
		if _, err := open(c.file, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestShapeRefusals(t *testing.T) {
	dims := func(sizes ...uint64) string {
		var d []string
		for _, s := range sizes {
			d = append(d, message(2, number(1, s)))
		}
		return message(2, d...)
	}
	for _, c := range []struct{ name, want, entry string }{
		{"shape larger than the bytes", "has 12 bytes, stored are 2", number(1, 1) + dims(3) + number(5, 2)},
		{"shape that overflows", "2^63", number(1, 1) + dims(1<<40, 1<<40)},
		{"bytes that overflow", "2^63", number(1, 1) + dims(1<<62)},
		{"bytes behind the shard", "data ends too early", number(1, 4) + dims(1<<40) + number(5, 1<<40)},
		{"offset behind the shard", "data ends too early", number(1, 4) + dims(1) + number(4, 1<<62) + number(5, 1)},
		{"resource", "type 20", number(1, 20)},
		{"slices of a large shape", "all shards have", number(1, 4) + dims(1<<40) + message(7, message(1))},
		{"slice of another rank", "has 2 dimensions", number(1, 4) + dims(2) + message(7, message(1), message(1))},
		{"slice outside", "lies outside", number(1, 4) + dims(2) + message(7, message(1, number(1, 1), number(2, 2)))},
		{"slice without entry", "has no entry", number(1, 4) + dims(2) + message(7, message(1))},
		{"slices that leave something out", "leave out 2 elements", number(1, 4) + dims(2) + message(7, message(1, number(2, 0)))},
	} {
		var w writer
		// The key of the slice of no elements, with an entry that fits.
		none := row{0, "\x00a\x00\x01\x01\x01\x80\x80", bytesEntry("", 0)}
		w.data(oneShard, none, row{0, "a", c.entry})
		b, err := open(w.finish(), "ab")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if _, err := b.Read("a"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	var w writer
	w.data(oneShard, row{0, "a", number(1, 7) + dims(1<<40) + number(5, 2)})
	b, err := open(w.finish(), "ab")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ReadStrings("a"); err == nil || !strings.Contains(err.Error(), "strings in 2 bytes") {
		t.Errorf("strings of a large shape: %v", err)
	}
}
