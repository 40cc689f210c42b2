package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// release is what to build, and where.
type release struct {
	source, out string
	targets     []target
	dirty       bool
	imageOnly   bool

	files []entry // what has been written, for the checksums
}

// tag is the version as registries of images take it.
func (s stamp) tag() string { return strings.ReplaceAll(s.version, "+", "_") }

func (r *release) run(ctx context.Context) error {
	work, err := os.MkdirTemp("", "octet-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var programs []program
	for _, t := range r.targets {
		if r.imageOnly && t.os != "linux" {
			continue
		}
		say("build", t.String())
		p, err := build(ctx, r.source, t, filepath.Join(work, t.String()))
		if err != nil {
			return err
		}
		programs = append(programs, p)
	}
	if len(programs) == 0 {
		return errors.New("none of the targets is for Linux, and an image wants one")
	}
	s, err := stampOf(programs[0], r.dirty)
	if err != nil {
		return err
	}
	if err := r.clear(); err != nil {
		return err
	}
	licenses, err := notices(ctx, r.source, programs)
	if err != nil {
		return err
	}
	if !r.imageOnly {
		common, err := r.common(ctx, work, s)
		if err != nil {
			return err
		}
		if err := r.archives(programs, s, append(common, entry{name: "THIRD_PARTY_LICENSES", mode: 0o644, data: licenses})); err != nil {
			return err
		}
	}
	if err := r.image(programs, s, licenses); err != nil {
		return err
	}
	return r.sums()
}

func say(what, name string) { fmt.Fprintf(os.Stderr, "%-8s %s\n", what, name) }

// clear makes the folder for output, without what an earlier release left there: it would be taken for part of this one.
func (r *release) clear() error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(r.out, "octet-*"))
	if err != nil {
		return err
	}
	for _, path := range append(old, filepath.Join(r.out, sumsFile)) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// write writes a file of the release.
func (r *release) write(name string, data []byte) error {
	say("write", name)
	r.files = append(r.files, entry{name: name, data: data})
	path := filepath.Join(r.out, name)
	if err := os.WriteFile(path+".part", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// common is what all archives hold beside the program: what to read, and what shells complete from.
func (r *release) common(ctx context.Context, work string, s stamp) ([]entry, error) {
	var all []entry
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		data, err := os.ReadFile(filepath.Join(r.source, name))
		if err != nil {
			return nil, err
		}
		all = append(all, entry{name: name, mode: 0o644, data: data})
	}
	here, err := build(ctx, r.source, target{runtime.GOOS, runtime.GOARCH}, filepath.Join(work, "here"))
	if err != nil {
		return nil, err
	}
	for shell, file := range map[string]string{"bash": "octet.bash", "zsh": "_octet", "fish": "octet.fish", "powershell": "octet.ps1"} {
		text, err := run(ctx, s, here, "completion", shell)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{name: "completions/" + file, mode: 0o644, data: text})
	}
	man := filepath.Join(work, "man")
	if _, err := run(ctx, s, here, "man", "--dir", man); err != nil {
		return nil, err
	}
	pages, err := os.ReadDir(man)
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		data, err := os.ReadFile(filepath.Join(man, p.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, entry{name: "man/man1/" + p.Name(), mode: 0o644, data: data})
	}
	return append(all, entry{name: "completions/", mode: 0o755}, entry{name: "man/", mode: 0o755}, entry{name: "man/man1/", mode: 0o755}), nil
}

// run runs the program. What it writes must not depend on who runs it: nothing is in its environment but the date of the commit, which pages carry.
func run(ctx context.Context, s stamp, p program, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = []string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", s.time.Unix()), "HOME=/"}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("octet %s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out, nil
}

// archives writes an archive and a bill of materials for each program.
func (r *release) archives(programs []program, s stamp, common []entry) error {
	for _, p := range programs {
		data, err := os.ReadFile(p.path)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("octet-%s-%v", s.version, p.target)
		executable, suffix, pack := "octet", ".tar.gz", tarGzip
		if p.os == "windows" {
			executable, suffix, pack = "octet.exe", ".zip", zipOf
		}
		all := []entry{{name: name + "/", mode: 0o755}, {name: name + "/" + executable, mode: 0o755, data: data}}
		for _, e := range common {
			e.name = name + "/" + e.name
			all = append(all, e)
		}
		archive, err := pack(all, s.time)
		if err != nil {
			return err
		}
		bill, err := sbom(p, s)
		if err != nil {
			return err
		}
		if err := errors.Join(r.write(name+suffix, archive), r.write(name+".cdx.json", bill)); err != nil {
			return err
		}
	}
	return nil
}

// image writes the image of the programs for Linux.
func (r *release) image(programs []program, s stamp, licenses []byte) error {
	authorities, err := certificates()
	if err != nil {
		return err
	}
	var all []contents
	for _, p := range programs {
		if p.os != "linux" {
			continue
		}
		data, err := os.ReadFile(p.path)
		if err != nil {
			return err
		}
		bill, err := sbom(p, s)
		if err != nil {
			return err
		}
		all = append(all, contents{p.arch, data, bill})
	}
	if len(all) == 0 {
		return nil
	}
	data, err := image(s, authorities, licenses, all)
	if err != nil {
		return err
	}
	return r.write(fmt.Sprintf("octet-%s-image.tar", s.version), data)
}

const sumsFile = "SHA256SUMS"

// sums writes the checksums, as sha256sum -c reads them.
func (r *release) sums() error {
	var b bytes.Buffer
	for _, f := range sorted(r.files) {
		fmt.Fprintf(&b, "%s  %s\n", digest(f.data), f.name)
	}
	return r.write(sumsFile, b.Bytes())
}
