package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// document returns the one value of a YAML or JSON text.
func document(content []byte) (*yaml.Node, error) {
	if len(content) > MaxBytes {
		return nil, fmt.Errorf("a recipe has at most %d bytes, and this file has more", MaxBytes)
	}
	if !utf8.Valid(content) {
		return nil, errors.New("the recipe is not UTF-8")
	}
	if start := bytes.TrimSpace(content); len(start) > 0 && (start[0] == '[' || start[0] == '{') {
		content = bytes.ReplaceAll(content, []byte("\t"), []byte(" ")) // JSON, which has tabs only between its tokens; YAML has none there
	}
	d := yaml.NewDecoder(bytes.NewReader(content))
	var root, more yaml.Node
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the recipe is empty: give it a scheme, or rules")
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("the recipe holds more than one document")
	}
	return root.Content[0], nil
}

// field reads the value of a key.
type field struct {
	key  string
	read func(n *yaml.Node) error
}

// fields reads a mapping: each key once, and none but those listed.
func fields(n *yaml.Node, list ...field) error {
	if n.Kind != yaml.MappingNode {
		return errorf(n.Line, "want a mapping")
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		at := slices.IndexFunc(list, func(f field) bool { return key.Kind == yaml.ScalarNode && f.key == key.Value })
		switch {
		case at < 0:
			known := make([]string, len(list))
			for k, f := range list {
				known[k] = f.key
			}
			return errorf(key.Line, "unknown key %q: want one of %s", key.Value, strings.Join(known, ", "))
		case seen[key.Value]:
			return errorf(key.Line, "%s is there twice", key.Value)
		}
		seen[key.Value] = true
		if err := list[at].read(n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// value reads the value of a key into out, whose type it must have.
func value[T string | int | bool](key string, out *T) field {
	return field{key, func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Decode(out) != nil {
			return errorf(n.Line, "%s: want a %s", key, kinds[fmt.Sprintf("%T", *out)])
		}
		return nil
	}}
}

// kinds are the types of values in words.
var kinds = map[string]string{"string": "text", "int": "whole number", "bool": "true or false"}

// named reads a text that must be one of a table's keys.
func named[T any](key string, out *T, table map[string]T, want string) field {
	return field{key, func(n *yaml.Node) error {
		v, ok := table[n.Value]
		if n.Kind != yaml.ScalarNode || !ok {
			return errorf(n.Line, "%s: %q is none of %s", key, n.Value, want)
		}
		*out = v
		return nil
	}}
}
