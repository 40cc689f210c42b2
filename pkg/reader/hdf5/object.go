package hdf5

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is what groups and datasets have in common.
type object struct {
	file       *File
	path       string
	messages   []message
	attributes map[string]message
}

// open reads the object whose header is at an address.
func (f *File) open(addr uint64, path string) (Node, error) {
	if g := f.groups.get(addr, path); g != nil {
		return g, nil
	}
	node, err := f.scan().node(addr, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if g, ok := node.(*Group); ok {
		f.groups.put(addr, g)
	}
	return node, nil
}

func (s *scan) node(addr uint64, path string) (Node, error) {
	o := object{file: s.File, path: path}
	var err error
	if o.messages, err = s.header(addr); err != nil {
		return nil, err
	}
	if o.attributes, err = s.attributes(o.messages); err != nil {
		return nil, err
	}
	switch {
	case o.has(kindLayout):
		return s.dataset(o)
	case o.has(kindSymbolTable), o.has(kindLinkInfo), o.has(kindLink), o.has(kindGroupInfo):
		return s.group(o)
	case o.has(kindDatatype):
		return nil, fmt.Errorf("%w: a named datatype as an object", ErrNotSupported)
	}
	return nil, fmt.Errorf("object header at address %d: it is neither a group's nor a dataset's", addr)
}

func (o *object) has(k kind) bool {
	return slices.ContainsFunc(o.messages, func(m message) bool { return m.kind == k })
}

// message returns the object's message of a kind of which it has at most one.
func (o *object) message(k kind) (message, bool) {
	i := slices.IndexFunc(o.messages, func(m message) bool { return m.kind == k })
	if i < 0 {
		return message{}, false
	}
	return o.messages[i], true
}

func (o *object) Path() string { return o.path }

func (o *object) AttrNames() []string { return slices.Sorted(maps.Keys(o.attributes)) }

func (o *object) Attr(name string) (*Attr, error) {
	m, ok := o.attributes[name]
	if !ok {
		return nil, fmt.Errorf("%s: attribute %q: %w", o.path, name, ErrNotFound)
	}
	a, err := o.file.scan().attr(m)
	if err != nil {
		return nil, fmt.Errorf("%s: attribute %q: %w", o.path, name, err)
	}
	a.path = o.path
	return a, nil
}

// join appends a link's name to an object's path.
func join(path, name string) string { return strings.TrimSuffix(path, "/") + "/" + name }
