// Package schema is the TensorFlow Lite model format as flatc generates it from litert.fbs: one accessor type per table
// (Model, SubGraph, Tensor, …), and beside each a plain struct with the suffix T (ModelT, …) that UnPack fills and Pack
// writes.
//
// The accessors trust their bytes: they panic or read nonsense on a damaged file, so that a reader of foreign bytes has
// to check every offset before it comes here. Pack does not align Buffer.data, see litert.fbs, and UnPack reads
// an absent vector as an empty one, which Pack then writes.
package schema

//go:generate ./generate.sh
