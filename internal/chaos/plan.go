// Package chaos runs whole clusters of processes and breaks them by plans that follow from seeds: internal/chaos/chaos_test.go, which the build tag "chaos" turns on.
package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/octetlite/octet/internal/failpoint"
)

// Node is a process of the cluster.
type Node string

// Leader is whichever member of etcd leads when a fault begins.
const Leader Node = "etcd-leader"

// Etcds are the members of the cluster's memory, of which some plans have one and some three. Coordinators share a store; the first one leads at first. Workers have a slot each.
var (
	Etcds        = []Node{"etcd-0", "etcd-1", "etcd-2"}
	Coordinators = []Node{"coordinator-0", "coordinator-1"}
	Workers      = []Node{"worker-0", "worker-1", "worker-2"}
)

// Kind is what can be done to a node.
type Kind string

// The kinds.
const (
	Kill    Kind = "kill"    // kill -9; it starts again when the fault is over
	Stop    Kind = "stop"    // SIGSTOP, then SIGCONT
	Isolate Kind = "isolate" // nothing reaches it, and nothing that it sends arrives
	Blind   Kind = "blind"   // what it sends to etcd does not arrive
	Oneway  Kind = "oneway"  // what it sends to another node does not arrive
	Fill    Kind = "fill"    // its disk is full: a worker's cache, the coordinators' store
	Damage  Kind = "damage"  // it is killed, all blobs of its cache change or go, and it starts again
	Spoil   Kind = "spoil"   // a blob of the store changes or goes, under running coordinators
	Fail    Kind = "fail"    // it is started anew, to die at a failpoint
	Clock   Kind = "clock"   // its wall clock is set, and set right later
)

// kinds says who may suffer what, and how often one is chosen before another.
var kinds = []struct {
	Kind
	weight int
	nodes  []Node
}{
	{Kill, 4, all},
	{Stop, 4, all},
	{Isolate, 3, all},
	{Blind, 2, slices.Concat(Coordinators, Workers)},
	{Oneway, 2, all},
	{Fill, 2, slices.Concat(Coordinators[:1], Workers)},
	{Damage, 2, Workers},
	{Spoil, 2, Coordinators[:1]},
	{Fail, 4, slices.Concat(Coordinators, Workers)},
	{Clock, 0, clocked}, // never chosen: each plan has it for all of them
}

var (
	all     = slices.Concat(Etcds, Coordinators, Workers)
	clocked = slices.Concat(Coordinators, Workers) // those whose clocks are set: nothing of etcd's depends on one
)

// Nodes returns those that take part in the plan.
func (p Plan) Nodes() []Node { return slices.Concat(Etcds[:p.Members], Coordinators, Workers) }

// talkers returns the nodes that one of the plan sends something to.
func (p Plan) talkers(n Node) (list []Node) {
	for _, other := range p.Nodes() {
		to, from := class(other), class(n)
		if other != n && (to != from || from == "etcd") {
			list = append(list, other)
		}
	}
	return list
}

// class returns what a node is, by its name.
func class(n Node) string {
	name, _, _ := strings.Cut(string(n), "-")
	return name
}

// Kinds returns all kinds.
func Kinds() (list []Kind) {
	for _, k := range kinds {
		list = append(list, k.Kind)
	}
	return list
}

// Fault is something that is done to a node, and undone after a while.
type Fault struct {
	Kind
	Node
	At, For   time.Duration
	To        Node          // of Oneway
	Failpoint string        // of Fail: NAME:N
	Pick      uint32        // of Damage and Spoil: which blob, and how it changes
	By        time.Duration // of Clock
}

func (f Fault) String() string {
	s := fmt.Sprintf("%5.2fs  %-8s %-14s for %.2fs", f.At.Seconds(), f.Kind, f.Node, f.For.Seconds())
	switch f.Kind {
	case Fail:
		s += " at " + f.Failpoint
	case Oneway:
		s += " to " + string(f.To)
	case Clock:
		s += " by " + f.By.String()
	case Damage, Spoil:
		s += fmt.Sprintf(" pick %d", f.Pick)
	default:
	}
	return s
}

// Job is a conversion that a client asks for.
type Job struct {
	At   time.Duration
	Case int // modulo the number of cases that there are
}

// Plan is what happens in a run.
type Plan struct {
	Seed    uint64
	Members int // of etcd
	Jobs    []Job
	Armed   map[Node]string        // failpoints of nodes from their first start on, NAME:N
	Faults  []Fault                // by time; those of a node don't overlap, but for Clock
	Off     map[Node]time.Duration // by which clocks are off from the beginning, until they are set for the second time
}

// lease is that of coordinators and workers.
const lease = 2 * time.Second

const (
	jobs    = 6
	horizon = 4 * time.Second // in which jobs come and faults begin
	longest = 3500 * time.Millisecond
)

// New returns the plan of a seed.
func New(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0x6f637465))
	p := Plan{Seed: seed, Members: 1 + 2*int(seed%2), Armed: armed(seed, r)}
	for i := range jobs {
		p.Jobs = append(p.Jobs, Job{At: upTo(r, horizon), Case: i})
	}
	free := map[Node]time.Duration{}
	for n := range p.Armed {
		free[n] = horizon / 2 // by then it has died
	}
	add := func(f Fault) {
		f.At = max(upTo(r, horizon), free[f.Node])
		f.For = 200*time.Millisecond + upTo(r, longest)
		free[f.Node] = f.At + f.For + 200*time.Millisecond
		p.Faults = append(p.Faults, f)
	}
	for range 4 + r.IntN(4) {
		add(p.choose(r))
	}
	pair := pairs[seed%uint64(len(pairs))]
	from := p.of(pair[0], r)
	if to := slices.DeleteFunc(p.talkers(from), func(n Node) bool { return class(n) != pair[1] }); len(to) > 0 { // none if a member of etcd is alone
		add(Fault{Kind: Oneway, Node: from, To: to[r.IntN(len(to))]})
	}
	if p.Members > 1 {
		add(Fault{Kind: []Kind{Kill, Stop, Isolate}[seed/2%3], Node: Leader})
	}
	set, off := clocks(seed)
	p.Faults, p.Off = append(p.Faults, set...), off
	slices.SortFunc(p.Jobs, func(a, b Job) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Case, b.Case)) })
	slices.SortFunc(p.Faults, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Node, b.Node)) })
	return p
}

// maxStep is more than any job, blob or stream is kept for.
const maxStep = 1000 * time.Hour

// clocks sets the wall clocks of coordinators and workers, forward or back, whatever else happens to them; each other one is off before its process starts. By then some jobs are over.
func clocks(seed uint64) (faults []Fault, off map[Node]time.Duration) {
	off = map[Node]time.Duration{}
	r := rand.New(rand.NewPCG(seed, 0x636c6f63))
	for _, n := range clocked {
		by := func() time.Duration {
			by := (time.Hour + upTo(r, maxStep)).Round(time.Second)
			if r.IntN(3) == 0 {
				return -by
			}
			return by
		}
		faults = append(faults, Fault{Kind: Clock, Node: n, At: horizon/2 + upTo(r, horizon), For: 200*time.Millisecond + upTo(r, longest), By: by()})
		if r.IntN(2) == 0 {
			off[n] = by()
		}
	}
	return faults, off
}

// pairs are who sends what to whom, which gets lost in one direction by turns, so that few seeds have all of it.
var pairs = [][2]string{
	{"coordinator", "etcd"}, {"etcd", "etcd"}, {"etcd", "coordinator"}, {"worker", "coordinator"}, {"coordinator", "worker"}, {"etcd", "worker"}, {"worker", "etcd"},
}

// of returns one of the plan's nodes of a class.
func (p Plan) of(kind string, r *rand.Rand) Node {
	nodes := slices.DeleteFunc(p.Nodes(), func(n Node) bool { return class(n) != kind })
	return nodes[r.IntN(len(nodes))]
}

// armed has the coordinator that leads first, and every other time a worker, die at the failpoints by turns, so that few seeds come to all of them.
func armed(seed uint64, r *rand.Rand) map[Node]string {
	n := len(failpoint.Coordinator)
	m := map[Node]string{Coordinators[0]: place(failpoint.Coordinator[seed%uint64(n)], r)}
	if seed%2 == 0 {
		m[Workers[r.IntN(len(Workers))]] = place(failpoint.Worker[seed/2%uint64(len(failpoint.Worker))], r)
	}
	return m
}

// place returns a failpoint and the time at which it kills: of what happens a few times in a job an early one.
func place(name string, r *rand.Rand) string {
	most := map[string]int{failpoint.Created: 3, failpoint.Merged: 2, failpoint.Save: 6, failpoint.Saved: 6, failpoint.Commit: 6}
	return fmt.Sprintf("%s:%d", name, 1+r.IntN(cmp.Or(most[name], 12)))
}

// choose returns a fault of one of the plan's nodes.
func (p Plan) choose(r *rand.Rand) Fault {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	n := r.IntN(total)
	for _, k := range kinds {
		if n -= k.weight; n >= 0 {
			continue
		}
		nodes := slices.DeleteFunc(slices.Clone(k.nodes), func(n Node) bool { return !slices.Contains(p.Nodes(), n) })
		f := Fault{Kind: k.Kind, Node: nodes[r.IntN(len(nodes))], Pick: r.Uint32()}
		if f.Kind == Oneway {
			to := p.talkers(f.Node)
			f.To = to[r.IntN(len(to))]
		}
		if f.Kind == Fail {
			places := failpoint.Worker
			if slices.Contains(Coordinators, f.Node) {
				places = failpoint.Coordinator
			}
			f.Failpoint = place(places[r.IntN(len(places))], r)
		}
		return f
	}
	panic("weights that do not add up")
}

// failpoints returns the names of all of them.
func failpoints() []string {
	names := slices.Concat(failpoint.Coordinator, failpoint.Worker)
	slices.Sort(names)
	return slices.Compact(names)
}

// Has reports whether a kind of fault is part of the plan.
func (p Plan) Has(kinds ...Kind) bool {
	return slices.ContainsFunc(p.Faults, func(f Fault) bool { return slices.Contains(kinds, f.Kind) })
}

func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %d of etcd\n", p.Seed, p.Members)
	for _, n := range all {
		if at, ok := p.Armed[n]; ok {
			fmt.Fprintf(&b, "%5.2fs  armed    %-14s at %s\n", 0.0, n, at)
		}
	}
	for _, n := range all {
		if by, ok := p.Off[n]; ok {
			fmt.Fprintf(&b, "%5.2fs  clock    %-14s is off by %v\n", 0.0, n, by)
		}
	}
	for _, j := range p.Jobs {
		fmt.Fprintf(&b, "%5.2fs  job      case %d\n", j.At.Seconds(), j.Case)
	}
	for _, f := range p.Faults {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }
