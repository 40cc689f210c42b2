// Command release builds what a release of octet consists of: programs, archives, bills of materials, an OCI image, and the checksums of all. It builds a commit, not a
// working tree, and what it writes depends on that commit and on Go's version alone: who builds the same commit anywhere gets the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var r release
	targets := flag.String("targets", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64", "systems and processors to build for, `OS/ARCH,...`")
	flag.StringVar(&r.source, "source", "../..", "`folder` of the repository")
	flag.StringVar(&r.out, "out", "../../dist", "`folder` to write to; what is in it is removed")
	flag.BoolVar(&r.dirty, "dirty", false, "build although there are uncommitted changes; for trying things out")
	flag.BoolVar(&r.imageOnly, "image", false, "make only the image, of the targets for Linux")
	flag.Parse()
	var err error
	if r.targets, err = parseTargets(*targets); err == nil {
		err = r.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// target is what a program runs on, in Go's words.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "-" + t.arch }

func parseTargets(list string) ([]target, error) {
	var all []target
	for s := range strings.SplitSeq(list, ",") {
		system, arch, ok := strings.Cut(s, "/")
		if !ok || system == "" || arch == "" {
			return nil, fmt.Errorf("target %q: want OS/ARCH, such as linux/arm64", s)
		}
		all = append(all, target{system, arch})
	}
	return all, nil
}
