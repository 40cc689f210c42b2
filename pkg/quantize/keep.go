package quantize

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
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
				if o.keptBy == "" {
					o.keptBy = patterns[i].text
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
		quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(text))
		list = append(list, pattern{Regexp: regexp.MustCompile(`^(?s:` + quoted + `)$`), text: text})
	}
	return list
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

// whyKept says why an operation stays float that a pattern names; "" of others.
func (o *operation) whyKept() string {
	if o.keptBy == "" {
		return ""
	}
	return fmt.Sprintf("%q is to stay float", o.keptBy)
}
