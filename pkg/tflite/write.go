package tflite

import (
	"slices"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/octetlite/octet/pkg/tflite/schema"
)

// write writes the flatbuffer, with the contents of buffers and custom operators in it or without. It may be called several times.
func (e *encoder) write(b *flatbuffers.Builder, contents bool) []byte {
	// The file's size becomes a multiple of the largest alignment asked for.
	b.Prep(alignment, 0)
	buffers := make([]flatbuffers.UOffsetT, len(e.buffers))
	for i, data := range e.buffers {
		buffers[i] = e.writeBuffer(b, i, data, contents || i >= e.keep)
	}
	for _, c := range e.custom {
		c.op.CustomOptions = nil
		if contents {
			c.op.CustomOptions = c.data
		}
	}
	codes := pack(b, e.codes)
	graphs := pack(b, e.graphs)
	signatures := pack(b, e.signatures)
	metadata := pack(b, e.metadata)
	list := b.CreateVectorOfTables(buffers)
	var unnamed, description flatbuffers.UOffsetT
	if e.unnamed != nil {
		b.StartVector(4, len(e.unnamed), 4)
		for _, n := range slices.Backward(e.unnamed) {
			b.PrependInt32(n)
		}
		unnamed = b.EndVector(len(e.unnamed))
	}
	if e.model.Description != "" {
		description = b.CreateString(e.model.Description)
	}
	schema.ModelStart(b)
	schema.ModelAddVersion(b, version)
	schema.ModelAddOperatorCodes(b, codes)
	schema.ModelAddSubgraphs(b, graphs)
	schema.ModelAddDescription(b, description)
	schema.ModelAddBuffers(b, list)
	schema.ModelAddMetadataBuffer(b, unnamed)
	if len(e.metadata) > 0 {
		schema.ModelAddMetadata(b, metadata)
	}
	schema.ModelAddSignatureDefs(b, signatures)
	b.FinishWithFileIdentifier(schema.ModelEnd(b), []byte(schema.ModelIdentifier))
	return b.FinishedBytes()
}

// writeBuffer writes an entry of the buffers table. The generated code would neither align the bytes nor copy them at once.
func (e *encoder) writeBuffer(b *flatbuffers.Builder, i int, data []byte, contents bool) flatbuffers.UOffsetT {
	var vector flatbuffers.UOffsetT
	if len(data) > 0 && contents {
		b.Prep(alignment, len(data))
		vector = b.CreateByteVector(data)
	}
	schema.BufferStart(b)
	schema.BufferAddData(b, vector)
	if e.outside != nil && e.outside[i] != 0 {
		schema.BufferAddOffset(b, e.outside[i])
		schema.BufferAddSize(b, uint64(len(data)))
	}
	return schema.BufferEnd(b)
}

// pack writes a vector of tables.
func pack[T interface {
	Pack(*flatbuffers.Builder) flatbuffers.UOffsetT
}](b *flatbuffers.Builder, list []T) flatbuffers.UOffsetT {
	offsets := make([]flatbuffers.UOffsetT, len(list))
	for i, t := range list {
		offsets[i] = t.Pack(b)
	}
	return b.CreateVectorOfTables(offsets)
}

// writeOutside writes the file with the constants and custom options behind the flatbuffer, where 64-bit offsets from the start of the
// file lead to them.
func (e *encoder) writeOutside() []byte {
	align := func(n int) int { return (n + alignment - 1) / alignment * alignment }
	// Any offset but 0 gives the flatbuffer its final size.
	e.place(alignment)
	start := align(len(e.write(flatbuffers.NewBuilder(1<<10), false)))
	end := e.place(start)
	head := e.write(flatbuffers.NewBuilder(start+1<<10), false)
	out := make([]byte, end)
	copy(out, head)
	for i, at := range e.outside {
		if at != 0 {
			copy(out[at:], e.buffers[i])
		}
	}
	for _, c := range e.custom {
		copy(out[c.op.LargeCustomOptionsOffset:], c.data)
	}
	return out
}

// place gives each content outside of the flatbuffer an offset from start on, and returns where the last one ends.
func (e *encoder) place(start int) int {
	at, end := start, start
	next := func(data []byte) uint64 {
		from := at
		end = from + len(data)
		at = (end + alignment - 1) / alignment * alignment
		return uint64(from)
	}
	e.outside = make([]uint64, len(e.buffers))
	for i, data := range e.buffers[:e.keep] {
		if len(data) > 0 {
			e.outside[i] = next(data)
		}
	}
	for _, c := range e.custom {
		c.op.LargeCustomOptionsOffset, c.op.LargeCustomOptionsSize = next(c.data), uint64(len(c.data))
	}
	return end
}
