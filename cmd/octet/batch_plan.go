package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/remote"
	"github.com/octetlite/octet/pkg/zoo"
)

// holdoutNone, as a holdout, says that nothing is compared.
const holdoutNone = "none"

// work is an item of a zoo, and what it takes to convert it.
type work struct {
	zoo.Item
	flags   *convertFlags
	opt     convert.Options
	digests zoo.Digests
	why     string // it must be converted; "" if it is there
	first   *work  // that has the same result; nil if there is none before it
	result  zoo.Result
}

func (w *work) String() string { return w.Name + " " + w.Scheme }

// plan reads the zoo, and checks all that can be checked without reading models.
func (b *batch) plan(ctx context.Context, source string) error {
	z, base, err := b.read(source)
	if err != nil {
		return err
	}
	for i, d := range batchDefaults {
		if v := b.flags.defaults[i]; v != "" {
			if z.Defaults == nil {
				z.Defaults = zoo.Settings{}
			}
			z.Defaults[d.name] = []string{v}
		}
	}
	if len(b.flags.schemes) > 0 {
		z.Schemes = nil
		for _, s := range b.flags.schemes {
			z.Schemes = append(z.Schemes, zoo.Scheme{Name: s, Scheme: s})
		}
	}
	items, err := z.Plan(base, func(pattern string) ([]string, error) { return b.find(ctx, pattern) })
	if err != nil {
		return inZoo(source, err)
	}
	var errs []error
	for _, item := range items {
		if !b.wanted(item.Name) {
			continue
		}
		w := &work{Item: item}
		if w.flags, w.opt, err = b.options(item); err != nil {
			errs = append(errs, atItem(item, err))
		}
		b.work = append(b.work, w)
	}
	const most = 5 // of mistakes, which may be one that all models share
	if n := len(errs); n > most {
		errs = append(errs[:most], fmt.Errorf("and %d more", n-most))
	}
	if err := errors.Join(errs...); err != nil {
		return inZoo(source, err)
	}
	for _, pattern := range b.flags.only {
		if !slices.ContainsFunc(items, func(i zoo.Item) bool { return named(pattern, i.Name) }) {
			return usagef("--only: no model's name matches %q: --dry-run lists them", pattern)
		}
	}
	b.observe()
	return nil
}

// read returns a zoo, and the folder that its paths are relative to.
func (b *batch) read(source string) (*zoo.Zoo, string, error) {
	if remote.Is(source) {
		return b.folder(source, source, "")
	}
	info, err := os.Stat(source)
	if err != nil {
		return nil, "", err
	}
	if info.IsDir() {
		return b.folder(source, ".", source)
	}
	file, err := os.Open(source)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, zoo.MaxBytes+1))
	if err != nil {
		return nil, "", err
	}
	z, err := zoo.Parse(content, convert.Schemes())
	if err != nil {
		return nil, "", inZoo(source, err)
	}
	return z, filepath.Dir(source), nil
}

// folder returns the zoo of all models in a folder, whose path is relative to another one, or below a prefix of a bucket.
func (b *batch) folder(source, path, base string) (*zoo.Zoo, string, error) {
	if len(b.flags.schemes) == 0 {
		return nil, "", usagef("%s is a folder: say what to make of its models with --quantize, or write a zoo.yaml ('octet batch init')", source)
	}
	return &zoo.Zoo{Models: []zoo.Model{{Path: path}}}, base, nil
}

// find finds models, but not among results, which may lie in the folder of the models.
func (b *batch) find(ctx context.Context, pattern string) ([]string, error) {
	if remote.Is(pattern) {
		return b.findObjects(ctx, pattern)
	}
	all, err := zoo.Find(pattern)
	out, absErr := filepath.Abs(b.flags.output)
	if err != nil || absErr != nil || len(all) == 1 && all[0] == pattern {
		return all, err
	}
	return slices.DeleteFunc(all, func(p string) bool {
		p, err := filepath.Abs(p)
		if err != nil {
			return false
		}
		rel, err := filepath.Rel(out, p)
		return err == nil && filepath.IsLocal(rel)
	}), nil
}

// inZoo says in which file something is wrong.
func inZoo(source string, err error) error {
	return &convert.Error{Kind: convert.BadInput, Source: source, Err: err}
}

// atItem says of which item something is wrong.
func atItem(item zoo.Item, err error) error {
	where := item.Name + " as " + item.Scheme
	if item.Line > 0 {
		where = fmt.Sprintf("line %d: %s", item.Line, where)
	}
	return fmt.Errorf("%s: %w", where, err)
}

// wanted reports whether a model's name is among those that --only names.
func (b *batch) wanted(name string) bool {
	return len(b.flags.only) == 0 || slices.ContainsFunc(b.flags.only, func(pattern string) bool { return named(pattern, name) })
}

// named reports whether a pattern is for a model's name, or for a folder that it begins with.
func named(pattern, name string) bool {
	for ; name != "."; name = path.Dir(name) {
		if ok, err := path.Match(pattern, name); err == nil && ok || pattern == name {
			return true
		}
	}
	return false
}

// options returns what `octet convert` would have with an item's settings as flags.
func (b *batch) options(item zoo.Item) (*convertFlags, convert.Options, error) {
	f := &convertFlags{}
	root, cmd := &cobra.Command{Use: "octet"}, &cobra.Command{Use: "convert"}
	root.AddCommand(cmd)
	f.add(cmd)
	out := filepath.Join(b.flags.output, filepath.FromSlash(item.Name), item.Scheme)
	settings := map[string][]string{"output": {out + ".tflite"}}
	maps.Copy(settings, item.Settings)
	scheme := convert.Scheme(item.Settings.Get("quantize"))
	if recipe := item.Settings.Get("recipe"); recipe != "" {
		var o convert.Options
		if _, err := setRecipe(&o, recipe); err != nil {
			return nil, o, err
		}
		scheme = o.Scheme
	}
	holdout := cmp.Or(item.Settings.Get("holdout"), convert.DefaultHoldout.String())
	delete(settings, "holdout")
	if item.Data != "" && scheme != convert.None && holdout != holdoutNone {
		settings["verify"], settings["holdout"] = []string{"true"}, []string{holdout}
	}
	if item.Data != "" && (settings["verify"] != nil || scheme.Calibrated()) {
		settings["data"] = []string{item.Data}
	}
	for _, form := range b.flags.reports {
		if scheme != convert.None {
			settings["report"] = append(settings["report"], out+"."+form)
		}
	}
	for key, values := range settings {
		for _, v := range values {
			if err := cmd.Flags().Set(key, v); err != nil {
				return nil, convert.Options{}, fmt.Errorf("%s: %q is no value for it", key, v)
			}
		}
	}
	f.workers, f.cache, f.noCache, f.priority = b.flags.workers, b.flags.cache, b.flags.noCache, b.flags.priority
	f.source.signature, f.source.objects.endpoint = f.signature, b.flags.objects.endpoint
	f.report.command = commandLine(cmd, []string{item.Path})
	opt, err := f.options(func(flag string) bool { return item.Own[flag] })
	return f, opt, err
}

// modelKey names what conversions share that begin with one reading of a model and its data.
func (w *work) modelKey() string {
	key := []any{w.Path, w.Data}
	for _, k := range []string{"signature", "tags", "inputs", "outputs", "input-shapes", "set", "batch", "on-bad-sample"} {
		key = append(key, w.Settings[k])
	}
	text, _ := json.Marshal(key) // of texts, which does not fail
	return string(text)
}

// groups returns the items that are to be converted, those of one model together, in the order of the first of each.
func (b *batch) groups() (all [][]*work) {
	at := map[string]int{}
	for _, w := range b.work {
		if w.why == "" || w.first != nil {
			continue
		}
		i, ok := at[w.modelKey()]
		if !ok {
			i = len(all)
			at[w.modelKey()] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], w)
	}
	return all
}

// observe has all calibrations of a model observe what any of them needs, so that one serves them all.
func (b *batch) observe() {
	need := map[string]calib.Spec{}
	for _, w := range b.work {
		if w.flags.calibrates(w.opt.Scheme) {
			need[w.modelKey()] = need[w.modelKey()].Union(w.opt.Observed())
		}
	}
	for _, w := range b.work {
		if w.flags.calibrates(w.opt.Scheme) {
			w.opt.Observe = need[w.modelKey()]
		}
	}
}
