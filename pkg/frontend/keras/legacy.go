package keras

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/reader/hdf5"
)

// openHDF5 reads a whole model in an HDF5 file: the configuration is an attribute, and each layer has a group with a list of its weights' names.
func openHDF5(r io.ReaderAt, size int64) (*file, error) {
	h, err := hdf5.Open(r, size)
	if err != nil {
		return nil, err
	}
	attr, err := h.Root().Attr("model_config")
	if errors.Is(err, hdf5.ErrNotFound) {
		_, keras2 := h.Root().Attr("layer_names")
		if _, keras3 := h.Root().Group("layers"); keras2 == nil || keras3 == nil {
			return nil, errors.New(`the file holds weights alone, without the model that they belong to: save the whole model (model.save("model.keras"))`)
		}
		return nil, errors.New("an HDF5 file, but not one of Keras: it has no model_config")
	}
	if err != nil {
		return nil, err
	}
	text, err := attr.Text()
	if err != nil {
		return nil, fmt.Errorf("model_config: %w", err)
	}
	f := &file{}
	if f.config, err = decodeConfig([]byte(text)); err != nil {
		return nil, err
	}
	if attr, err := h.Root().Attr("keras_version"); err == nil {
		if f.version, err = attr.Text(); err != nil {
			return nil, fmt.Errorf("keras_version: %w", err)
		}
	}
	g, err := h.Root().Group("model_weights")
	if err != nil {
		return nil, err
	}
	f.weights = &legacy{group: g, lists: map[string][]string{}}
	return f, nil
}

// legacy gives the weights of an HDF5 model: each layer of the outermost model has a list of names, which for a nested model holds those of all its layers, trainable ones
// first.
type legacy struct {
	group *hdf5.Group
	lists map[string][]string // by layer of the outermost model
}

// list returns the names of the weights of a layer of the outermost model. Long lists are split over several attributes.
func (l *legacy) list(layer string) ([]string, error) {
	if names, ok := l.lists[layer]; ok {
		return names, nil
	}
	g, err := l.group.Group(layer)
	if err != nil {
		return nil, err
	}
	var names []string
	attr, err := g.Attr("weight_names")
	for i := 0; err == nil || errors.Is(err, hdf5.ErrNotFound) && i == 0; i++ {
		if err == nil && attr.Len() > 0 {
			part, err := attr.Strings()
			if err != nil {
				return nil, fmt.Errorf("layer %q: weight_names: %w", layer, err)
			}
			names = append(names, part...)
		}
		attr, err = g.Attr(fmt.Sprintf("weight_names%d", i))
	}
	l.lists[layer] = names
	return names, nil
}

// find implements weights.
func (l *legacy) find(p *place, name string) (*hdf5.Dataset, error) {
	top := p.layers[0]
	names, err := l.list(top)
	if err != nil {
		return nil, err
	}
	mine := names
	if len(p.layers) > 1 {
		last := p.layers[len(p.layers)-1]
		mine = nil
		for _, n := range names {
			if slices.Contains(strings.Split(n, "/"), last) {
				mine = append(mine, n)
			}
		}
	}
	at := p.order
	if p.named {
		at = slices.IndexFunc(mine, func(n string) bool { return path.Base(strings.TrimSuffix(n, ":0")) == name })
	}
	if at < 0 || at >= len(mine) {
		return nil, fmt.Errorf("%s of layer %q: %w: the file lists %d weights of it", name, p.layers[len(p.layers)-1], hdf5.ErrNotFound, len(mine))
	}
	g, err := l.group.Group(top)
	if err != nil {
		return nil, err
	}
	return g.Dataset(mine[at])
}
