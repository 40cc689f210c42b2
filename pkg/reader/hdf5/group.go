package hdf5

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxSoftLinks is how many soft links one Lookup follows.
const maxSoftLinks = 32

// Group is a group: names and what they are links to.
type Group struct {
	object
	links map[string]link
}

// link is an entry of a group.
type link struct {
	addr  uint64 // of a hard link's object
	soft  string // a soft link's path
	other string // another type of link, which can't be followed
}

// Names returns the names of the group's links, sorted.
func (g *Group) Names() []string { return slices.Sorted(maps.Keys(g.links)) }

// Lookup opens the object at a path: "a/b" from this group, "/a/b" from the root. Soft links are followed. What doesn't exist is an
// error that wraps ErrNotFound.
func (g *Group) Lookup(path string) (Node, error) {
	left := maxSoftLinks
	return g.lookup(path, &left)
}

// Group opens a group as Lookup does. Anything else there is an error.
func (g *Group) Group(path string) (*Group, error) {
	node, err := g.Lookup(path)
	if err != nil {
		return nil, err
	}
	sub, ok := node.(*Group)
	if !ok {
		return nil, fmt.Errorf("%s: want a group, it is a dataset", node.Path())
	}
	return sub, nil
}

// Dataset opens a dataset as Lookup does. Anything else there is an error.
func (g *Group) Dataset(path string) (*Dataset, error) {
	node, err := g.Lookup(path)
	if err != nil {
		return nil, err
	}
	d, ok := node.(*Dataset)
	if !ok {
		return nil, fmt.Errorf("%s: want a dataset, it is a group", node.Path())
	}
	return d, nil
}

func (g *Group) lookup(path string, softLinks *int) (Node, error) {
	var node Node = g
	if strings.HasPrefix(path, "/") {
		node = g.file.root
	}
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." {
			continue
		}
		in, ok := node.(*Group)
		if !ok {
			return nil, fmt.Errorf("%s: %w: it is a dataset and has no member %q", node.Path(), ErrNotFound, name)
		}
		to, ok := in.links[name]
		at := join(in.path, name)
		var err error
		switch {
		case !ok:
			return nil, fmt.Errorf("%s: %w", at, ErrNotFound)
		case to.other != "":
			return nil, fmt.Errorf("%s: %w: %s", at, ErrNotSupported, to.other)
		case to.soft != "":
			if *softLinks--; *softLinks < 0 {
				return nil, fmt.Errorf("%s: more than %d soft links, or a circle of them", at, maxSoftLinks)
			}
			if node, err = in.lookup(to.soft, softLinks); err != nil {
				return nil, fmt.Errorf("%s: soft link: %w", at, err)
			}
		default:
			if node, err = g.file.open(to.addr, at); err != nil {
				return nil, err
			}
		}
	}
	return node, nil
}

// group reads a group's links, however they are stored.
func (s *scan) group(o object) (*Group, error) {
	g := &Group{object: o, links: map[string]link{}}
	add := func(name string, to link) error {
		if _, ok := g.links[name]; ok {
			return fmt.Errorf("link %q: there are two of this name", name)
		}
		g.links[name] = to
		return nil
	}
	for _, m := range o.messages {
		var err error
		switch m.kind {
		case kindSymbolTable:
			err = s.symbolTable(m, add)
		case kindLink:
			err = s.link(m, add)
		case kindLinkInfo:
			err = s.denseLinks(m, add)
		default: // says other things about the group
		}
		if err != nil {
			return nil, err
		}
	}
	return g, nil
}
