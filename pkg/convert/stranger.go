package convert

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/octetlite/octet/pkg/frontend/savedmodel"
)

// readable is what a source may be.
const readable = "Octet reads .tflite files, SavedModels, frozen graphs (.pb) and Keras models (.keras, .h5)"

// stranger is a kind of file that people take for a model which Octet reads.
type stranger struct {
	is   func(data []byte) bool // of the file, or of its first kilobyte at least
	what string
	hint string // the way out
}

var strangers = []stranger{
	{func(d []byte) bool { return len(d) == 0 }, "an empty file", readable},
	{func(d []byte) bool { return isArchive(d) && holds(d, ".npy") }, "a NumPy archive (.npz)", "--data takes samples"},
	{func(d []byte) bool { return bytes.HasPrefix(d, []byte("\x93NUMPY")) }, "a NumPy array (.npy)", "--data takes samples"},
	{isONNX, "a model in ONNX", "make a SavedModel of it first, for example by onnx2tf"},
	{isTorch, "a file of PyTorch", "export the model to a .tflite file or a SavedModel first"},
	{isCheckpoint, "the index of a TensorFlow checkpoint, which holds weights alone", "export the model with them as a SavedModel (tf.saved_model.save, or model.export of Keras)"},
	{func(d []byte) bool { return isJSON(d) && holds(d, `"weightsManifest"`) }, "a model of TensorFlow.js", "give the model that it was made from"},
	{func(d []byte) bool { return isJSON(d) && holds(d, `"class_name"`) }, "the configuration of a Keras model without its weights", `model.save("model.keras") keeps both`},
	{isPicture, "a picture", "--data takes pictures"},
	{func([]byte) bool { return true }, "something else", readable},
}

// estranged returns the error for a file that is no model.
func estranged(src Source, data []byte) error {
	s := strangers[slices.IndexFunc(strangers, func(s stranger) bool { return s.is(data) })]
	return &Error{Kind: BadInput, Source: src.Name, Err: fmt.Errorf("not a model that can be converted, but %s", s.what), Hint: s.hint}
}

// holds looks for a word in a file's first kilobyte.
func holds(data []byte, word string) bool {
	return bytes.Contains(data[:min(len(data), 1<<10)], []byte(word))
}

func isJSON(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(data[:min(len(data), 1<<10)]), []byte("{"))
}

// isONNX reports whether a file begins as ONNX's ModelProto does: with the version of its form, 3 to 127 (a SavedModel's is 1, and a graph begins with
// none), and the producer, its version, a domain, a documentation or the graph behind it.
func isONNX(data []byte) bool {
	return len(data) > 2 && data[0] == 0x08 && data[1] >= 3 && data[1] < 0x80 && bytes.IndexByte([]byte{0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42}, data[2]) >= 0
}

// isTorch knows torch.save's archives, and its older form: a pickled number.
func isTorch(data []byte) bool {
	return isArchive(data) && holds(data, "data.pkl") || bytes.HasPrefix(data, []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"))
}

// isCheckpoint knows the index of a TensorBundle by the mark at the end of LevelDB's tables.
func isCheckpoint(data []byte) bool {
	return bytes.HasSuffix(data, []byte("\x57\xfb\x80\x8b\x24\x75\x47\xdb"))
}

func isPicture(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\xff\xd8\xff")) || bytes.HasPrefix(data, []byte("\x89PNG\r\n")) || len(data) > 12 && string(data[8:12]) == "WEBP"
}

// noSavedModel returns the error for a folder that is none, with what is there instead.
func noSavedModel(src Source) error {
	e := &Error{Kind: BadInput, Source: src.Name, Err: fmt.Errorf("a folder without %s: no SavedModel", savedmodel.File)}
	entries, err := fs.ReadDir(src.Folder, ".")
	if err != nil {
		e.Err = errors.Join(e.Err, err)
		return e
	}
	for _, entry := range entries {
		name := entry.Name()
		switch _, err := fs.Stat(src.Folder, path.Join(name, savedmodel.File)); {
		case entry.IsDir() && err == nil:
			e.Hint = fmt.Sprintf("there is one in %s", path.Join(src.Name, name))
		case path.Ext(name) == ".index":
			e.Hint = "a checkpoint holds weights alone: export the model with them as a SavedModel (tf.saved_model.save, or model.export of Keras)"
		case slices.Contains([]string{".keras", ".h5", ".hdf5", ".tflite", ".pb"}, path.Ext(name)):
			e.Hint = fmt.Sprintf("name one model, such as %s; 'octet batch' takes folders of models", path.Join(src.Name, name))
		default:
			continue
		}
		break
	}
	return e
}
