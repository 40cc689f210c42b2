package tfrecord_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/octetlite/octet/pkg/reader/tfrecord"
)

// message appends a length-delimited field with the concatenation of parts.
func message(number protowire.Number, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), body)
}

func float(number protowire.Number, bits uint32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(nil, number, protowire.Fixed32Type), bits)
}

func varint(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

func entry(name string, feature ...[]byte) []byte {
	return message(1, message(1, []byte(name)), message(2, feature...))
}

func TestParseExample(t *testing.T) {
	minusOne := ^uint64(0)
	for _, c := range []struct {
		name string
		data []byte
		want tfrecord.Example
	}{
		{"empty", nil, tfrecord.Example{}},
		{"unpacked", message(1, entry("f", message(2, float(1, 0x3f800000), float(1, 0xc0000000))), entry("i", message(3, varint(1, 3), varint(1, minusOne)))),
			tfrecord.Example{"f": {Kind: tfrecord.Float, Floats: []float32{1, -2}}, "i": {Kind: tfrecord.Int64, Ints: []int64{3, -1}}}},
		{"packed and unpacked mix", message(1, entry("i", message(3, message(1, []byte{1, 0x80, 1}), varint(1, 7)))),
			tfrecord.Example{"i": {Kind: tfrecord.Int64, Ints: []int64{1, 128, 7}}}},
		{"features merge", append(message(1, entry("a", message(3, varint(1, 1)))), message(1, entry("b", message(3, varint(1, 2))))...),
			tfrecord.Example{"a": {Kind: tfrecord.Int64, Ints: []int64{1}}, "b": {Kind: tfrecord.Int64, Ints: []int64{2}}}},
		{"last key wins", message(1, entry("a", message(3, varint(1, 1))), entry("a", message(3, varint(1, 2)))),
			tfrecord.Example{"a": {Kind: tfrecord.Int64, Ints: []int64{2}}}},
		{"lists of a kind merge", message(1, entry("a", message(3, varint(1, 1)), message(3, varint(1, 2)))),
			tfrecord.Example{"a": {Kind: tfrecord.Int64, Ints: []int64{1, 2}}}},
		{"another kind drops the first", message(1, entry("a", message(3, varint(1, 1)), message(1, message(1, []byte("x"))))),
			tfrecord.Example{"a": {Kind: tfrecord.Bytes, Bytes: [][]byte{[]byte("x")}}}},
		{"list without values", message(1, entry("a", message(2))), tfrecord.Example{"a": {Kind: tfrecord.Float}}},
		{"entry without key", message(1, message(1, message(2, message(3, varint(1, 1))))), tfrecord.Example{"": {Kind: tfrecord.Int64, Ints: []int64{1}}}},
		{"unknown fields", append(varint(9, 1), message(1, varint(7, 1), entry("a", float(8, 1), message(3, varint(2, 5), varint(1, 1))))...),
			tfrecord.Example{"a": {Kind: tfrecord.Int64, Ints: []int64{1}}}},
	} {
		got, err := tfrecord.ParseExample(c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestParseExampleRefusals(t *testing.T) {
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"no message", "offset 0", []byte{0xff}},
		{"truncated", "field 1 at offset 0", message(1, entry("a", message(3, varint(1, 1))))[:5]},
		{"features of a wrong type", "wire type 0", varint(1, 1)},
		{"odd packed floats", `feature "a": float_list: 3 bytes`, message(1, entry("a", message(2, message(1, []byte{1, 2, 3}))))},
		{"cut packed varint", `feature "a": int64_list`, message(1, entry("a", message(3, message(1, []byte{0x80}))))},
		{"bytes of a wrong type", `feature "a": bytes_list: value of wire type 0`, message(1, entry("a", message(1, varint(1, 1))))},
	} {
		if got, err := tfrecord.ParseExample(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", c.name, got, err, c.want)
		}
	}
}
