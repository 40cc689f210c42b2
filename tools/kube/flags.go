package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// program is octet, which knows its flags itself.
type program struct {
	path  string
	known map[string]map[string]bool // by command
}

func newProgram(path string) *program {
	return &program{path: path, known: map[string]map[string]bool{}}
}

var flagInHelp = regexp.MustCompile(`(?m)^\s+(?:-\w, )?--([a-z0-9-]+)`)

// flags returns those of a command; nil if there is no such command.
func (p *program) flags(command string) map[string]bool {
	known, ok := p.known[command]
	if !ok {
		if out, err := exec.Command(p.path, command, "--help").Output(); err == nil && strings.Contains(string(out), "\n  octet "+command+" ") { // else it is the help of octet itself
			known = map[string]bool{}
			for _, m := range flagInHelp.FindAllStringSubmatch(string(out), -1) {
				known[m[1]] = true
			}
		}
		p.known[command] = known
	}
	return known
}

// setting is a flag and its value, from the command line or the environment.
type setting struct{ flag, value string }

// settings returns what a command is started with, and what is wrong with it.
func (p *program) settings(args []string, environment map[string]string) (all []setting, problems []string) {
	if len(args) == 0 {
		return nil, []string{"octet has no command"}
	}
	known := p.flags(args[0])
	if known == nil {
		return nil, []string{fmt.Sprintf("octet has no command %q", args[0])}
	}
	for i := 1; i < len(args); i++ {
		name, value, ok := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") {
			continue
		}
		if !ok && i+1 < len(args) {
			value = args[i+1]
		}
		if !known[name] {
			problems = append(problems, fmt.Sprintf("octet %s has no flag --%s", args[0], name))
		}
		all = append(all, setting{name, value})
	}
	for variable, value := range environment {
		name, ok := strings.CutPrefix(variable, "OCTET_")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		if !known[name] {
			problems = append(problems, fmt.Sprintf("octet %s has no flag --%s, which %s sets", args[0], name, variable))
		}
		all = append(all, setting{name, value})
	}
	return all, problems
}
