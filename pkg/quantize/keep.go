package quantize

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// keep marks the operations that a pattern of KeepFloat names, by their operator or by a result.
func (g *graph) keep(patterns []pattern) {
	for o := g.first; o != nil; o = o.next {
		if o.is(constant, result, "QUANTIZE", "DEQUANTIZE") {
			continue
		}
		names := []string{operatorName(o)}
		for _, v := range o.outputs {
			names = append(names, v.name)
		}
		for i := range patterns {
			if slices.ContainsFunc(names, patterns[i].MatchString) {
				patterns[i].used = true
				if o.kept == "" || o.ownWeights() {
					o.kept = fmt.Sprintf("%q is to stay float", patterns[i].text)
					o.own, o.parts = &Choice{Float: true, By: o.kept}, false
				}
			}
		}
	}
}

// pattern is a name in which * stands for any characters and ? for one.
type pattern struct {
	*regexp.Regexp
	text string
	used bool
}

func parsePatterns(texts []string) []pattern {
	var list []pattern
	for _, text := range texts {
		list = append(list, pattern{Regexp: Glob(text), text: text})
	}
	return list
}

// Glob compiles a name in which * stands for any characters and ? for one.
func Glob(name string) *regexp.Regexp {
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(name))
	return regexp.MustCompile(`^(?s:` + quoted + `)$`)
}

// CheckKept returns an error if a pattern of KeepFloat names no operator of a model, which Run reports, too.
func CheckKept(m *ir.Model, texts []string) error {
	patterns := parsePatterns(texts)
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			if n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" {
				continue
			}
			names := []string{n.Op}
			if a, ok := n.Attr.(*op.Custom); ok {
				names[0] = a.Code
			}
			for _, v := range n.Outputs {
				if v != nil {
					names = append(names, v.Name)
				}
			}
			for i := range patterns {
				patterns[i].used = patterns[i].used || slices.ContainsFunc(names, patterns[i].MatchString)
			}
		}
	}
	return unused(patterns)
}

// unused returns an error that lists the patterns that named nothing.
func unused(patterns []pattern) error {
	var list []string
	for _, p := range patterns {
		if !p.used {
			list = append(list, fmt.Sprintf("%q", p.text))
		}
	}
	if len(list) > 0 {
		return fmt.Errorf("no operator, by its kind or by the name of a result, is called %s", strings.Join(list, ", "))
	}
	return nil
}
