package op

import (
	"strings"
	"testing"
	"unicode"

	"github.com/octetlite/octet/pkg/ir"
)

// TestSetIsComplete demands of every operator what a reader and the other packages rely on.
func TestSetIsComplete(t *testing.T) {
	inferred := map[string]bool{"DENSIFY": true} // TestDensify: graphs' text has no sparse constants
	for _, c := range readInferCases(t) {
		inferred[c.node.Op] = inferred[c.node.Op] || c.fail == ""
	}
	without := map[string]bool{}
	for _, family := range [][]Op{controls, carried} {
		for _, o := range family {
			without[o.Name] = true
		}
	}
	for _, name := range Set.Names() {
		o := Set.Lookup(name)
		if r := []rune(o.Doc); len(r) == 0 || r[len(r)-1] != '.' || unicode.IsSpace(r[0]) {
			t.Errorf("%s: doc %q is no sentence", name, o.Doc)
		}
		if o.In.Max >= 0 && o.In.Max < o.In.Min || o.Out.Max >= 0 && o.Out.Max < o.Out.Min {
			t.Errorf("%s: takes %v and gives %v", name, o.In, o.Out)
		}
		if o.Attr != nil && o.Attr() == o.Attr() {
			t.Errorf("%s: attributes are shared by all nodes", name)
		}
		if o.Prepare != nil && o.Eval != nil {
			t.Errorf("%s: has both Prepare and Eval", name)
		}
		switch {
		case without[name]:
			if o.Executable() || o.Infer != nil {
				t.Errorf("%s: is listed as not executable, and is", name)
			}
		case !o.Executable() || o.Infer == nil:
			t.Errorf("%s: can't be executed", name)
		case !inferred[name]:
			t.Errorf("%s: has no case in testdata/infer.txt", name)
		}
	}
	for name := range rules {
		if Set.Lookup(name) == nil {
			t.Errorf("there is a rule for %s, which the set does not have", name)
		}
	}
}

func TestCheck(t *testing.T) {
	v := &ir.Value{}
	for _, tt := range []struct {
		node *ir.Node
		want string
	}{
		{&ir.Node{Op: "RELU", Inputs: []*ir.Value{v}, Outputs: []*ir.Value{v}}, ""},
		{&ir.Node{Op: "RELU", Outputs: []*ir.Value{v}}, "has 0 inputs, wants 1"},
		{&ir.Node{Op: "RELU", Inputs: []*ir.Value{v}}, "has 0 outputs, wants 1"},
		{&ir.Node{Op: "RELU", Inputs: []*ir.Value{v}, Outputs: []*ir.Value{v}, Attr: new(Softmax)}, "wants <nil>"},
		{&ir.Node{Op: "SOFTMAX", Inputs: []*ir.Value{v}, Outputs: []*ir.Value{v}}, "wants *op.Softmax"},
		{&ir.Node{Op: "CONV_2D", Inputs: []*ir.Value{v}, Outputs: []*ir.Value{v}, Attr: new(Conv2D)}, "wants 2 to 3"},
		{&ir.Node{Op: "PACK", Outputs: []*ir.Value{v}, Attr: new(Pack)}, "wants at least 1"},
		{&ir.Node{Op: "NOT_OURS", Attr: new(Softmax)}, ""},
	} {
		err := Set.Check(tt.node)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.node.Op, err, tt.want)
		}
	}
}

func TestNewSetRefusesNamesGivenTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewSet([]Op{{Name: "A"}}, []Op{{Name: "A"}})
}
