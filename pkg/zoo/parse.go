package zoo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxBytes bounds a zoo file.
const MaxBytes = 16 << 20

// Parse reads a zoo file, which is YAML. Its error lists all that is wrong, each with its line and, where that is likely, what was meant. schemes are the names of
// schemes that need no definition.
func Parse(content []byte, schemes []string) (*Zoo, error) {
	switch {
	case len(content) > MaxBytes:
		return nil, fmt.Errorf("the zoo has %d bytes, the limit is %d", len(content), MaxBytes)
	case !utf8.Valid(content):
		return nil, errors.New("the zoo is not UTF-8")
	}
	d := yaml.NewDecoder(bytes.NewReader(content))
	var root, more yaml.Node
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the zoo is empty")
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("the zoo holds more than one document")
	}
	p := &parser{schemes: schemes, zoo: &Zoo{Datasets: map[string]Settings{}}}
	p.root(root.Content[0])
	return p.zoo, errors.Join(p.errs...)
}

// parser collects a zoo, and what is wrong in it.
type parser struct {
	zoo     *Zoo
	schemes []string // built in
	errs    []error
}

func (p *parser) errorf(n *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("line %d: %w", n.Line, fmt.Errorf(format, args...)))
}

// mapping calls a function for each key of a mapping, with underscores as hyphens; keys that it does not know (false) are errors that list known.
func (p *parser) mapping(n *yaml.Node, known []string, each func(key string, value *yaml.Node) bool) {
	if n.Kind != yaml.MappingNode {
		p.errorf(n, "want a mapping of %s", strings.Join(known, ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		key := strings.ReplaceAll(k.Value, "_", "-")
		switch {
		case k.Kind != yaml.ScalarNode:
			p.errorf(k, "want a key that is text")
		case seen[key]:
			p.errorf(k, "%s is there twice", key)
		case !each(key, n.Content[i+1]):
			p.errorf(k, "unknown key %q%s", k.Value, suggest(key, known))
		}
		seen[key] = true
	}
}

// suggest says what may have been meant.
func suggest(word string, known []string) string {
	if best := nearest(word, known); best != "" {
		return fmt.Sprintf(": do you mean %s?", best)
	}
	return ": want one of " + strings.Join(known, ", ")
}

func (p *parser) root(n *yaml.Node) {
	known := []string{"version", "defaults", "datasets", "schemes", "models"}
	nodes := map[string]*yaml.Node{}
	p.mapping(n, known, func(key string, value *yaml.Node) bool {
		nodes[key] = value
		return contains(known, key)
	})
	if v := nodes["version"]; v == nil {
		p.errorf(n, "version is missing: version: %d", Version)
	} else if v.Value != strconv.Itoa(Version) {
		p.errorf(v, "version %q is not one that this program knows: %d", v.Value, Version)
	}
	// Definitions come before what refers to them, in whatever order the file has them.
	if v := nodes["datasets"]; v != nil {
		p.datasets(v)
	}
	if v := nodes["schemes"]; v != nil {
		p.zoo.Schemes = p.list(v, "schemes", p.schemes)
	}
	if v := nodes["defaults"]; v != nil {
		p.defaults(v)
	}
	switch v := nodes["models"]; {
	case v == nil:
		p.errorf(n, "models is missing")
	case v.Kind != yaml.SequenceNode || len(v.Content) == 0:
		p.errorf(v, "models: want a list of paths, or of mappings with path")
	default:
		for _, m := range v.Content {
			p.model(m)
		}
	}
}

func (p *parser) datasets(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.errorf(n, "datasets: want a mapping of names to what --data takes")
		return
	}
	for i := 0; i < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		s := Settings{}
		if v.Kind == yaml.ScalarNode {
			p.set(s, "data", v, LevelData)
		} else {
			p.mapping(v, Keys(LevelData), func(key string, value *yaml.Node) bool { return p.set(s, key, value, LevelData) })
		}
		switch _, twice := p.zoo.Datasets[k.Value]; {
		case twice:
			p.errorf(k, "dataset %q is there twice", k.Value)
		case s.Get("data") == "":
			p.errorf(v, "dataset %q: data is missing", k.Value)
		}
		p.zoo.Datasets[k.Value] = s
	}
}

// defaults reads what models have that say nothing else. Its list of schemes replaces that of all definitions.
func (p *parser) defaults(n *yaml.Node) {
	p.zoo.Defaults = Settings{}
	var own []Scheme
	p.mapping(n, append(Keys(LevelDefaults), "schemes"), func(key string, value *yaml.Node) bool {
		if key == "schemes" {
			own = p.list(value, "schemes", p.known())
			return true
		}
		return p.set(p.zoo.Defaults, key, value, LevelDefaults)
	})
	if own != nil {
		p.zoo.Schemes = own
	}
}

// known returns the names of schemes that are defined.
func (p *parser) known() []string {
	all := append([]string{}, p.schemes...)
	for _, s := range p.zoo.Schemes {
		all = append(all, s.Name)
	}
	return all
}

func (p *parser) model(n *yaml.Node) {
	m := Model{Line: n.Line, Settings: Settings{}}
	if n.Kind == yaml.ScalarNode {
		m.Path = n.Value
	} else {
		known := append([]string{"path", "name", "priority", "schemes"}, Keys(LevelModel)...)
		p.mapping(n, known, func(key string, value *yaml.Node) bool {
			switch key {
			case "path":
				m.Path = p.text(key, value)
			case "name":
				m.Name = p.text(key, value)
			case "priority":
				if value.Decode(&m.Priority) != nil {
					p.errorf(value, "priority: want a whole number")
				}
			case "schemes":
				m.Schemes = p.list(value, key, p.known())
			default:
				return p.set(m.Settings, key, value, LevelModel)
			}
			return true
		})
	}
	if m.Path == "" {
		p.errorf(n, "path is missing")
	}
	p.zoo.Models = append(p.zoo.Models, m)
}

// schemeName is the form of the name of a scheme, which becomes a file's.
var schemeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// list reads a list of schemes: names, of which known are defined, and definitions.
func (p *parser) list(n *yaml.Node, what string, known []string) (all []Scheme) {
	entries := n.Content
	switch {
	case n.Kind == yaml.ScalarNode:
		entries = []*yaml.Node{n}
	case n.Kind != yaml.SequenceNode || len(n.Content) == 0:
		p.errorf(n, "%s: want a list of schemes", what)
		return nil
	}
	seen := map[string]bool{}
	for _, e := range entries {
		s, ok := p.scheme(e, known)
		if ok && seen[s.Name] {
			p.errorf(e, "two schemes are named %q: give one of them another name", s.Name)
		}
		seen[s.Name] = true
		all = append(all, s)
	}
	return all
}

// scheme reads an entry of a list; false if it is wrong.
func (p *parser) scheme(n *yaml.Node, known []string) (Scheme, bool) {
	if n.Kind == yaml.ScalarNode {
		return p.named(n, known)
	}
	s := Scheme{Line: n.Line, Settings: Settings{}}
	wrong := len(p.errs)
	p.mapping(n, append([]string{"name", "scheme"}, Keys(LevelScheme)...), func(key string, value *yaml.Node) bool {
		switch key {
		case "name":
			s.Name = p.text(key, value)
		case "scheme":
			s.Scheme = p.text(key, value)
			if !contains(p.schemes, s.Scheme) {
				p.errorf(value, "scheme %q is none of %s", s.Scheme, strings.Join(p.schemes, ", "))
			}
		default:
			return p.set(s.Settings, key, value, LevelScheme)
		}
		return true
	})
	recipe := s.Settings.Get("recipe")
	switch {
	case s.Scheme == "" && recipe == "":
		p.errorf(n, "scheme is missing: one of %s, or a recipe", strings.Join(p.schemes, ", "))
	case s.Scheme != "" && recipe != "":
		p.errorf(n, "a recipe says what scheme would: give one of them")
	}
	if s.Name == "" {
		s.Name = s.Scheme
		if recipe != "" {
			s.Name = stem(recipe)
		}
	}
	if len(p.errs) == wrong && !schemeName.MatchString(s.Name) {
		p.errorf(n, "name %q can't be that of a file: want letters, digits, and . _ - between them", s.Name)
	}
	return s, len(p.errs) == wrong
}

// named returns the scheme that a name stands for.
func (p *parser) named(n *yaml.Node, known []string) (Scheme, bool) {
	for _, s := range p.zoo.Schemes {
		if s.Name == n.Value {
			return s, true
		}
	}
	if !contains(p.schemes, n.Value) {
		p.errorf(n, "scheme %q is not defined%s", n.Value, suggest(n.Value, known))
		return Scheme{}, false
	}
	return Scheme{Line: n.Line, Name: n.Value, Scheme: n.Value, Settings: Settings{}}, true
}
