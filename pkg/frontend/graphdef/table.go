package graphdef

import (
	"maps"
	"slices"
)

// Op is the rule of one TensorFlow operator.
type Op struct {
	Name string
	// Results names the results, in order, as functions refer to them; left out where there is one, or one list.
	Results []string
	// To lists the TFLite operators that the rule may emit, for the documentation. Empty if the operator vanishes or folds.
	To string
	// Note says in a few words what is special: restrictions, or that the operator only folds.
	Note string
	// Lower emits what the node means, and sets the results. It abandons the node by build.Refuse where that can't be expressed, and by build.Damaged
	// where the node is not valid. nil marks an operator that is known, and refused for the reason in Note.
	Lower func(c *Context)
	// passes marks operators that only pass operands on, so that one that can't be lowered does no harm until somebody needs it.
	passes bool
}

// Table is a set of rules by the operators' names.
type Table struct{ byName map[string]*Op }

// Ops is the table of all rules.
var Ops Table

// It is filled here since rules look operators up again.
func init() { //nolint:gochecknoinits // an initializer would refer to itself
	Ops = newTable(
		identities,
		calls,
		constants,
		variables,
		lists,
		unaries,
		binaries,
		trigonometry,
		comparisons,
		selections,
		bitwises,
		casts,
		complexes,
		reductions,
		searches,
		gradients,
		scans,
		segments,
		transforms,
		specials,
		audios,
		randoms,
		stateless,
		conditionals,
		loops,
		tensorArrays,
		convolutions,
		pools,
		normalizations,
		activations,
		losses,
		matMuls,
		einsums,
		fusions,
		reshapes,
		shapes,
		transposes,
		concats,
		splits,
		slicings,
		paddings,
		tiles,
		gathers,
		fills,
		scatters,
		reversals,
		uniques,
		matrices,
		spaces,
		images,
		suppressions,
		fakeQuants,
		tables,
		refusals,
	)
}

func newTable(families ...[]Op) Table {
	t := Table{map[string]*Op{}}
	for _, family := range families {
		for i := range family {
			o := &family[i]
			if t.byName[o.Name] != nil {
				panic("graphdef: " + o.Name + " is listed twice")
			}
			t.byName[o.Name] = o
		}
	}
	return t
}

// Lookup returns the rule of an operator, or nil.
func (t Table) Lookup(name string) *Op { return t.byName[name] }

// Names lists the operators in alphabetical order.
func (t Table) Names() []string { return slices.Sorted(maps.Keys(t.byName)) }
