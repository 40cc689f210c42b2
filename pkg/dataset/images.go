package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/reader/image"
	"github.com/octetlite/octet/pkg/tensor"
)

// images are pictures for a single input, a file each.
type images struct {
	Picture picture     `json:"picture"`
	Files   []imageFile `json:"files"`
}

type imageFile struct {
	Name string `json:"name"`
	Blob int    `json:"blob"`
}

// wildcards are what makes a path a glob.
const wildcards = "*?["

var pictureExtensions = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".webp": true}

func (b *builder) images() error {
	if len(b.m.Inputs) != 1 {
		return fmt.Errorf("pictures feed one input, the model has %d: %v", len(b.m.Inputs), b.m.Inputs)
	}
	p, err := b.spec.picture()
	if err != nil {
		return err
	}
	in := b.m.Inputs[0]
	if _, err := p.channelsOf(in); err != nil {
		return err
	}
	files, root, err := b.pictures(b.spec.Path)
	if err != nil {
		return err
	}
	defer root.Close()
	list := &images{Picture: *p}
	next := &opener{files: files}
	for range files {
		f, err := next.open()
		if err != nil {
			return err
		}
		index, err := b.image(f, p, in)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		list.Files = append(list.Files, imageFile{f.name, index})
	}
	b.m.Images, b.m.Samples = list, len(list.Files)
	return nil
}

// image reads a file once. What is no picture is a bad sample, not an error of the dataset.
func (b *builder) image(file *input, p *picture, in Input) (int, error) {
	t := newTee(b.ctx, file.reader())
	data, err := io.ReadAll(t)
	if err != nil {
		return 0, err
	}
	if w, h, err := image.Size(data); err == nil {
		if err := p.sized(in, w, h); err != nil {
			return 0, err
		}
	}
	return b.keep(file, t)
}

// pictures lists the pictures of a folder and its subfolders, by the paths within it, or what a glob matches, by the paths without their common
// folder; both in ascending order. The files of a folder are opened through root, which is to be closed after.
func (b *builder) pictures(pattern string) (files []found, root io.Closer, err error) {
	info, err := os.Stat(pattern)
	switch {
	case err == nil && info.IsDir():
		return folder(pattern)
	case elsewhere(pattern) && kindOfExtension(pattern) == "" && !strings.ContainsAny(pattern, wildcards):
		files, err = b.remoteFolder(pattern)
	default:
		files, err = b.several(pattern)
	}
	return files, io.NopCloser(nil), err
}

// folder lists the pictures in a folder. Hidden files and folders are left out, links to folders and out of the folder too.
func folder(dir string) ([]found, io.Closer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	var files []found
	left := 0
	err = fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case p != "." && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir() || !pictureExtensions[strings.ToLower(path.Ext(p))]:
			return nil
		}
		if info, err := root.Stat(p); err != nil || !info.Mode().IsRegular() {
			left++
			return nil //nolint:nilerr // a link out of the folder: it is left out, and counted
		}
		files = append(files, found{p, func() (*input, error) {
			f, err := root.Open(p)
			if err != nil {
				return nil, err
			}
			return local(p, filepath.Join(dir, filepath.FromSlash(p)), f)
		}})
		return nil
	})
	if err == nil && len(files) == 0 {
		links := ""
		if left > 0 {
			links = fmt.Sprintf(", links out of it aside (%d)", left)
		}
		err = fmt.Errorf("%w: the folder holds no .jpg, .png or .webp files%s", ErrEmpty, links)
	}
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	slices.SortFunc(files, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return files, root, nil
}

// expand returns the files that a glob matches, in ascending order.
func expand(pattern string) ([]string, error) {
	info, statErr := os.Stat(pattern)
	switch {
	case statErr == nil && info.IsDir():
		return nil, errors.New("it is a folder, want files")
	case statErr == nil: // what wildcards it holds are part of its name
		return []string{pattern}, nil
	case !strings.ContainsAny(pattern, wildcards) && errors.Is(statErr, fs.ErrNotExist):
		return nil, errors.New("no such file")
	case !strings.ContainsAny(pattern, wildcards):
		return nil, statErr
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	paths = slices.DeleteFunc(paths, func(p string) bool {
		info, err := os.Stat(p)
		return err == nil && info.IsDir()
	})
	if len(paths) == 0 {
		return nil, fmt.Errorf("%w: no file matches", ErrEmpty)
	}
	slices.Sort(paths)
	return paths, nil
}

// relative returns paths with slashes and without the folder that they share.
func relative(paths []string) []string {
	names := make([]string, len(paths))
	shared := ""
	for i, p := range paths {
		names[i] = filepath.ToSlash(p)
		dir := names[i][:strings.LastIndexByte(names[i], '/')+1]
		for i > 0 && !strings.HasPrefix(dir, shared) {
			shared = shared[:strings.LastIndexByte(strings.TrimSuffix(shared, "/"), '/')+1]
		}
		if i == 0 {
			shared = dir
		}
	}
	for i := range names {
		names[i] = names[i][len(shared):]
	}
	return names
}

func (l *images) validate(m *Manifest) error {
	if len(m.Inputs) != 1 || len(l.Files) != m.Samples {
		return fmt.Errorf("%d pictures for %d samples of %d inputs", len(l.Files), m.Samples, len(m.Inputs))
	}
	if err := l.Picture.validate(); err != nil {
		return err
	}
	if _, err := l.Picture.channelsOf(m.Inputs[0]); err != nil {
		return err
	}
	for _, f := range l.Files {
		if err := m.blob(f.Blob, 0, 0); err != nil {
			return fmt.Errorf("picture %q: %w", f.Name, err)
		}
	}
	return nil
}

func (l *images) place(i int) string { return l.Files[i].Name }

func (l *images) sample(r *Reader, i int, out []*tensor.Tensor) (string, error) {
	f := l.Files[i]
	data, err := r.content(f.Blob)
	if err == nil {
		out[0], err = l.Picture.tensor(r.manifest.Inputs[0], data)
	}
	return l.place(i), err
}
