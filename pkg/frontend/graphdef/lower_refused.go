package graphdef

import (
	"slices"
	"strings"
)

// refusals are operators that have no counterpart, whatever their operands are.
var refusals = refused([][2]string{
	{textual, "AsString DecodeBase64 DecodeCSV DecodeRaw EncodeBase64 ReduceJoin RegexFullMatch RegexReplace StaticRegexFullMatch " +
		"StaticRegexReplace StringFormat StringJoin StringLength StringLower StringNGrams StringSplit StringSplitV2 StringStrip " +
		"StringToHashBucket StringToHashBucketFast StringToHashBucketStrong StringToNumber StringUpper Substr UnicodeDecode " +
		"UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode UnsortedSegmentJoin WordpieceTokenizeWithOffsets " +
		"WhitespaceTokenizeWithOffsets SentencepieceOp SentencepieceTokenizeOp"},
	{records, "ParseExample ParseExampleV2 ParseSequenceExample ParseSequenceExampleV2 ParseSingleExample ParseSingleSequenceExample " +
		"ParseTensor DecodeProtoV2 ReadFile WholeFileReaderV2"},
	{sparse, "DeserializeSparse SparseAdd SparseConcat SparseCross SparseCrossHashed SparseDenseCwiseAdd SparseDenseCwiseMul " +
		"SparseFillEmptyRows SparseReduceSum SparseReorder SparseReshape SparseSlice SparseSoftmax SparseSplit " +
		"SparseTensorDenseAdd SparseTensorDenseMatMul SparseToSparseSetOperation"},
	{ragged, "RaggedBincount RaggedCountSparseOutput RaggedCross RaggedGather RaggedRange RaggedTensorFromVariant " +
		"RaggedTensorToSparse RaggedTensorToTensor RaggedTensorToVariant RaggedTileNumber"},
	{dataset, "IteratorGetNext IteratorV2 OneShotIterator MakeIterator FIFOQueueV2 QueueDequeueV2 QueueDequeueManyV2 " +
		"QueueDequeueUpToV2 TensorSliceDataset BatchDatasetV2 MapDataset"},
	{python, "PyFunc PyFuncStateless EagerPyFunc"},
})

const (
	textual = "TFLite can't compute with strings: do it before, and make what comes out the input"
	records = "TFLite reads no records or files: make the decoded tensors the inputs"
	sparse  = "TFLite has no sparse tensors: make dense ones the inputs"
	ragged  = "TFLite has no ragged tensors: make padded ones the inputs"
	dataset = "TFLite has no input pipelines: make what they deliver the inputs"
	python  = "it runs Python code"
)

// refused makes rows of operators' names by the reason.
func refused(lists [][2]string) (family []Op) {
	for _, list := range lists {
		for _, name := range slices.Sorted(strings.FieldsSeq(list[1])) {
			family = append(family, Op{Name: name, Note: list[0]})
		}
	}
	return family
}
