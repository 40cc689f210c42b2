package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// noticeFile matches the files that say under which terms a module may be passed on.
var noticeFile = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|notice|patents)([-.].*)?$`)

// notices returns the licences of all modules that are linked into programs, and of Go: most of them want to be passed on with every copy.
func notices(ctx context.Context, source string, programs []program) ([]byte, error) {
	var names []string
	seen := map[string]bool{}
	for _, p := range programs {
		for _, m := range p.info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			if name := m.Path + "@" + m.Version; !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	out, err := goCommand(ctx, source, target{}, append([]string{"mod", "download", "-json"}, names...)...)
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var m struct{ Path, Version, Dir string }
		if err := dec.Decode(&m); err != nil {
			return nil, err
		}
		dirs[m.Path+"@"+m.Version] = m.Dir
	}
	goroot, err := goCommand(ctx, source, target{}, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	dirs["Go"] = string(bytes.TrimSpace(goroot))
	var b bytes.Buffer
	b.WriteString("Octet contains the following works of others, each under its own terms.\n")
	for _, name := range append([]string{"Go"}, names...) {
		if err := noticesOf(&b, name, dirs[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return b.Bytes(), nil
}

// noticesOf appends those of a module.
func noticesOf(b *bytes.Buffer, name, dir string) error {
	files, err := os.ReadDir(dir) // by name
	if err != nil {
		return err
	}
	n := 0
	for _, f := range files {
		if f.IsDir() || !noticeFile.MatchString(f.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n%s\n%s: %s\n\n%s\n", bytes.Repeat([]byte("="), 72), name, f.Name(), bytes.TrimSpace(text))
		n++
	}
	if n == 0 {
		return fmt.Errorf("no licence in %s: a module without one can't be passed on", dir)
	}
	return nil
}
