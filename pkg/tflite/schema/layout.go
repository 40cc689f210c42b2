package schema

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"text/scanner"
)

//go:embed litert.fbs
var definition string

// A table is the layout of one table of the schema: its fields by slot. Retired slots and unused ones hold a field of kind retired.
type table struct {
	name   string
	fields []field
}

type kind uint8

const (
	retired kind = iota
	scalar
	text          // a string
	scalars       // a vector of scalars
	tables        // a vector of tables
	single        // a table
	union         // a table that the slot before names the type of
	discriminator // that slot
)

type field struct {
	name    string
	kind    kind
	size    int      // of one scalar in bytes
	ref     *table   // of single and tables
	members []*table // of union, by discriminator; member 0 is NONE
}

// layouts returns the tables of litert.fbs by name. The text is read once, on first use.
var layouts = sync.OnceValue(func() map[string]*table { return parseLayouts(definition) })

var scalarSizes = map[string]int{
	"bool": 1, "byte": 1, "ubyte": 1, "short": 2, "ushort": 2, "int": 4, "uint": 4, "float": 4, "long": 8, "ulong": 8, "double": 8,
}

// parseLayouts reads the part of the schema language that litert.fbs uses. It panics on anything else, since the text is ours.
func parseLayouts(src string) map[string]*table {
	type declared struct {
		name, typ       string
		vector, retired bool
	}
	var s scanner.Scanner
	s.Init(strings.NewReader(src))
	next := func() string { s.Scan(); return s.TokenText() }
	expect := func(want string) {
		if got := next(); got != want {
			panic(fmt.Sprintf("litert.fbs:%v: %q where %q should be", s.Pos(), got, want))
		}
	}
	until := func(end string) (words []string) {
		for tok := next(); tok != end; tok = next() {
			if tok == "" {
				panic(fmt.Sprintf("litert.fbs: ends where %q should be", end))
			}
			words = append(words, tok)
		}
		return words
	}

	enums := map[string]int{}
	unions := map[string][]string{}
	fields := map[string][]declared{}
	for tok := next(); tok != ""; tok = next() {
		switch tok {
		case "namespace", "file_identifier", "file_extension", "root_type":
			until(";")
		case "enum":
			name := next()
			expect(":")
			enums[name] = scalarSizes[next()]
			until("}")
		case "union":
			name := next()
			expect("{")
			for _, word := range until("}") {
				if word != "," {
					unions[name] = append(unions[name], word)
				}
			}
		case "table":
			name := next()
			expect("{")
			fields[name] = []declared{}
			for tok := next(); tok != "}"; tok = next() {
				d := declared{name: tok}
				expect(":")
				if d.typ = next(); d.typ == "[" {
					d.vector, d.typ = true, next()
					expect("]")
				}
				for _, word := range until(";") {
					d.retired = d.retired || word == "deprecated"
				}
				fields[name] = append(fields[name], d)
			}
		default:
			panic(fmt.Sprintf("litert.fbs:%v: unknown declaration %q", s.Pos(), tok))
		}
	}

	all := make(map[string]*table, len(fields))
	for name := range fields {
		all[name] = &table{name: name}
	}
	find := func(name string) *table {
		if all[name] == nil {
			panic(fmt.Sprintf("litert.fbs: type %q is not declared", name))
		}
		return all[name]
	}
	for name, list := range fields {
		t := all[name]
		for _, d := range list {
			size := max(scalarSizes[d.typ], enums[d.typ])
			f := field{name: d.name, size: size}
			switch members, isUnion := unions[d.typ]; {
			case d.retired:
			case d.vector && size > 0:
				f.kind = scalars
			case d.vector:
				f.kind, f.ref = tables, find(d.typ)
			case size > 0:
				f.kind = scalar
			case d.typ == "string":
				f.kind = text
			case isUnion:
				t.fields = append(t.fields, field{name: d.name + "_type", kind: discriminator, size: 1})
				f.kind, f.members = union, []*table{nil}
				for _, member := range members {
					f.members = append(f.members, find(member))
				}
			default:
				f.kind, f.ref = single, find(d.typ)
			}
			t.fields = append(t.fields, f)
		}
	}
	return all
}
