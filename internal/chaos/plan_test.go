package chaos

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlans(t *testing.T) {
	suffered, set, off := map[Kind]bool{}, map[bool]bool{}, map[bool]bool{}
	ofWorkers := map[bool]bool{}
	places, cut, beheaded := map[string]bool{}, map[string]bool{}, map[Kind]bool{}
	for seed := range uint64(20) { // as many as CI runs
		p := New(seed)
		if again := New(seed); !reflect.DeepEqual(p, again) {
			t.Fatalf("one seed, two plans:\n%s%s", p, again)
		}
		if other := New(seed + 1); other.String() == p.String() {
			t.Errorf("seeds %d and %d have the same plan", seed, seed+1)
		}
		over := map[Node]time.Duration{}
		for _, f := range p.Faults {
			suffered[f.Kind] = true
			if f.Kind == Clock {
				set[f.By > 0] = true
				continue
			}
			if f.At < over[f.Node] {
				t.Errorf("seed %d: two faults of %s at a time:\n%s", seed, f.Node, p)
			}
			over[f.Node] = f.At + f.For
			if f.Kind == Oneway {
				cut[class(f.Node)+" to "+class(f.To)] = true
			}
			if f.Node == Leader {
				beheaded[f.Kind] = true
			}
		}
		for n, by := range p.Off {
			if class(n) == "worker" {
				ofWorkers[by > 0] = true
				continue
			}
			off[by > 0] = true
		}
		for _, at := range p.Armed {
			name, _, _ := strings.Cut(at, ":")
			places[name] = true
		}
	}
	for _, k := range Kinds() {
		if !suffered[k] {
			t.Errorf("no plan of CI has %q", k)
		}
	}
	for _, name := range failpoints() {
		if !places[name] {
			t.Errorf("no plan of CI begins with %s armed", name)
		}
	}
	for _, pair := range pairs {
		if !cut[pair[0]+" to "+pair[1]] {
			t.Errorf("no plan of CI cuts off %s", pair)
		}
	}
	if len(set) != 2 || len(off) != 2 || len(ofWorkers) != 2 {
		t.Errorf("plans of CI set clocks in one direction alone: %v, and have %v at first, workers' %v", set, off, ofWorkers)
	}
	if len(beheaded) != 3 {
		t.Errorf("plans of CI do no more to etcd's leader than %v", beheaded)
	}
	if !slices.IsSorted([]time.Duration{0, lease, longest}) {
		t.Error("no fault outlives a lease")
	}
}
