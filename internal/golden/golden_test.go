package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// recorder stands in for a test and keeps what it was told. Fatalf ends the goroutine, as testing.T's does.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Failed() bool              { return len(r.said) > 0 }
func (r *recorder) Errorf(f string, a ...any) { r.said = append(r.said, fmt.Sprintf(f, a...)) }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); runtime.Goexit() }

// record runs f against a recorder and returns all that it said.
func record(f func(t testing.TB)) string {
	r := &recorder{}
	done := make(chan struct{})
	go func() { defer close(done); f(r) }()
	<-done
	return strings.Join(r.said, "\n")
}

func updating(t *testing.T) {
	old := *update
	*update = true
	t.Cleanup(func() { *update = old })
}

func TestFile(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	binary := filepath.Join(t.TempDir(), "binary")
	for path, data := range map[string]string{text: "a\nb\n", binary: "\xff\x00\x01"} {
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ name, path, got, want string }{
		{"equal", text, "a\nb\n", ""},
		{"text differs", text, "a\nc\n", "-want +got"},
		{"binary differs", binary, "\xff\x00\x02\x03", "got 4 bytes, want 3, the first difference at offset 2"},
		{"binary is shorter", binary, "\xff", "got 1 bytes, want 3, the first difference at offset 1"},
		{"missing", text + ".missing", "a", "run this test with -update"},
	} {
		said := record(func(t testing.TB) { Text(t, tt.path, tt.got) })
		if tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
			t.Errorf("%s: said %q, want %q", tt.name, said, tt.want)
		}
	}
}

func TestFileUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "file")
	updating(t)
	File(t, path, []byte("fresh"))
	if got, err := os.ReadFile(path); err != nil || string(got) != "fresh" {
		t.Errorf("the file holds %q (%v), want %q", got, err, "fresh")
	}
}

const archive = "A comment.\n-- in --\none\n-- out --\ntwo\n"

func writeCase(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "case.txtar")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCase(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		use        func(c *Case)
		want       string
	}{
		{"agrees", archive, func(c *Case) { c.Section("in"); c.Want("out", "two") }, ""},
		{"differs", archive, func(c *Case) { c.Section("in"); c.Want("out", "three") }, "-want +got"},
		{"forgets a section", archive, func(c *Case) { c.Section("in") }, `never looked at section "out"`},
		{"asks for an optional section", archive, func(c *Case) { c.Has("in"); c.Has("options"); c.Want("out", "two") }, ""},
		{"reads what is missing", archive, func(c *Case) { c.Section("inn") }, `no section "inn"`},
		{"wants what is missing", archive, func(c *Case) { c.Section("in"); c.Want("log", "") }, `no section "log"; run this test with -update`},
		{"has a section twice", archive + "-- in --\n", func(*Case) {}, `section "in" occurs twice`},
	} {
		path := writeCase(t, tt.text)
		said := record(func(t testing.TB) {
			c := Open(t, path)
			tt.use(c)
			c.Close()
		})
		if tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
			t.Errorf("%s: said %q, want %q", tt.name, said, tt.want)
		}
	}
}

func TestCaseUpdate(t *testing.T) {
	path := writeCase(t, archive)
	updating(t)
	c := Open(t, path)
	if got := c.Section("in"); got != "one\n" {
		t.Errorf("section in = %q, want %q", got, "one\n")
	}
	c.Want("out", "three")
	c.Want("log", "four\n")
	c.Close()
	got, err := os.ReadFile(path)
	if want := "A comment.\n-- in --\none\n-- out --\nthree\n-- log --\nfour\n"; err != nil || string(got) != want {
		t.Errorf("the file holds %q (%v), want %q", got, err, want)
	}
}

func TestCases(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.txtar", "a.txtar"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	Cases(t, filepath.Join(dir, "*.txtar"), func(t *testing.T, c *Case) {
		names = append(names, t.Name())
		c.Section("in")
		c.Want("out", "two\n")
		if c.Comment() != "A comment.\n" || filepath.Dir(c.Path()) != dir {
			t.Errorf("comment %q, path %q", c.Comment(), c.Path())
		}
	})
	if got, want := strings.Join(names, " "), "TestCases/a TestCases/b"; got != want {
		t.Errorf("subtests %q, want %q", got, want)
	}
}
