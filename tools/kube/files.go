package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

// checkCompose loads the compose file as docker compose does, and checks what octet is started with.
func checkCompose(ctx context.Context, root string, p *program) ([]string, error) {
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "deployments", "compose", "compose.yaml")})
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, s := range project.Services {
		if !strings.HasPrefix(s.Image, "octet") {
			continue
		}
		environment := map[string]string{}
		for name, value := range s.Environment {
			if value != nil {
				environment[name] = *value
			}
		}
		_, wrong := p.settings(s.Command, environment)
		if !s.ReadOnly {
			wrong = append(wrong, "its root file system is not read-only")
		}
		for _, w := range wrong {
			problems = append(problems, s.Name+": "+w)
		}
	}
	return problems, nil
}

// checkUnits checks what octet is started with by systemd.
func checkUnits(root string, p *program) ([]string, error) {
	units, err := filepath.Glob(filepath.Join(root, "deployments", "systemd", "*.service"))
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, path := range units {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		environment := map[string]string{}
		var args []string
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			key, value, _ := strings.Cut(lines.Text(), "=")
			switch key {
			case "Environment":
				for assignment := range strings.FieldsSeq(value) {
					name, value, _ := strings.Cut(assignment, "=")
					environment[name] = value
				}
			case "ExecStart":
				args = strings.Fields(value)[1:]
			}
		}
		_, wrong := p.settings(args, environment)
		for _, w := range wrong {
			problems = append(problems, filepath.Base(path)+": "+w)
		}
	}
	if len(units) == 0 {
		problems = append(problems, "there is none")
	}
	return problems, nil
}
