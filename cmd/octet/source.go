package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/remote"
	"github.com/octetlite/octet/pkg/tensor"
)

// sourceFlags are the flags that say what to convert of a TensorFlow model.
type sourceFlags struct {
	tags, inputs, outputs []string
	shapes, set           []string
	batch                 int
	signature             string // shared with calibration, which runs one signature
	objects               objectFlags
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.tags, "tags", nil, "of a SavedModel: the tags of the graph (default: serve)")
	flags.StringSliceVar(&f.inputs, "inputs", nil, "of a frozen graph: its inputs, a,b (default: the placeholders)")
	flags.StringSliceVar(&f.outputs, "outputs", nil, "of a frozen graph: its outputs, c,d (default: what nothing reads)")
	flags.StringArrayVar(&f.shapes, "input-shapes", nil, "shape of an input, a=1,224,224,3; may be repeated, ? leaves a dimension open")
	flags.StringArrayVar(&f.set, "set", nil, "of a frozen graph: a number in place of a placeholder, keep_prob=1 or is_training=false; may be repeated")
	f.objects.add(cmd)
	flags.Var((*size)(&f.batch), "batch", "fix unknown batches to this size (default: 1, and callers may resize)")
}

// size is a flag's number of at least 1; 0 if it is not given.
type size int

func (s *size) String() string { return strconv.Itoa(int(*s)) }
func (s *size) Type() string   { return "int" }

func (s *size) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return errors.New("want a whole number of at least 1")
	}
	*s = size(n)
	return nil
}

// open returns the source at a path or URL, the size of its files, and what to call when it is no longer used. What lies elsewhere is brought here first.
func (f *sourceFlags) open(ctx context.Context, path string) (src convert.Source, size int64, done func(), err error) {
	if !remote.Is(path) {
		return f.openLocal(path)
	}
	dir, err := tempDir()
	if err != nil {
		return src, 0, func() {}, err
	}
	gone := func() { _ = os.RemoveAll(dir) }
	local, err := f.objects.fetch(ctx, path, dir)
	if err != nil {
		gone()
		return src, 0, func() {}, err
	}
	src, size, closed, err := f.openLocal(local)
	if err != nil {
		gone()
		return src, 0, func() {}, err
	}
	src.Name = path
	return src, size, func() { closed(); gone() }, nil
}

func (f *sourceFlags) openLocal(path string) (src convert.Source, size int64, done func(), err error) {
	src = convert.Source{Name: path}
	done = func() {}
	if src.Import, err = f.options(); err != nil {
		return src, 0, done, err
	}
	folder := path
	if filepath.Base(path) == "saved_model.pb" {
		folder = filepath.Dir(path)
	}
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return src, 0, done, err
		}
		src.Folder = root.FS()
		src.Size = folderSize(src.Folder)
		return src, src.Size, func() { _ = root.Close() }, nil
	}
	if file, size, ok := openKeras(path); ok {
		src.File, src.Size = file, size
		return src, size, func() { _ = file.Close() }, nil
	}
	if src.Data, err = os.ReadFile(path); errors.Is(err, fs.ErrNotExist) { // the prefix of a checkpoint, which TensorFlow takes for its name
		if index, found := os.ReadFile(path + ".index"); found == nil {
			src.Data, err = index, nil
		}
	}
	if err != nil {
		return src, 0, done, err
	}
	if src.Flatbuffer() {
		src.Import.Signature = ""
	}
	src.Size = int64(len(src.Data))
	return src, src.Size, done, nil
}

// frugal paces the collector while a model is read, of which the source has the given size: what models are made of is large, few in number, and soon garbage. It
// returns the way back.
func frugal(size int64) (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	// The ballast is never touched, so that it takes no memory; it keeps the collector from running again and again while there is less than the model itself.
	const percent, least, most = 50, 32 << 20, 1 << 30
	weight := make([]byte, min(max(size, least), most))
	before := debug.SetGCPercent(percent)
	return func() {
		runtime.KeepAlive(weight)
		debug.SetGCPercent(before)
	}
}

// reclaim gives back what a phase took that is over, if the model is so large that the next one would add to it.
func reclaim(float *convert.Float) {
	const worthwhile = 16 << 20
	if float.File.Size() >= worthwhile {
		runtime.GC()
	}
}

// openKeras opens a file if it looks like one of Keras, whose weights are read piece by piece.
func openKeras(path string) (*os.File, int64, bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, false // who reads the path reports it
	}
	head := make([]byte, 1<<10)
	n, _ := io.ReadFull(file, head)
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || !convert.IsKeras(head[:n]) {
		_ = file.Close()
		return nil, 0, false
	}
	return file, info.Size(), true
}

// options turns the flags into the pipeline's options.
func (f *sourceFlags) options() (convert.Import, error) {
	o := convert.Import{Tags: f.tags, Signature: f.signature, Inputs: f.inputs, Outputs: f.outputs, Batch: f.batch, Shapes: map[string]tensor.Shape{}}
	var err error
	if o.Set, err = placeholders(f.set); err != nil {
		return o, err
	}
	for _, text := range f.shapes {
		name, list, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return o, usagef("--input-shapes: %q is not of the form NAME=1,224,224,3", text)
		}
		shape := tensor.Shape{}
		if list == "" { // a scalar
			o.Shapes[name] = shape
			continue
		}
		for word := range strings.SplitSeq(list, ",") {
			d, err := strconv.Atoi(strings.TrimSpace(word))
			if word == "?" || word == "-1" {
				d, err = -1, nil
			}
			if err != nil || d < -1 || d == 0 || d > 1<<31 {
				return o, usagef("--input-shapes: %q in %q is no size of a dimension", word, text)
			}
			shape = append(shape, d)
		}
		o.Shapes[name] = shape
	}
	return o, nil
}

// placeholders reads what --set says.
func placeholders(list []string) (map[string]float64, error) {
	set := map[string]float64{}
	for _, text := range list {
		name, word, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, usagef("--set: %q is not of the form NAME=NUMBER", text)
		}
		switch word {
		case "true":
			set[name] = 1
			continue
		case "false":
			set[name] = 0
			continue
		}
		x, err := strconv.ParseFloat(word, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, usagef("--set: %q in %q is no number", word, text)
		}
		set[name] = x
	}
	return set, nil
}

// folderSize returns the bytes of the files that a SavedModel consists of.
func folderSize(folder fs.FS) (size int64) {
	_ = fs.WalkDir(folder, ".", func(_ string, d fs.DirEntry, err error) error {
		// What can't be looked at counts for nothing; who reads it reports it.
		if err == nil {
			if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}
