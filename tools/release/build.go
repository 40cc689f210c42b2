package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// settings of the compiler are part of what is built, so none is taken from the environment. The processors are the oldest that Go knows: octet chooses among its kernels when it runs.
var settings = []string{
	"CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off", "GODEBUG=", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local",
}

// program is an octet that was built.
type program struct {
	target
	path string
	info *debug.BuildInfo
}

// command runs Go in a folder, with settings for a target.
func goCommand(ctx context.Context, dir string, t target, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), settings...)
	if t != (target{}) {
		cmd.Env = append(cmd.Env, "GOOS="+t.os, "GOARCH="+t.arch)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out, nil
}

// build compiles octet.
func build(ctx context.Context, source string, t target, path string) (program, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return program{}, err
	}
	if _, err := goCommand(ctx, source, t, "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", path, "./cmd/octet"); err != nil {
		return program{}, fmt.Errorf("%v: %w", t, err)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return program{}, fmt.Errorf("%v: %w", t, err)
	}
	return program{t, path, info}, nil
}

// setting returns what a build recorded under a key; "" for nothing.
func (p program) setting(key string) string {
	i := slices.IndexFunc(p.info.Settings, func(s debug.BuildSetting) bool { return s.Key == key })
	if i < 0 {
		return ""
	}
	return p.info.Settings[i].Value
}

// stamp is what programs, archives and images say about where they come from.
type stamp struct {
	version  string
	revision string
	time     time.Time // of the commit, in UTC
}

// stampOf reads it from a program. One of a working tree with changes has no commit that says what is in it.
func stampOf(p program, dirty bool) (stamp, error) {
	s := stamp{version: p.info.Main.Version, revision: p.setting("vcs.revision")}
	if s.revision == "" || s.version == "" || s.version == "(devel)" {
		return s, errors.New("no commit is recorded: a release is built from a clone of the repository, with git installed")
	}
	if p.setting("vcs.modified") == "true" && !dirty {
		return s, errors.New("there are uncommitted changes: commit or stash them, or say -dirty to try things out")
	}
	var err error
	s.time, err = time.Parse(time.RFC3339, p.setting("vcs.time"))
	s.time = s.time.UTC()
	return s, err
}
