package zoo

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// found is a model at its path.
type found struct {
	Model
	path, name string
}

// Plan returns all results to make, models of greater priority first and otherwise in the order of the file. Paths in the zoo are relative to the folder base, and globs are looked up; find is Find but in
// tests. Its error lists all that is wrong.
func (z *Zoo) Plan(base string, find func(pattern string) ([]string, error)) ([]Item, error) {
	var errs []error
	var all []found
	for _, m := range z.Models {
		pattern := rebase(base, m.Path)
		paths, err := find(pattern)
		if err != nil {
			errs = append(errs, at(m.Line, err))
			continue
		}
		for _, p := range paths {
			f := found{Model: m, path: p}
			f.name = expand(m.Name, f.places(base))
			all = append(all, f)
		}
	}
	errs = append(errs, nameAll(all, base)...)
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.Priority, a.Priority) })
	var items []Item
	for _, f := range all {
		list, err := z.items(f, base)
		if err != nil {
			errs = append(errs, at(f.Line, err))
		}
		items = append(items, list...)
	}
	return items, errors.Join(errs...)
}

// at says in which line something is wrong.
func at(line int, err error) error {
	if line == 0 {
		return err
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// places are what stands for parts of a model's path.
func (f *found) places(base string) map[string]string {
	dir := filepath.Dir(f.path)
	if named.MatchString(f.path) { // a URL, which must stay one
		dir = f.path[:strings.LastIndex(f.path, "/")]
	}
	folder := dir
	if absolute, err := filepath.Abs(filepath.Join(base, "x")); err == nil && dir == "." {
		folder = filepath.Dir(absolute)
	}
	return map[string]string{"{dir}": dir, "{folder}": filepath.Base(folder), "{stem}": stem(f.path), "{name}": f.name}
}

// placeholder is what a pattern may hold.
var placeholder = regexp.MustCompile(`\{(dir|folder|stem|name)\}`)

func expand(pattern string, places map[string]string) string {
	return placeholder.ReplaceAllStringFunc(pattern, func(p string) string { return places[p] })
}

// nameAll gives names to models that have none: their paths from where their pattern begins to match. Where two would be the same, both are called by their paths from the base, with extensions if
// that is what tells them apart. It returns what is wrong with names.
func nameAll(all []found, base string) (errs []error) {
	names := make([][]string, len(all)) // that are left to each, the best first
	for i, f := range all {
		if names[i] = []string{f.name}; f.Name == "" {
			pattern := rebase(base, f.Path)
			short, long := below(start(pattern, f.path), f.path), below(base, f.path)
			names[i] = []string{bare(short), bare(long), long}
		}
		for k, n := range names[i] {
			names[i][k] = forFiles.Replace(filepath.ToSlash(n))
		}
	}
	for again := true; again; {
		again = false
		count := map[string]int{}
		for _, n := range names {
			count[n[0]]++
		}
		for i, n := range names {
			if count[n[0]] > 1 && len(n) > 1 {
				names[i], again = n[1:], true
			}
		}
	}
	seen := map[string]string{}
	for i := range all {
		f := &all[i]
		f.name = names[i][0]
		switch other, twice := seen[f.name]; {
		case f.name == "" || !filepath.IsLocal(filepath.FromSlash(f.name)) || f.name == ".":
			errs = append(errs, at(f.Line, fmt.Errorf("%s: %q can't be the name of a folder of results: give the model a name", f.path, f.name)))
		case twice && other == f.path:
			errs = append(errs, at(f.Line, fmt.Errorf("%s is there twice: give one of them another name", f.path)))
		case twice:
			errs = append(errs, at(f.Line, fmt.Errorf("%s and %s are both named %q: give names, such as '{folder}-{stem}'", other, f.path, f.name)))
		}
		seen[f.name] = f.path
	}
	return errs
}

// bare returns a path without the extension of a model.
func bare(path string) string {
	if ext := filepath.Ext(path); slices.Contains(extensions, strings.ToLower(ext)) {
		return strings.TrimSuffix(path, ext)
	}
	return path
}

// start returns the folder from which on a pattern matches a path.
func start(pattern, path string) string {
	switch {
	case strings.ContainsAny(pattern, wildcards) && path != pattern:
		root, _ := split(pattern)
		return root
	case path != pattern: // of a folder of models
		return pattern
	}
	return filepath.Dir(path)
}

// below returns a path from a folder; its last element if it is not in there.
func below(folder, path string) string {
	if rel, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return filepath.Base(path)
}

// forFiles replaces what names of files can't hold everywhere.
var forFiles = strings.NewReplacer(`\`, "_", ":", "_", "*", "_", "?", "_", `"`, "_", "<", "_", ">", "_", "|", "_")

// items returns a model in all its schemes.
func (z *Zoo) items(f found, base string) (list []Item, err error) {
	all := z.Defaults.over(nil).over(f.Settings)
	if set, ok := z.Datasets[all.Get("data")]; ok {
		// What the dataset says is below what the model says, and above the defaults.
		own := f.Settings.over(nil)
		delete(own, "data")
		all = z.Defaults.over(set).over(own)
	}
	schemes := f.Schemes
	recipe := all.Get("recipe")
	if len(schemes) == 0 && f.Settings.Get("recipe") == "" {
		schemes = z.Schemes
	}
	if recipe != "" { // one scheme more, and the only one of a model that lists none
		schemes = append(slices.Clone(schemes), Scheme{Line: f.Line, Name: stem(recipe), Settings: Settings{"recipe": {recipe}}})
		delete(all, "recipe")
	}
	if len(schemes) == 0 {
		return nil, fmt.Errorf("%s: no schemes: list some under schemes", f.path)
	}
	places := f.places(base)
	seen := map[string]bool{}
	for _, s := range schemes {
		if seen[s.Name] {
			return nil, fmt.Errorf("%s: two schemes are named %q", f.path, s.Name)
		}
		seen[s.Name] = true
		item := Item{Name: f.name, Scheme: s.Name, Path: f.path, Priority: f.Priority, Line: f.Line, Settings: all.over(s.Settings), Own: map[string]bool{}}
		if s.Scheme != "" {
			item.Settings["quantize"] = []string{s.Scheme}
		}
		for key := range s.Settings {
			item.Own[key] = true
		}
		for key, r := range keys {
			if v := item.Settings.Get(key); r.path && v != "" {
				item.Settings[key] = []string{located(base, v, places)}
			}
		}
		item.Data = item.Settings.Get("data")
		delete(item.Settings, "data")
		list = append(list, item)
	}
	return list, nil
}

// located returns a path of a setting as seen from here. One that begins with {dir} is so already.
func located(base, pattern string, places map[string]string) string {
	if strings.HasPrefix(pattern, "{dir}") {
		return expand(pattern, places)
	}
	return rebase(base, expand(pattern, places))
}

// named are words that stand for no path: URLs, generators, and the folders of pictures as labels.
var named = regexp.MustCompile(`^(random:|[a-z][a-z0-9+.-]+://|folders$)`)

// kindOf is what may stand in front of a path.
var kindOf = regexp.MustCompile(`^[a-z][a-z0-9]+:`)

// rebase returns a path that is relative to a folder as seen from here.
func rebase(base, path string) string {
	if named.MatchString(path) {
		return path
	}
	kind := kindOf.FindString(path)
	rest := path[len(kind):]
	if filepath.IsAbs(rest) || named.MatchString(rest) || base == "" || base == "." {
		return path
	}
	return kind + filepath.Join(base, rest)
}
