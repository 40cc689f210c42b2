package golden

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// Case is one txtar file of a table of tests: a comment, and sections that the test reads (Section) or expects (Want).
type Case struct {
	t       testing.TB
	path    string
	archive *txtar.Archive
	used    map[string]bool
}

// Cases runs test once for each txtar file that glob matches, as a subtest named after the file, in the order of names.
//
// Mistakes that would make a test pass for nothing fail it: a glob without a match, a section that occurs twice, and a
// section that test neither read nor expected.
func Cases(t *testing.T, glob string, test func(t *testing.T, c *Case)) {
	t.Helper()
	paths, err := filepath.Glob(glob)
	if err != nil {
		t.Fatalf("glob %q: %v", glob, err)
	}
	if len(paths) == 0 {
		t.Fatalf("no file matches %q", glob)
	}
	slices.Sort(paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), func(t *testing.T) {
			c := Open(t, path)
			test(t, c)
			c.Close()
		})
	}
}

// Open reads one txtar file. Close must follow.
func Open(t testing.TB, path string) *Case {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatalf("read case: %v", err)
	}
	seen := map[string]bool{}
	for _, f := range archive.Files {
		if seen[f.Name] {
			t.Fatalf("%s: section %q occurs twice", path, f.Name)
		}
		seen[f.Name] = true
	}
	return &Case{t: t, path: path, archive: archive, used: map[string]bool{}}
}

// Path is the file's path.
func (c *Case) Path() string { return c.path }

// Comment is the text in front of the first section.
func (c *Case) Comment() string { return string(c.archive.Comment) }

// Has tells whether there is a section of this name; asking for it counts as reading.
func (c *Case) Has(name string) bool {
	c.used[name] = true
	return c.index(name) >= 0
}

// Section returns a section's text and ends the test where there is none.
func (c *Case) Section(name string) string {
	c.t.Helper()
	c.used[name] = true
	i := c.index(name)
	if i < 0 {
		c.t.Fatalf("%s: no section %q", c.path, name)
		return ""
	}
	return string(c.archive.Files[i].Data)
}

// Want compares got with a section. A txtar section ends with a newline, so got is compared as if it ended with one too.
// Under -update it replaces the section, or adds it behind the others.
func (c *Case) Want(name, got string) {
	c.t.Helper()
	c.used[name] = true
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	i := c.index(name)
	switch {
	case *update && i < 0:
		c.archive.Files = append(c.archive.Files, txtar.File{Name: name, Data: []byte(got)})
	case *update:
		c.archive.Files[i].Data = []byte(got)
	case i < 0:
		c.t.Errorf("%s: no section %q; run this test with -update to write it", c.path, name)
	default:
		report(c.t, c.path+": "+name, c.archive.Files[i].Data, []byte(got))
	}
}

// Close fails the test for sections that nothing used and, under -update, writes the file.
func (c *Case) Close() {
	c.t.Helper()
	if c.t.Failed() {
		return
	}
	for _, f := range c.archive.Files {
		if !c.used[f.Name] {
			c.t.Errorf("%s: the test never looked at section %q", c.path, f.Name)
		}
	}
	if *update && !c.t.Failed() {
		if err := write(c.path, txtar.Format(c.archive)); err != nil {
			c.t.Fatalf("update case: %v", err)
		}
	}
}

func (c *Case) index(name string) int {
	return slices.IndexFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == name })
}
