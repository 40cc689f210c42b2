package dataset

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/reader/npy"
)

// Folders, as a file of labels, stands for the folders that pictures lie in.
const Folders = "folders"

// ReadLabels reads the labels of a dataset's samples from what spec names:
//
//	x.npy, x.npz?array=NAME  an array of integers, samples along axis 0; without a name the archive's only one, or that named label or labels
//	x.csv                    lines of a file's name and its class, for pictures; a first line without a class is a heading
//	folders                  the folders that pictures lie in are the classes: numbers if all of their names are, else counted in the order of names
//	any other file           a class in each line, in the order of the samples
func ReadLabels(spec string, m *Manifest) (*Labels, error) {
	l, err := readLabels(spec, m)
	if err == nil && l.Len() != m.Samples {
		err = fmt.Errorf("%d labels, the dataset has %d samples", l.Len(), m.Samples)
	}
	if err != nil {
		return nil, fmt.Errorf("labels %s: %w", spec, err)
	}
	return l, nil
}

func readLabels(spec string, m *Manifest) (*Labels, error) {
	if spec == Folders {
		return folderLabels(m)
	}
	file, array, _ := strings.Cut(spec, "?array=")
	switch ext := strings.ToLower(filepath.Ext(file)); {
	case ext == ".npy" || ext == ".npz":
		return arrayLabels(file, array)
	case array != "":
		return nil, errors.New("?array= is about .npz files")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(file), ".csv") {
		return namedLabels(text, m)
	}
	var list []int32
	for line := range strings.Lines(strings.TrimRight(string(text), "\r\n")) {
		c, err := class(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(list)+1, err)
		}
		list = append(list, c)
	}
	return listed(list)
}

func listed(list []int32) (*Labels, error) {
	return newLabels([]int{len(list)}, func(i int) int32 { return list[i] })
}

func class(text string) (int32, error) {
	c, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil || c < 0 {
		return 0, fmt.Errorf("%q is no class: want a whole number", strings.TrimSpace(text))
	}
	return int32(c), nil
}

// arrayLabels reads labels from an array.
func arrayLabels(file, name string) (*Labels, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(file), ".npy") {
		a, err := npy.Open(f, info.Size())
		if err != nil {
			return nil, err
		}
		return labelsOf(a)
	}
	entries, err := npy.OpenArchive(f, info.Size())
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	at := slices.Index(names, name)
	for _, usual := range []string{"label", "labels"} {
		if name == "" && at < 0 {
			at = slices.Index(names, usual)
		}
	}
	switch {
	case name == "" && len(names) == 1:
		at = 0
	case at < 0:
		return nil, fmt.Errorf("want an array %q, have %s; ?array=NAME chooses one", cmp.Or(name, "labels"), quoted(names))
	}
	a, err := entries[at].Array()
	if errors.Is(err, npy.ErrCompressed) {
		a, err = inflated(&entries[at])
	}
	if err != nil {
		return nil, err
	}
	return labelsOf(a)
}

// inflated reads a compressed array into memory.
func inflated(e *npy.Entry) (*npy.Array, error) {
	rc, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, 8*maxLabels+1))
	switch {
	case err != nil:
		return nil, damaged(err)
	case len(data) > 8*maxLabels:
		return nil, fmt.Errorf("labels of more than %d bytes", 8*maxLabels)
	}
	return npy.Open(bytes.NewReader(data), int64(len(data)))
}

// files returns the names of the pictures that samples are.
func (m *Manifest) files() ([]string, error) {
	if m.Images == nil {
		return nil, errors.New("the samples are no files: give labels in the order of the samples")
	}
	names := make([]string, len(m.Images.Files))
	for i, f := range m.Images.Files {
		names[i] = f.Name
	}
	return names, nil
}

// namedLabels reads lines of a file's name and its class. A name may leave out the folders that it lies in if one file has it.
func namedLabels(text []byte, m *Manifest) (*Labels, error) {
	names, err := m.files()
	if err != nil {
		return nil, err
	}
	index := map[string]int{} // -1 for names that several files have
	for i, name := range names {
		if base := path.Base(name); base != name {
			if _, twice := index[base]; twice {
				index[base] = -1
			} else {
				index[base] = i
			}
		}
	}
	for i, name := range names {
		index[name] = i
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace = 2, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	list := make([]int32, len(names))
	found := make([]bool, len(names))
	for k, row := range rows {
		c, err := class(row[1])
		if err != nil && k == 0 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", k+1, err)
		}
		i, ok := index[filepath.ToSlash(row[0])]
		if !ok {
			continue // of a file that is no sample
		}
		if i < 0 {
			return nil, fmt.Errorf("line %d: several files are called %q: give their folders, too", k+1, row[0])
		}
		list[i], found[i] = c, true
	}
	if i := slices.Index(found, false); i >= 0 {
		return nil, fmt.Errorf("no line is about %q", names[i])
	}
	return listed(list)
}

// folderLabels makes classes of the folders that pictures lie in.
func folderLabels(m *Manifest) (*Labels, error) {
	names, err := m.files()
	if err != nil {
		return nil, err
	}
	var folders []string
	numbers := true
	for i, name := range names {
		dir, _, ok := strings.Cut(name, "/")
		if !ok {
			return nil, fmt.Errorf("%q lies in no folder that could be its class", name)
		}
		names[i] = dir
		if !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
		if _, err := class(dir); err != nil {
			numbers = false
		}
	}
	slices.Sort(folders)
	list := make([]int32, len(names))
	for i, dir := range names {
		list[i] = int32(slices.Index(folders, dir))
		if numbers {
			list[i], _ = class(dir)
		}
	}
	return listed(list)
}
