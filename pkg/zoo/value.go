package zoo

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// set reads a setting; false if there is no such key on a level.
func (p *parser) set(s Settings, key string, n *yaml.Node, at Level) bool {
	r, ok := keys[key]
	if !ok || r.levels&at == 0 {
		return false
	}
	values, ok := r.kind.values(n)
	if !ok {
		p.errorf(n, "%s: want %s", key, want[r.kind])
	}
	s[key] = values
	return true
}

// text reads a text that is not empty.
func (p *parser) text(key string, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		p.errorf(n, "%s: want %s", key, want[text])
		return ""
	}
	return n.Value
}

// values reads a value as a flag's; false if it is of another kind.
func (k kind) values(n *yaml.Node) (all []string, ok bool) {
	if k == list && n.Kind == yaml.SequenceNode {
		for _, e := range n.Content {
			one, ok := text.values(e)
			if !ok {
				return nil, false
			}
			all = append(all, one...)
		}
		return all, len(all) > 0
	}
	if k == shapes {
		return shapesOf(n)
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		return nil, false
	}
	var b bool
	switch k {
	case truth:
		if n.Decode(&b) != nil {
			return nil, false
		}
		return []string{strconv.FormatBool(b)}, true
	case number:
		_, err := strconv.ParseFloat(n.Value, 64)
		return []string{n.Value}, err == nil
	default:
		return []string{n.Value}, true
	}
}

// shapesOf reads a mapping of names to shapes as NAME=1,2,3.
func shapesOf(n *yaml.Node) (all []string, ok bool) {
	if n.Kind != yaml.MappingNode {
		return nil, false
	}
	for i := 0; i < len(n.Content); i += 2 {
		dims := n.Content[i+1]
		words := []string{}
		for _, d := range dims.Content {
			words = append(words, d.Value)
		}
		if dims.Kind != yaml.SequenceNode || n.Content[i].Kind != yaml.ScalarNode {
			return nil, false
		}
		all = append(all, n.Content[i].Value+"="+strings.Join(words, ","))
	}
	return all, len(all) > 0
}

// stem returns the last element of a path without its extension.
func stem(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func contains(words []string, word string) bool { return slices.Contains(words, word) }

// nearest returns the word that a misspelt one is closest to; "" if none is close.
func nearest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := edits(word, k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// edits returns how many letters must be changed, added or left out to turn one word into another.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
