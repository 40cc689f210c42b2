package keras

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/octetlite/octet/pkg/reader/hdf5"
)

// Limits of what an archive may hold.
const (
	maxConfig  = 64 << 20
	maxWeights = 64 << 30
	// Weights that are compressed, which Keras does not do, may be as many times larger than the archive's part, besides a least size.
	mostPacked    = 100
	leastUnpacked = 64 << 20
)

// open reads what a model consists of.
func open(r io.ReaderAt, size int64) (*file, error) {
	head := make([]byte, 8)
	if n, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	} else if head = head[:n]; bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return openArchive(r, size)
	}
	if bytes.Equal(head, []byte("\x89HDF\r\n\x1a\n")) {
		return openHDF5(r, size)
	}
	return nil, ErrNotKeras
}

// openArchive reads a .keras file: a ZIP archive of config.json, metadata.json, and the weights in one HDF5 file, or in several that an index lists.
func openArchive(r io.ReaderAt, size int64) (*file, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("the archive: %w", err)
	}
	a := &archive{r: r, files: map[string]*zip.File{}, shards: map[string]*hdf5.File{}}
	for _, f := range z.File {
		a.files[f.Name] = f
	}
	text, err := a.read("config.json", maxConfig)
	if err != nil {
		return nil, err
	}
	f := &file{weights: a}
	if f.config, err = decodeConfig(text); err != nil {
		return nil, err
	}
	if text, err := a.read("metadata.json", maxConfig); err == nil {
		var meta struct {
			Version string `json:"keras_version"`
		}
		if err := json.Unmarshal(text, &meta); err != nil {
			return nil, fmt.Errorf("metadata.json: %w", err)
		}
		f.version = meta.Version
	}
	if a.files["model.weights.h5"] == nil && a.files["model.weights.json"] == nil {
		return nil, errors.New("the archive holds no weights (model.weights.h5)")
	}
	if a.files["model.weights.json"] != nil {
		if err := a.openIndex(); err != nil {
			return nil, err
		}
		return f, nil
	}
	a.whole, err = a.open("model.weights.h5")
	return f, err
}

// archive gives the weights of a .keras file: by the path of a layer, made of the positions of layers in the configuration, and the number of the variable within
// the layer.
type archive struct {
	r      io.ReaderAt
	files  map[string]*zip.File
	whole  *hdf5.File
	index  map[string][]string // of sharded weights: the files that hold parts of a path
	shards map[string]*hdf5.File
}

func (a *archive) read(name string, limit int64) ([]byte, error) {
	f := a.files[name]
	if f == nil {
		return nil, fmt.Errorf("the archive holds no %s", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, nil
}

// open opens an HDF5 file of the archive: in place, as Keras writes it, or unpacked into memory.
func (a *archive) open(name string) (*hdf5.File, error) {
	f := a.files[name]
	if f == nil {
		return nil, fmt.Errorf("the archive holds no %s", name)
	}
	if f.Method == zip.Store {
		offset, err := f.DataOffset()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		h, err := hdf5.Open(io.NewSectionReader(a.r, offset, int64(f.UncompressedSize64)), int64(f.UncompressedSize64))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return h, nil
	}
	data, err := a.read(name, min(maxWeights, leastUnpacked+mostPacked*int64(f.CompressedSize64)))
	if err != nil {
		return nil, err
	}
	h, err := hdf5.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return h, nil
}

// openIndex reads the index of sharded weights.
func (a *archive) openIndex() error {
	text, err := a.read("model.weights.json", maxConfig)
	if err != nil {
		return err
	}
	var index struct {
		WeightMap map[string]json.RawMessage `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return fmt.Errorf("model.weights.json: %w", err)
	}
	a.index = map[string][]string{}
	for key, raw := range index.WeightMap {
		var many []string
		if err := json.Unmarshal(raw, &many); err != nil {
			var one string
			if err := json.Unmarshal(raw, &one); err != nil {
				return fmt.Errorf("model.weights.json: %q names no file", key)
			}
			many = []string{one}
		}
		a.index[strings.Trim(key, "/")] = many
	}
	return nil
}

// find implements weights.
func (a *archive) find(p *place, _ string) (*hdf5.Dataset, error) {
	where := p.path
	name := path.Join(where, "vars", fmt.Sprint(p.index))
	if a.whole != nil {
		return a.whole.Root().Dataset(name)
	}
	for _, key := range []string{where, path.Join(where, "vars")} {
		for _, shard := range a.index[key] {
			f := a.shards[shard]
			if f == nil {
				var err error
				if f, err = a.open(path.Base(shard)); err != nil {
					return nil, err
				}
				a.shards[shard] = f
			}
			if d, err := f.Root().Dataset(name); !errors.Is(err, hdf5.ErrNotFound) {
				return d, err
			}
		}
	}
	return nil, fmt.Errorf("%s: %w", name, hdf5.ErrNotFound)
}
