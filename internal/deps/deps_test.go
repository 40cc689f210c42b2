package deps

import (
	"cmp"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// source is one Go file: its path from the module's root, and what it imports.
type source struct {
	file    string
	imports []string
}

func TestRoomsStandInOrder(t *testing.T) {
	above := map[string]bool{Public: true}
	for _, r := range Rooms {
		if above[r.Path] {
			t.Errorf("two rows for %s", r.Path)
		}
		for _, m := range r.May {
			if !above[m] {
				t.Errorf("%s may import %s, which has no row above it", r.Path, m)
			}
		}
		above[r.Path] = true
	}
}

func TestEveryPackageHasARoom(t *testing.T) {
	inhabited := map[string]bool{}
	for _, s := range read(t) {
		dir := path.Dir(s.file)
		r, ok := room(dir)
		if !ok && !inhabited[dir] {
			t.Errorf("%s has no row in Rooms: add one that says what it may import", dir)
		}
		inhabited[dir], inhabited[r.Path] = true, true
	}
	for _, r := range Rooms {
		if !inhabited[r.Path] {
			t.Errorf("Rooms has a row for %s, where no package is", r.Path)
		}
	}
}

func TestImports(t *testing.T) {
	for _, s := range read(t) {
		for _, imported := range s.imports {
			if err := check(s.file, imported); err != nil {
				t.Error(err)
			}
		}
	}
}

// A row says what a room imports, and not what it once did.
func TestNoRowIsStale(t *testing.T) {
	used := map[string]map[string]bool{}
	for _, s := range read(t) {
		r, _ := room(path.Dir(s.file))
		for _, imported := range s.imports {
			own, ok := strings.CutPrefix(imported, Module+"/")
			if !ok || isTest(s.file) && slices.ContainsFunc(Tests, func(p string) bool { return matches(p, own) }) {
				continue
			}
			for _, m := range r.May {
				if matches(m, own) || m == Public {
					if used[r.Path] == nil {
						used[r.Path] = map[string]bool{}
					}
					used[r.Path][m] = true
				}
			}
		}
	}
	for _, r := range Rooms {
		for _, m := range r.May {
			if !used[r.Path][m] {
				t.Errorf("%s may import %s, and does not", r.Path, m)
			}
		}
	}
}

// ARCHITECTURE.md has the rooms in a table, each with what it may import.
func TestArchitectureSaysTheSame(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{} // by room
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "| `") {
			continue
		}
		for name := range strings.SplitSeq(strings.TrimPrefix(cells[0], "| "), ", ") {
			said[strings.Trim(name, "`/")] = strings.TrimSuffix(cells[2], " |")
		}
	}
	for _, r := range Rooms {
		var names []string
		for _, m := range r.May {
			names = append(names, short(m))
		}
		want := cmp.Or(strings.Join(names, ", "), "–")
		if got := said[strings.TrimSuffix(r.Path, "/...")]; got != want {
			t.Errorf("ARCHITECTURE.md says that %s may import %q, want %q", r.Path, got, want)
		}
	}
}

// short is how ARCHITECTURE.md names what a room may import.
func short(pattern string) string {
	switch pattern {
	case Public:
		return "all public"
	case "proto/octet/v1":
		return "proto"
	}
	return path.Base(strings.TrimSuffix(pattern, "/..."))
}

// TestCheck makes sure that the rules can fail, on imports that would be wrong.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		file, path string
		ok         bool
	}{
		{"pkg/tensor/tensor.go", Module + "/pkg/ir", false},
		{"pkg/ir/graph.go", Module + "/pkg/tensor", true},
		{"pkg/ir/graph.go", Module + "/internal/golden", false},
		{"pkg/ir/graph_test.go", Module + "/internal/golden", true},
		{"pkg/kernel/gemm_test.go", Module + "/pkg/op", true},
		{"pkg/dataset/npz.go", Module + "/pkg/reader/npy", true},
		{"coordinator/server.go", Module + "/worker", false},
		{"coordinator/server_test.go", Module + "/worker", false},
		{"worker/worker.go", Module + "/coordinator", false},
		{"cmd/octet/up.go", Module + "/worker", true},
		{"cmd/octet/up.go", Module + "/internal/testmodel", false},
		{"pkg/convert/convert.go", Module + "/pkg/store", false},
		{"pkg/convert/convert.go", Module + "/proto/octet/v1", false},
		{"pkg/exec/run.go", "google.golang.org/grpc/status", false},
		{"coordinator/server.go", "google.golang.org/grpc/status", true},
		{"coordinator/server.go", "go.etcd.io/etcd/client/v3", false},
		{"coordinator/journal.go", "go.etcd.io/etcd/client/v3", true},
		{"coordinator/machine.go", "google.golang.org/grpc/codes", false},
		{"coordinator/machine.go", "os", false},
		{"coordinator/machine.go", "os/exec", false},
		{"coordinator/machine.go", "time", true},
		{"pkg/ir/graph.go", "log", false},
		{"pkg/ir/graph.go", "log/slog", false},
		{"pkg/ir/graph.go", "fmt", true},
		{"pkg/ir/graph.go", "github.com/google/go-cmp/cmp", false},
		{"pkg/ir/graph_test.go", "github.com/google/go-cmp/cmp", true},
		{"pkg/ir/graph_test.go", "github.com/stretchr/testify/require", false},
		{"pkg/ir/graph.go", "google.golang.org/protobuf/encoding/protowire", false},
		{"pkg/reader/tfrecord/example.go", "google.golang.org/protobuf/encoding/protowire", true},
		{"pkg/reader/tfrecord/example.go", "google.golang.org/protobuf/proto", false},
	} {
		if err := check(tt.file, tt.path); (err == nil) != tt.ok {
			t.Errorf("check(%s, %s) = %v, want ok %v", tt.file, tt.path, err, tt.ok)
		}
	}
}

// check returns an error naming the rule that forbids file to import path.
func check(file, imported string) error {
	for _, p := range Pure {
		if strings.HasPrefix(file, p.Files) && !isTest(file) && slices.ContainsFunc(p.Not, func(n string) bool { return inTree(imported, n) }) {
			return fmt.Errorf("%s imports %s: %s", file, imported, p.Why)
		}
	}
	if own, ok := strings.CutPrefix(imported, Module+"/"); ok {
		return checkOwn(file, own)
	}
	f, ok := foreigner(imported)
	if !ok {
		if standard := !strings.Contains(strings.SplitN(imported, "/", 2)[0], "."); standard {
			return nil
		}
		return fmt.Errorf("%s imports %s, a dependency without a row in Foreigners", file, imported)
	}
	for _, in := range f.In {
		if in == OnlyTests && isTest(file) || in != OnlyTests && strings.HasPrefix(file, in) {
			return nil
		}
	}
	return fmt.Errorf("%s imports %s, which may only be imported in %q: %s", file, imported, f.In, f.Why)
}

func checkOwn(file, own string) error {
	dir := path.Dir(file)
	r, ok := room(dir)
	if !ok {
		return fmt.Errorf("%s imports %s, but %s has no row in Rooms", file, own, dir)
	}
	if own == dir && isTest(file) {
		return nil
	}
	may := r.May
	if isTest(file) {
		may = slices.Concat(may, Tests)
	}
	for _, m := range may {
		if m == Public && !strings.HasPrefix(own, "internal/") || matches(m, own) {
			return nil
		}
	}
	if tree, ok := strings.CutSuffix(r.Path, "/..."); ok && inTree(own, tree) {
		return nil
	}
	return fmt.Errorf("%s imports %s; %s may import only %q", file, own, r.Path, may)
}

func isTest(file string) bool { return strings.HasSuffix(file, "_test.go") }

// inTree tells whether p is the package top or lies below it.
func inTree(p, top string) bool { return p == top || strings.HasPrefix(p, top+"/") }

// matches tells whether a pattern of Rooms or Tests covers a package.
func matches(pattern, pkg string) bool {
	if top, ok := strings.CutSuffix(pattern, "/..."); ok {
		return inTree(pkg, top)
	}
	return pattern == pkg
}

func room(dir string) (Room, bool) {
	i := slices.IndexFunc(Rooms, func(r Room) bool { return matches(r.Path, dir) })
	if i < 0 {
		return Room{}, false
	}
	return Rooms[i], true
}

func foreigner(imported string) (Foreign, bool) {
	var fits []Foreign
	for _, f := range Foreigners {
		// A row for a package of the standard library stands for that package alone.
		if f.Path == imported || strings.Contains(f.Path, ".") && inTree(imported, f.Path) {
			fits = append(fits, f)
		}
	}
	if len(fits) == 0 {
		return Foreign{}, false
	}
	return slices.MaxFunc(fits, func(a, b Foreign) int { return cmp.Compare(len(a.Path), len(b.Path)) }), true
}

// read returns the module's Go files. Nested modules and folders that the go command ignores are
// left out.
func read(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != root {
			if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") || name == "testdata" {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil {
				return filepath.SkipDir
			}
		}
		if d.IsDir() || filepath.Ext(name) != ".go" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		s := source{file: filepath.ToSlash(rel)}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
