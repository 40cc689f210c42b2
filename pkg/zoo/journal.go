package zoo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Digests are what a result depends on, as hex sha256 digests but for the version.
type Digests struct {
	Model   string `json:"model"`   // its files
	Data    string `json:"data"`    // the files of samples and labels, and how they are read; "" if none are
	Options string `json:"options"` // all else that is asked for, a recipe's text among it
	Version string `json:"version"` // of the program and its arithmetic
}

// Changed says what is other than it was, in words; "" if nothing is.
func (d Digests) Changed(was Digests) string {
	switch {
	case d.Model != was.Model:
		return "the model changed"
	case d.Data != was.Data:
		return "the data changed"
	case d.Options != was.Options:
		return "the options changed"
	case d.Version != was.Version:
		return "another version of Octet made it"
	}
	return ""
}

// Seen is what a file was when it was hashed: while size and time are the same, so is its digest.
type Seen struct {
	Path     string `json:"path"`
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"` // nanoseconds since 1970
	SHA256   string `json:"sha256"`
}

// Journal holds what became of items, and digests of files. Its form is lines of JSON, which grow at their end: what was cut off while it was written is left out.
type Journal struct {
	results map[[2]string]Result
	files   map[string]Seen
}

// entry is a line of a journal.
type entry struct {
	Result *Result `json:"result,omitempty"`
	File   *Seen   `json:"file,omitempty"`
}

// NewJournal returns an empty journal.
func NewJournal() *Journal {
	return &Journal{results: map[[2]string]Result{}, files: map[string]Seen{}}
}

// maxLine bounds a line, in bytes: thousands of operators that stay float.
const maxLine = 16 << 20

// ReadJournal reads a journal. A last line that was cut off is left out; other lines that can't be read are an error.
func ReadJournal(r io.Reader) (*Journal, error) {
	j := NewJournal()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var bad error
	for n := 1; lines.Scan(); n++ {
		if bad != nil {
			return nil, bad
		}
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			bad = fmt.Errorf("line %d: %w", n, err)
			continue
		}
		j.add(e)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return j, nil
}

func (j *Journal) add(e entry) {
	if r := e.Result; r != nil {
		j.results[[2]string{r.Name, r.Scheme}] = *r
	}
	if f := e.File; f != nil {
		j.files[f.Path] = *f
	}
}

// Result returns what became of an item last.
func (j *Journal) Result(name, scheme string) (Result, bool) {
	r, ok := j.results[[2]string{name, scheme}]
	return r, ok
}

// Put takes down what became of an item, and returns the line to write.
func (j *Journal) Put(r Result) ([]byte, error) { return j.line(entry{Result: &r}) }

// File returns the digest of a file that is as it was when it was hashed; "" if that is unknown.
func (j *Journal) File(path string, size, modified int64) string {
	if f, ok := j.files[path]; ok && f.Size == size && f.Modified == modified {
		return f.SHA256
	}
	return ""
}

// PutFile takes down a file's digest, and returns the line to write.
func (j *Journal) PutFile(f Seen) ([]byte, error) { return j.line(entry{File: &f}) }

func (j *Journal) line(e entry) ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j.add(e)
	return append(data, '\n'), nil
}

// WriteTo writes the journal anew, without what later lines replaced.
func (j *Journal) WriteTo(w io.Writer) (n int64, err error) {
	var all []entry
	for _, r := range j.results {
		all = append(all, entry{Result: &r})
	}
	for _, f := range j.files {
		all = append(all, entry{File: &f})
	}
	slices.SortFunc(all, func(a, b entry) int { return slices.Compare(a.order(), b.order()) })
	for _, e := range all {
		line, err := j.line(e)
		if err != nil {
			return n, err
		}
		k, err := w.Write(line)
		if n += int64(k); err != nil {
			return n, err
		}
	}
	return n, nil
}

// order puts files before results, each by their names.
func (e entry) order() []string {
	if e.File != nil {
		return []string{"file", e.File.Path}
	}
	return []string{"result", e.Result.Name, e.Result.Scheme}
}

var _ io.WriterTo = (*Journal)(nil)
