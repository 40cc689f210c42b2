package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/remote"
	"github.com/octetlite/octet/pkg/zoo"
)

// settled is the age from which on a file's time tells whether it changed: younger ones may change again within what their file system takes for one moment.
const settled = 2 * time.Second

// part is a file of a model or a dataset, under the name by which its place there is known.
type part struct{ Name, SHA256 string }

// compareAll finds out what of the plan is done, what is equal, and what is left to do.
func (b *batch) compareAll(ctx context.Context) error {
	first := map[zoo.Digests]*work{}
	for _, w := range b.work {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.result = zoo.Result{Name: w.Name, Scheme: w.Scheme, Source: w.Path, State: zoo.Pending}
		var err error
		if w.digests, err = b.digests(ctx, w); err != nil {
			// Whoever converts it meets the same problem, and says what it is. It is equal to nothing.
			w.why = "its files can't be read"
			continue
		}
		w.result.Digests = w.digests
		if other := first[w.digests]; other != nil {
			w.first = other
		} else {
			first[w.digests] = w
		}
		if w.why, err = b.undone(w); err != nil {
			return err
		}
	}
	return nil
}

// undone says why an item must be converted; "" if it need not be.
func (b *batch) undone(w *work) (string, error) {
	if b.flags.again {
		return "all is done again", nil
	}
	old, ok := b.journal.Result(w.Name, w.Scheme)
	if !ok {
		return "it is new", nil
	}
	if why := w.digests.Changed(old.Digests); why != "" {
		return why, nil
	}
	if !old.State.Made() {
		return "it failed before", nil
	}
	for _, path := range append([]string{w.flags.output}, w.flags.report.paths...) {
		if !exists(path) {
			return filepath.Base(path) + " is missing", nil
		}
	}
	sum, err := b.fileSum(w.flags.output)
	if err != nil {
		return "", err
	}
	if sum != old.SHA256 {
		return "its file is not what was written", nil
	}
	if w.result = old; old.State != zoo.Broken {
		w.result.State = zoo.Kept
	}
	return "", nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// digests returns what an item's result depends on.
func (b *batch) digests(ctx context.Context, w *work) (d zoo.Digests, err error) {
	d.Version = fmt.Sprintf("%s, numerics %d", version(), numerics.Version)
	find := b.files
	if remote.Is(w.Path) {
		find = func(url string) ([]part, error) { return b.objects(ctx, url) }
	}
	files, err := find(w.Path)
	if err != nil {
		return d, err
	}
	d.Model = digestOf(files)
	if d.Data, err = b.dataDigest(w); err != nil {
		return d, err
	}
	rest := map[string][]string{}
	for key, values := range w.Settings {
		switch key {
		case "recipe":
			values = []string{digestOf(string(w.flags.recipeText))}
		case "labels":
			continue
		}
		rest[key] = values
	}
	d.Options = digestOf(rest) // a mapping is written in the order of its keys
	return d, nil
}

// dataDigest returns the digest of samples and labels; "" if the item needs none. What lies elsewhere counts by its name.
func (b *batch) dataDigest(w *work) (string, error) {
	if w.flags.data == "" {
		return "", nil
	}
	spec, err := dataset.Parse(w.flags.data)
	if err != nil {
		return "", err
	}
	parts := []any{spec.Kind, spec.Options.Encode()}
	path := spec.Path
	switch {
	case spec.Kind == dataset.Random, strings.Contains(path, "://"):
		parts = append(parts, path)
	default:
		paths := []string{path}
		if _, err := os.Stat(path); err != nil && strings.ContainsAny(path, "*?[") {
			if paths, err = filepath.Glob(path); err != nil {
				return "", err
			}
		}
		for _, p := range paths {
			files, err := b.files(p)
			if err != nil {
				return "", err
			}
			parts = append(parts, filepath.Base(p), files)
		}
	}
	if labels := w.flags.question.labels; labels != "" && labels != dataset.Folders {
		file, array, _ := strings.Cut(labels, "?")
		files, err := b.files(file)
		if err != nil {
			return "", err
		}
		parts = append(parts, "labels", array, filepath.Ext(file), files)
	} else {
		parts = append(parts, labels)
	}
	return digestOf(parts), nil
}

// digestOf returns the hex sha256 of a value's JSON. Values are such that it can be had.
func digestOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// files returns the digests of a file, whose name does not count, or of all files in a folder and below it, in the order of their names.
func (b *batch) files(path string) (all []part, err error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		sum, err := b.fileSum(path)
		return []part{{"", sum}}, err
	}
	err = fs.WalkDir(os.DirFS(path), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		sum, err := b.fileSum(filepath.Join(path, filepath.FromSlash(name)))
		all = append(all, part{name, sum})
		return err
	})
	slices.SortFunc(all, func(a, b part) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// fileSum returns the hex sha256 of a file, from the journal if the file is as it was.
func (b *batch) fileSum(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	seen := zoo.Seen{Path: absolute, Size: info.Size(), Modified: info.ModTime().UnixNano()}
	if sum := b.journal.File(absolute, seen.Size, seen.Modified); sum != "" {
		return sum, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	seen.SHA256 = hex.EncodeToString(h.Sum(nil))
	if time.Since(info.ModTime()) > settled {
		b.note(seen)
	}
	return seen.SHA256, nil
}
