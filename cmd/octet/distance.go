package main

import (
	"cmp"
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/compare"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// apart is how far the numbers of two tensors are from each other, over all samples.
type apart struct {
	Name     string  `json:"name"`
	Elements uint64  `json:"elements"`
	Differ   uint64  `json:"differ"`
	Max      float64 `json:"max_difference"`   // of real numbers; of elements that are numbers in both
	Shapes   bool    `json:"shapes,omitempty"` // the two had not as many elements in some sample, which is in no other figure
}

// compare orders the worst first.
func (a apart) compare(b apart) int {
	return cmp.Or(cmp.Compare(b.Max, a.Max), cmp.Compare(b.Differ, a.Differ), cmp.Compare(a.Name, b.Name))
}

func (a apart) String() string {
	switch {
	case a.Shapes:
		return "other shapes"
	case a.Differ == 0:
		return fmt.Sprintf("%d elements are equal", a.Elements)
	}
	return fmt.Sprintf("%d of %d elements differ, by %.4g at most", a.Differ, a.Elements, a.Max)
}

// add compares what one sample gave.
func (a *apart) add(x, y []float64) {
	if len(x) != len(y) {
		a.Shapes = true
		return
	}
	a.Elements += uint64(len(x))
	for i := range x {
		if x[i] == y[i] || x[i] != x[i] && y[i] != y[i] {
			continue
		}
		a.Differ++
		if d := math.Abs(x[i] - y[i]); d-d == 0 {
			a.Max = max(a.Max, d)
		}
	}
}

// distances compares what two models compute.
type distances struct {
	runners  [2]*runner
	sessions [2]*exec.Session
	kept     [2]map[string][]float64 // of the last sample: by name, of all the times that it was computed
	names    []string                // that both models have
	wanted   map[string]bool
	found    map[string]*apart
	outputs  []apart
}

// newDistances prepares two models that take and give the same number of tensors.
func newDistances(a, b *runner) (*distances, error) {
	if n, m := len(a.program.Inputs()), len(b.program.Inputs()); n != m {
		return nil, fmt.Errorf("the models take %d and %d inputs: they can't run on the same samples", n, m)
	}
	d := &distances{runners: [2]*runner{a, b}, wanted: map[string]bool{}, found: map[string]*apart{}}
	names := map[string]bool{}
	for _, name := range activations(a.model) {
		names[name] = true
	}
	for _, name := range activations(b.model) {
		if names[name] && !d.wanted[name] {
			d.names, d.wanted[name], d.found[name] = append(d.names, name), true, &apart{Name: name}
		}
	}
	for i, r := range d.runners {
		d.sessions[i] = r.program.NewSession()
	}
	for i := range min(len(a.names), len(b.names)) {
		d.outputs = append(d.outputs, apart{Name: a.names[i]})
	}
	return d, nil
}

// activations returns the names of a model's inputs and results.
func activations(m *ir.Model) (list []string) {
	for _, g := range m.Graphs {
		for _, v := range g.Inputs {
			list = append(list, v.Name)
		}
		for _, n := range g.Nodes {
			for _, v := range n.Outputs {
				list = append(list, v.Name)
			}
		}
	}
	return list
}

// sample runs both models on a sample.
func (d *distances) sample(in []*tensor.Tensor) error {
	var outputs [2][][]float64
	for i, r := range d.runners {
		kept := map[string][]float64{}
		d.kept[i] = kept
		out, err := d.sessions[i].Watch(r.fed(in), func(v *ir.Value, t *tensor.Tensor) {
			if d.wanted[v.Name] {
				kept[v.Name] = append(kept[v.Name], compare.Numbers(exec.Real(v, t))...)
			}
		})
		if err != nil {
			return fmt.Errorf("model %c: %w", 'A'+i, err)
		}
		for k, t := range out {
			outputs[i] = append(outputs[i], compare.Numbers(exec.Real(r.program.Outputs()[k], t)))
		}
	}
	for k := range d.outputs {
		d.outputs[k].add(outputs[0][k], outputs[1][k])
	}
	for _, name := range d.names {
		d.found[name].add(d.kept[0][name], d.kept[1][name])
	}
	return nil
}

// tensors returns what was found, in the second model's order; not of tensors that no sample computed.
func (d *distances) tensors() (list []apart) {
	for _, name := range d.names {
		if a := d.found[name]; a.Elements > 0 || a.Shapes {
			list = append(list, *a)
		}
	}
	return list
}
