// Command kube looks after deployments/: it builds every overlay for Kubernetes as kustomize does, decodes what comes out strictly, and checks what no schema says: that names refer to something, that
// selectors select, that octet knows the flags it is given. With -apiserver it applies all of it to a real API server, too.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root := flag.String("root", "../..", "`folder` of the repository")
	octet := flag.String("octet", "../../bin/octet", "the `program`, which is asked for its flags")
	var s smoke
	flag.StringVar(&s.apiserver, "apiserver", "", "apply the manifests to this kube-apiserver `program`")
	flag.StringVar(&s.etcd, "etcd", "", "the etcd `program` that it runs with")
	flag.Parse()
	if err := run(ctx, *root, newProgram(*octet), s); err != nil {
		fmt.Fprintln(os.Stderr, "kube:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, program *program, s smoke) error {
	schemas, err := openSchemas(ctx)
	if err != nil {
		return err
	}
	n := 0
	report := func(where string, problems []string) {
		for _, p := range problems {
			fmt.Fprintf(os.Stderr, "%s: %s\n", where, p)
		}
		n += len(problems)
	}
	var built []*bundle
	for _, v := range variants {
		b, err := v.build(root, schemas)
		if err != nil {
			return fmt.Errorf("%s: %w", v, err)
		}
		problems := check(b, program)
		report(v.String(), problems)
		fmt.Printf("%-40s %3d objects\n", v, len(b.own))
		built = append(built, b)
	}
	problems, err := checkCompose(ctx, root, program)
	if err != nil {
		return err
	}
	report("compose", problems)
	if problems, err = checkUnits(root, program); err != nil {
		return err
	}
	report("systemd", problems)
	if n > 0 {
		return fmt.Errorf("%d problems", n)
	}
	if s.apiserver != "" {
		return s.run(ctx, schemas, built)
	}
	return nil
}
