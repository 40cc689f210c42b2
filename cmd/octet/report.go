package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/remote"
	"github.com/octetlite/octet/pkg/report"
	"github.com/octetlite/octet/pkg/shard"
)

// reportFlags are the files that a report goes to.
type reportFlags struct {
	paths   []string
	command []string // the command line, as a shell would take it
}

func (r *reportFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&r.paths, "report", nil, "write a report: a page for browsers (.html) or its content (.json); may be repeated")
}

// check finds out whether the names of the files tell what goes into them.
func (r *reportFlags) check() error {
	for _, path := range r.paths {
		if reportForm(path) == nil {
			return usagef("--report: %s is neither .html nor .json", path)
		}
	}
	return nil
}

// reportForm returns what writes a file of this name; nil if the name does not tell.
func reportForm(path string) func(*report.Document, io.Writer) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm":
		return (*report.Document).WriteHTML
	case ".json":
		return (*report.Document).WriteJSON
	}
	return nil
}

// write writes a report on a quantized model, given as a flatbuffer, to each of the files. It completes the facts by what follows from the models.
func (r *reportFlags) write(facts report.Facts, float *convert.Float, quantized []byte, signature string) error {
	if len(r.paths) == 0 {
		return nil
	}
	pairings, err := shard.Pair(float.Bytes(), [][]byte{quantized}, signature)
	if err != nil {
		return &convert.Error{Kind: convert.BadInput, Source: facts.Result.Name, Err: fmt.Errorf("no report can be written: %w", err)}
	}
	sum := sha256.Sum256(quantized)
	facts.Pairing = pairings[0]
	facts.Result.Bytes, facts.Result.SHA256 = int64(len(quantized)), hex.EncodeToString(sum[:])
	p := &facts.Provenance
	p.Program, p.Numerics, p.Command, p.Float = version(), numerics.Version, r.command, float.Digest()
	if s := facts.Stats; s != nil {
		p.Dataset, p.Samples, p.Skipped = s.Dataset, s.Samples, len(s.Skipped)
	}
	if v := facts.Verification; v != nil && p.Dataset == "" {
		p.Dataset = v.Dataset
	}
	d := report.New(facts)
	for _, path := range r.paths {
		form := reportForm(path)
		if err := createFile(path, func(w io.Writer) error { return form(d, w) }); err != nil {
			return err
		}
	}
	return nil
}

// source describes a source, if there is a report.
func (r *reportFlags) source(path string, source convert.Source, size int64) (f report.File, err error) {
	if len(r.paths) > 0 {
		f, err = reportSource(path, source, size)
	}
	return f, err
}

// reportSource describes a source for a report; one that is no single file has no digest, nor has one that lies elsewhere and is not in memory.
func reportSource(path string, source convert.Source, size int64) (report.File, error) {
	f := report.File{Name: filepath.Base(path), Bytes: size}
	if remote.Is(path) {
		if source.Data != nil {
			sum := sha256.Sum256(source.Data)
			f.SHA256 = hex.EncodeToString(sum[:])
		}
		return f, nil
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return f, err
	}
	file, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return f, err
	}
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	return f, nil
}

// reportConversion writes the report on what a conversion made of a source.
func (f *convertFlags) reportConversion(described report.File, source convert.Source, opt convert.Options, out *outcome) error {
	if len(f.report.paths) == 0 {
		return nil
	}
	var err error
	facts := report.Facts{Source: described, Quantization: out.summary.Report, Verification: out.summary.Verification, Notes: out.summary.Notes}
	facts.Result.Name = filepath.Base(f.output)
	facts.Provenance = report.Provenance{Scheme: string(opt.Scheme), Calibrator: out.summary.Calibrator, Compat: f.compat, IO: out.summary.IO, Recipe: string(f.recipeText)}
	if out.stats != nil {
		if facts.Stats, err = calib.Decode(out.stats); err != nil {
			return err
		}
	}
	float := out.float
	if float == nil { // the cluster had it
		if float, err = load(source, opt); err != nil {
			return err
		}
	}
	return f.report.write(facts, float, out.bytes(), opt.Signature)
}

// commandLine returns a command with its arguments and the flags that were given, in the order of the alphabet.
func commandLine(cmd *cobra.Command, args []string) []string {
	line := append(strings.Fields(cmd.CommandPath()), args...)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		list, many := f.Value.(pflag.SliceValue)
		switch {
		case many:
			for _, v := range list.GetSlice() {
				line = append(line, "--"+f.Name, v)
			}
		case f.Value.Type() == "bool":
			line = append(line, "--"+f.Name+"="+f.Value.String())
		default:
			line = append(line, "--"+f.Name, f.Value.String())
		}
	})
	return line
}
