package zoo

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// wildcards mark a glob. ** stands for any number of folders.
const wildcards = "*?["

// savedModel is the file that makes a folder a SavedModel.
const savedModel = "saved_model.pb"

// extensions are those of models that are one file.
var extensions = []string{".tflite", ".keras", ".h5", ".hdf5", ".pb"}

// everything matches all models below a folder.
const everything = "**/*"

// Find returns the paths of the models that a path or glob stands for, in the order of their names. Of what a glob matches, files that are named like a model, and SavedModels, count; hidden files and
// folders don't. A path without wildcards stands for itself, whether it exists or not; a folder that is no SavedModel for all models below it.
func Find(pattern string) ([]string, error) {
	info, err := os.Stat(pattern)
	switch {
	case err == nil && info.IsDir() && !isSavedModel(os.DirFS(pattern), "."):
		return find(pattern, everything)
	case err == nil || !strings.ContainsAny(pattern, wildcards):
		return []string{pattern}, nil
	}
	root, rest := Split(pattern)
	return find(root, rest)
}

// Among returns the models among files that lie somewhere else than in folders, as objects of a bucket do: names have slashes and begin below a common root, and so do the results; "." is the root itself,
// which then is a SavedModel. A pattern is what Find takes, without its root; "" is for all models.
func Among(names []string, pattern string) ([]string, error) {
	pattern = cmp.Or(pattern, everything)
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	folders := map[string]bool{} // of SavedModels
	for _, n := range names {
		if path.Base(n) == savedModel {
			folders[path.Dir(n)] = true
		}
	}
	within := func(name string) bool {
		for name != "." {
			if name = path.Dir(name); folders[name] {
				return true
			}
		}
		return false
	}
	if folders["."] {
		return []string{"."}, nil
	}
	var all []string
	want := strings.Split(pattern, "/")
	for _, n := range slices.Concat(names, slices.Collect(maps.Keys(folders))) {
		parts := strings.Split(n, "/")
		hidden := slices.ContainsFunc(parts, func(s string) bool { return strings.HasPrefix(s, ".") })
		model := folders[n] || slices.Contains(extensions, strings.ToLower(path.Ext(n)))
		if model && !hidden && !within(n) && matches(want, parts) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

// IsFile reports whether a path is named like a model that is one file.
func IsFile(name string) bool {
	return path.Base(filepath.ToSlash(name)) != savedModel && slices.Contains(extensions, strings.ToLower(path.Ext(name)))
}

// Split cuts a glob into the folder before its first wildcard, and what is to match below it, with slashes; the latter is empty if it is no glob.
func Split(pattern string) (root, rest string) {
	if !strings.ContainsAny(pattern, wildcards) {
		return pattern, ""
	}
	return split(pattern)
}

func split(pattern string) (root, rest string) {
	parts := strings.Split(filepath.ToSlash(pattern), "/")
	at := slices.IndexFunc(parts, func(s string) bool { return strings.ContainsAny(s, wildcards) })
	root = filepath.FromSlash(strings.Join(parts[:at], "/"))
	switch {
	case at == 1 && parts[0] == "":
		root = string(filepath.Separator)
	case root == "":
		root = "."
	}
	return root, strings.Join(parts[at:], "/")
}

func find(root, pattern string) (all []string, err error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(root, pattern), err)
	}
	folder := os.DirFS(root)
	want := strings.Split(pattern, "/")
	err = fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		model := isSavedModel(folder, name)
		if matches(want, strings.Split(name, "/")) && (model || !d.IsDir() && d.Name() != savedModel && slices.Contains(extensions, strings.ToLower(path.Ext(name)))) {
			all = append(all, filepath.Join(root, filepath.FromSlash(name)))
		}
		if d.IsDir() && model {
			return fs.SkipDir // what is in it are its parts
		}
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such folder", root)
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, fmt.Errorf("%s: no model there (%s, or the folder of a SavedModel)", filepath.Join(root, filepath.FromSlash(pattern)), strings.Join(extensions, ", "))
	}
	return all, nil
}

func isSavedModel(folder fs.FS, name string) bool {
	info, err := fs.Stat(folder, path.Join(name, savedModel))
	return err == nil && info.Mode().IsRegular()
}

// matches reports whether the elements of a path fit those of a glob.
func matches(want, have []string) bool {
	if len(want) == 0 {
		return len(have) == 0
	}
	if want[0] == "**" {
		return matches(want[1:], have) || len(have) > 0 && matches(want, have[1:])
	}
	if len(have) == 0 {
		return false
	}
	ok, err := path.Match(want[0], have[0])
	return err == nil && ok && matches(want[1:], have[1:])
}
