package dataset

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Kind is a kind of source.
type Kind string

// The kinds of sources.
const (
	Arrays  Kind = "arrays"   // x.npz, x.npy
	Images  Kind = "images"   // a folder, a glob or a file
	Records Kind = "tfrecord" // tfrecord:PATH
	Random  Kind = "random"   // random:normal, random:uniform

	Archives Kind = "webdataset" // x.tar, webdataset:PATH
	Parquet  Kind = "parquet"    // x.parquet, parquet:PATH
)

// Spec is what a user names with --data.
type Spec struct {
	Kind    Kind
	Path    string // a path or a glob; of Random the distribution
	Options url.Values
}

// sequence is the option of all kinds that says how many samples are the steps of one run.
const sequence = "sequence"

// pictureOptions are the options of everything that may hold pictures.
var pictureOptions = []string{"resize", "fit", "mean", "std", "order"}

// options are those that each kind takes. A name of prefixes may also be followed by a dot and an input.
var options = map[Kind][]string{
	Arrays:  nil,
	Images:  pictureOptions,
	Records: append([]string{"feature", "raw"}, pictureOptions...),
	Random:  {"samples", "seed", "low", "high"},

	Archives: append([]string{"part", "raw"}, pictureOptions...),
	Parquet:  append([]string{"column", "raw"}, pictureOptions...),
}

// prefixes are the options that name what feeds each input.
var prefixes = map[Kind]string{Records: "feature.", Archives: "part.", Parquet: "column."}

// schemes are what stands in front of a path to say what lies there.
var schemes = []struct {
	text string
	kind Kind
}{{"tfrecord:", Records}, {"webdataset:", Archives}, {"parquet:", Parquet}, {"random:", Random}}

// scheme returns the kind that a path begins with, and what is behind it.
func scheme(path string) (Kind, string) {
	for _, s := range schemes {
		if rest, ok := strings.CutPrefix(path, s.text); ok {
			return s.kind, rest
		}
	}
	return kindOfPath(path), path
}

// Parse reads a SPEC: a path or "random:KIND", and options behind a question mark as in a URL. A question mark that is not followed by
// KEY=VALUE belongs to the path.
func Parse(text string) (*Spec, error) {
	s := &Spec{Path: text, Options: url.Values{}}
	if at := strings.LastIndexByte(text, '?'); at >= 0 && strings.Contains(text[at:], "=") && !exists(text) {
		query, err := url.ParseQuery(text[at+1:])
		if err != nil {
			return nil, fmt.Errorf("data %q: %w", text, err)
		}
		s.Path, s.Options = text[:at], query
	}
	s.Kind, s.Path = scheme(s.Path)
	switch {
	case s.Kind == "" && elsewhere(s.Path) && !looksLikeRecords(s.Path):
		return nil, fmt.Errorf("data %q: want a file such as x.npz, x.tar or x.parquet, or tfrecord:URL; HTTP servers have no folders", text)
	case s.Kind == "" && s.Path != "" && !exists(s.Path) && !elsewhere(s.Path):
		return nil, fmt.Errorf("data %q: no such file or folder, nor tfrecord:FILES, random:normal or random:uniform", text)
	case s.Kind == "" && looksLikeRecords(s.Path):
		return nil, fmt.Errorf("data %q: TFRecord files want tfrecord: in front of the path", text)
	case s.Kind == "":
		return nil, fmt.Errorf("data %q: want x.npz, x.npy, x.tar, x.parquet, a folder or glob of pictures, tfrecord:PATH, random:normal or random:uniform", text)
	case s.Path == "":
		return nil, fmt.Errorf("data %q: the path is missing", text)
	}
	for key, values := range s.Options {
		if key != sequence && !slices.Contains(options[s.Kind], key) && (prefixes[s.Kind] == "" || !strings.HasPrefix(key, prefixes[s.Kind])) {
			return nil, fmt.Errorf("data %q: %s take no option %q%s", text, plural[s.Kind], key, listOptions(s.Kind))
		}
		if len(values) != 1 {
			return nil, fmt.Errorf("data %q: option %q is given %d times", text, key, len(values))
		}
	}
	return s, nil
}

func listOptions(k Kind) string {
	return "; they take " + strings.Join(append(slices.Clone(options[k]), sequence), ", ")
}

// plural are the kinds' names in messages.
var plural = map[Kind]string{Arrays: "arrays", Images: "pictures", Records: "TFRecord files", Random: "random samples",
	Archives: "WebDataset archives", Parquet: "Parquet files"}

// looksLikeRecords reports whether a file is called as TFRecord files are.
func looksLikeRecords(path string) bool {
	return strings.Contains(strings.ToLower(filepath.Base(path)), ".tfrecord")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// kindOfExtension tells the kind of a file by its name, "" if that does not tell.
func kindOfExtension(path string) Kind {
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case ext == ".npz" || ext == ".npy":
		return Arrays
	case ext == ".tar" || ext == ".tgz" || strings.HasSuffix(strings.ToLower(path), ".tar.gz"):
		return Archives
	case ext == ".parquet":
		return Parquet
	case pictureExtensions[ext]:
		return Images
	}
	return ""
}

// kindOfPath tells arrays from pictures by the name, "" if it is neither. Folders and globs hold pictures.
func kindOfPath(path string) Kind {
	switch kind := kindOfExtension(path); {
	case kind != "":
		return kind
	case strings.ContainsAny(path, wildcards), strings.HasPrefix(path, "s3://") && !looksLikeRecords(path):
		return Images
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return Images
	}
	return ""
}

// number returns an option as a float64, fallback if it is not given. Only finite numbers are.
func (s *Spec) number(key string, fallback float64) (float64, error) {
	if !s.Options.Has(key) {
		return fallback, nil
	}
	v, err := strconv.ParseFloat(s.Options.Get(key), 64)
	if err != nil || !finite(v) {
		return 0, fmt.Errorf("option %s=%q: want a number", key, s.Options.Get(key))
	}
	return v, nil
}

// whole returns an option as a whole number that is not negative, fallback if it is not given.
func (s *Spec) whole(key string, fallback int64) (int64, error) {
	if !s.Options.Has(key) {
		return fallback, nil
	}
	v, err := strconv.ParseInt(s.Options.Get(key), 10, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("option %s=%q: want a whole number", key, s.Options.Get(key))
	}
	return v, nil
}
