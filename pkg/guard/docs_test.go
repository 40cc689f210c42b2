package guard

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests that docs/security.md names are there, and each of its threats has one.
func TestSecurityDocument(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	var all []string
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() != ".." && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		code, err := os.ReadFile(path)
		for _, f := range declared.FindAllSubmatch(code, -1) {
			all = append(all, string(f[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	_, threats, _ := strings.Cut(string(text), "\n| threat |")
	for line := range strings.Lines(string(text)) {
		tests := named.FindAllString(line, -1)
		for _, name := range tests {
			if !slices.Contains(all, name) {
				t.Errorf("docs/security.md names %s, which is not there", name)
			}
		}
		if strings.HasPrefix(line, "| ") && strings.Contains(threats, line) && len(tests) == 0 {
			t.Errorf("nothing tests %q", line)
		}
	}
}
