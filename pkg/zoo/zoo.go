// Package zoo plans the conversion of many models, and keeps the books on it.
//
// A zoo is a file (Parse) that names models, datasets and schemes. Its Plan is a list of Items: a model in a scheme, with all options. What became of items is in a Journal, by digests of
// all that a result depends on, so that a later run does only what is not done yet; a Table shows it. The package converts nothing, and knows no cluster.
package zoo

import (
	"maps"
	"slices"
)

// Version is that of the form of zoo files.
const Version = 1

// Zoo is what a zoo file says.
type Zoo struct {
	Defaults Settings
	// Datasets have names, and settings of the level LevelData, of which Data says where the samples are.
	Datasets map[string]Settings
	Schemes  []Scheme // that models have which list none
	Models   []Model
}

// Model is an entry of a zoo's list of models.
type Model struct {
	Line     int    // in the file; 0 if there is none
	Path     string // of a file or folder, or a glob of several
	Name     string // pattern of the names under which results are kept; derived from paths if empty
	Priority int    // greater ones go first
	Schemes  []Scheme
	Settings Settings
}

// Scheme is an entry of a list of schemes: what to make of a model.
type Scheme struct {
	Line     int
	Name     string // of its results' files
	Scheme   string // one of package convert's; "" if a recipe says it
	Settings Settings
}

// Settings are options by key, a row of Keys each. A key that takes a list may have several values, others have one.
type Settings map[string][]string

// Get returns the one value of a key; "" if it is not set.
func (s Settings) Get(key string) string {
	if v := s[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Keys returns the keys that are set, in the order of the alphabet.
func (s Settings) Keys() []string { return slices.Sorted(maps.Keys(s)) }

// over returns settings with those of a level above, which win. Keys that add up have the values of both.
func (s Settings) over(above Settings) Settings {
	all := maps.Clone(s)
	if all == nil {
		all = Settings{}
	}
	for key, values := range above {
		if keys[key].adds {
			values = slices.Concat(all[key], values)
		}
		all[key] = values
	}
	return all
}

// Item is a model in a scheme: one result.
type Item struct {
	Name     string // of the model: slashes separate folders
	Scheme   string // its name in the zoo
	Path     string // of the model
	Data     string // where its samples are, as of --data; "" if there are none
	Priority int
	Line     int // of the model in the zoo file; 0 without one
	// Settings are those of all levels together: the names and values of flags of `octet convert`.
	Settings Settings
	// Own are the keys that the scheme itself sets: unlike others they must make sense for it.
	Own map[string]bool
}
