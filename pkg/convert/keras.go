package convert

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/keras"
	"github.com/octetlite/octet/pkg/ir"
)

// IsKeras reports whether a file, of which head is the beginning, may be one that Keras saved: an HDF5 file, or an archive that is not one of NumPy arrays.
func IsKeras(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\x89HDF\r\n\x1a\n")) || isArchive(head) && !bytes.Contains(head[:min(len(head), 1<<10)], []byte(".npy"))
}

func isArchive(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// decodeKeras converts the model in a file of Keras.
func decodeKeras(src Source) (*ir.Model, []string, error) {
	imp := src.Import
	if len(imp.Tags)+len(imp.Inputs)+len(imp.Outputs)+len(imp.Set) > 0 || imp.Signature != "" && imp.Signature != keras.Signature {
		return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: errors.New("a Keras model has inputs and outputs of its own, and neither tags, signatures nor placeholders to set")}
	}
	file, size := src.File, src.Size
	if file == nil {
		file, size = io.ReaderAt(bytes.NewReader(src.Data)), int64(len(src.Data))
	}
	head := make([]byte, 1<<10)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if head = head[:n]; isTorch(head) {
		return nil, nil, estranged(src, head)
	}
	res, err := eitherBatch(imp.Batch, func(batch int) (*graphdef.Result, error) {
		r, err := keras.Import(file, size, keras.Options{Batch: batch, Shapes: imp.Shapes})
		if err != nil {
			return nil, err
		}
		return &graphdef.Result{Model: r.Model, Notes: r.Notes}, nil
	})
	if u, ok := errors.AsType[*keras.Unsupported](err); ok {
		return nil, nil, &Error{Kind: Refused, Source: src.Name, Err: u}
	}
	if f, ok := errors.AsType[*build.Failure](err); ok && !f.Refused {
		return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: f}
	}
	m, notes, err := finishImport(src, res, err)
	return m, slices.Clip(notes), err
}
