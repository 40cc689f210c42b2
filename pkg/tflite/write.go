package tflite

import (
	"slices"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/octetlite/octet/pkg/tflite/schema"
)

// customOptions stands for the number of a buffer.
const customOptions = -1

// write writes the flatbuffer. content says what to write as the content of a buffer, by its number; that of custom operators has the number customOptions. It may be called
// several times.
func (e *encoder) write(b *flatbuffers.Builder, content func(i int, data []byte) []byte) []byte {
	// The file's size becomes a multiple of the largest alignment asked for.
	b.Prep(alignment, 0)
	buffers := make([]flatbuffers.UOffsetT, len(e.buffers))
	e.vectors = make([]flatbuffers.UOffsetT, len(e.buffers))
	for i, data := range e.buffers {
		buffers[i] = e.writeBuffer(b, i, content(i, data))
	}
	for _, c := range e.custom {
		c.op.CustomOptions = content(customOptions, c.data)
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
func (e *encoder) writeBuffer(b *flatbuffers.Builder, i int, data []byte) flatbuffers.UOffsetT {
	if len(data) > 0 {
		b.Prep(alignment, len(data))
		e.vectors[i] = b.CreateByteVector(data)
	}
	schema.BufferStart(b)
	schema.BufferAddData(b, e.vectors[i])
	if e.outside != nil && e.outside[i] != 0 {
		schema.BufferAddOffset(b, e.outside[i])
		schema.BufferAddSize(b, uint64(len(e.buffers[i])))
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
func (e *encoder) writeOutside() *File {
	// Any offset but 0 gives the flatbuffer its final size.
	e.place(alignment)
	e.place(align(len(e.write(flatbuffers.NewBuilder(1<<10), e.outlined))))
	f := &File{}
	f.add(e.write(flatbuffers.NewBuilder(1<<10), e.outlined))
	for i, at := range e.outside {
		if at != 0 {
			f.align()
			f.add(e.buffers[i])
		}
	}
	for _, c := range e.custom {
		f.align()
		f.add(c.data)
	}
	return f
}

// outlined leaves out contents, but for metadata, which runtimes look for inside the flatbuffer.
func (e *encoder) outlined(i int, data []byte) []byte {
	if i >= e.keep {
		return data
	}
	return nil
}

func align(n int) int { return (n + alignment - 1) / alignment * alignment }

// place gives each content outside of the flatbuffer an offset from start on.
func (e *encoder) place(start int) {
	at := start
	next := func(data []byte) uint64 {
		from := at
		at = align(from + len(data))
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
}
