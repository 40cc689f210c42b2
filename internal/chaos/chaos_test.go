//go:build chaos && unix

package chaos

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	seeds   = flag.Int("seeds", 20, "how many seeds are run")
	first   = flag.Uint64("seed", 0, "the first of them")
	keep    = flag.Bool("keep", false, "keep the logs of runs that pass")
	proxies = flag.String("proxies", "", "why there are to be proxies instead of namespaces; they are tried if this is empty")
)

// TestChaos runs clusters that fail by the plans of some seeds.
func TestChaos(t *testing.T) {
	p := build(t)
	t.Run("history", func(t *testing.T) { testHistory(t, p) })
	cases := conversions(t, p.octet)
	var total tally
	t.Run("seed", func(t *testing.T) {
		for i := range uint64(*seeds) {
			plan := New(*first + i)
			t.Run(fmt.Sprint(plan.Seed), func(t *testing.T) {
				t.Parallel()
				run(t, p, plan, cases, &total)
			})
		}
	})
	t.Log(total.String())
	if n := len(failpoints()); total.runs >= 20 && len(total.fired) < n/2 {
		t.Errorf("of %d failpoints %d were come to: the others tell nothing", n, len(total.fired))
	}
}

// run carries out a plan.
func run(t *testing.T, p programs, plan Plan, cases []conversion, total *tally) {
	t.Log("\n" + plan.String())
	dir, err := os.MkdirTemp("", fmt.Sprintf("octet-chaos-%d-", plan.Seed)) //nolint:usetesting // it stays when the run fails
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() && !*keep {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
			return
		}
		t.Logf("logs are in %s; to repeat: go test -tags chaos -count=1 -run TestChaos ./internal/chaos -v -args -seed %d -seeds 1", dir, plan.Seed)
	})
	c := newCluster(t, p, plan, cases, dir)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.begin(ctx); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	failures := c.live(ctx, start)
	if t.Failed() {
		return
	}
	if err := c.whole(ctx); err != nil {
		t.Error(err)
	}
	took := time.Since(start)
	if err := c.conclude(ctx); err != nil {
		t.Fatal(err)
	}
	for _, n := range c.nodes {
		c.processes[n].kill()
	}
	events, err := c.history()
	if err != nil {
		t.Fatal(err)
	}
	jobs, shards, err := audit(events, plan, cases)
	if err != nil {
		t.Error(err)
	}
	if jobs < len(plan.Jobs) {
		t.Errorf("the journal has %d jobs, and clients had results of %d", jobs, len(plan.Jobs))
	}
	c.read()
	total.add(c, jobs, shards, failures, took)
}

// live has clients come and faults happen, until all clients have what they want. It returns failures that have excuses.
func (c *cluster) live(ctx context.Context, start time.Time) (failures []string) {
	var group sync.WaitGroup
	var mu sync.Mutex
	cases := c.cases
	for i, j := range c.plan.Jobs {
		group.Go(func() {
			time.Sleep(time.Until(start.Add(j.At)))
			had, err := c.convert(ctx, fmt.Sprintf("job%d", i), cases[j.Case%len(cases)])
			mu.Lock()
			defer mu.Unlock()
			failures = append(failures, had...)
			if err != nil {
				c.t.Error(err)
			}
		})
	}
	if err := c.suffer(start); err != nil {
		c.t.Error(err)
	}
	group.Wait()
	return failures
}

// bad is what no log may hold, whatever happens.
var bad = regexp.MustCompile(`results_differ|"msg":"panic"|^panic: |^fatal error: |internal error`)

// read looks through the logs.
func (c *cluster) read() {
	for _, n := range c.nodes[c.plan.Members:] {
		data, err := os.ReadFile(filepath.Join(c.dir, string(n)+".log"))
		if err != nil {
			c.t.Error(err)
		}
		for line := range strings.Lines(string(data)) {
			if bad.MatchString(line) {
				c.t.Errorf("%s: %s", n, line)
			}
		}
	}
}

// tally is what all runs came to.
type tally struct {
	mu                 sync.Mutex
	runs, jobs, shards int
	several            int // runs with several members of etcd
	faults             map[Kind]int
	fired              map[string]int
	failures           int
	ends               int
	longest, all       time.Duration
}

func (l *tally) add(c *cluster, jobs, shards int, failures []string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.faults == nil {
		l.faults, l.fired = map[Kind]int{}, map[string]int{}
	}
	l.runs++
	l.jobs += jobs
	l.shards += shards
	l.failures += len(failures)
	l.longest, l.all = max(l.longest, took), l.all+took
	for i, f := range c.plan.Faults {
		if why := c.unable[i]; why != "" {
			c.t.Logf("network: %s to %s WAS NOT CUT OFF: %s", f.Node, f.To, why)
		} else if f.Kind != Fill || c.disks[f.Node] {
			l.faults[f.Kind]++
		}
		if f.Node == Leader {
			c.t.Logf("etcd's leader was %s", c.suffers[i])
		}
	}
	if c.plan.Members > 1 {
		l.several++
	}
	for _, n := range c.nodes {
		p := c.processes[n]
		for _, at := range p.fired {
			name, _, _ := strings.Cut(at, ":")
			l.fired[name]++
		}
		l.ends += len(p.ends)
		for _, e := range p.ends {
			c.t.Logf("%s ended by itself, and was started again: %s", n, e)
		}
	}
	for _, f := range failures {
		c.t.Logf("begun anew: %s", strings.TrimSpace(f))
	}
	c.t.Logf("%d jobs, %d shards in %.1fs", jobs, shards, took.Seconds())
}

func (l *tally) String() string {
	s := fmt.Sprintf("%d runs passed, %d of them with three members of etcd: %d jobs, %d shards; %d jobs were begun anew; %d processes ended by themselves; the longest run took %.1fs, all %.1fs\nfaults:",
		l.runs, l.several, l.jobs, l.shards, l.failures, l.ends, l.longest.Seconds(), l.all.Seconds())
	for _, k := range Kinds() {
		s += fmt.Sprintf(" %s %d", k, l.faults[k])
	}
	s += "\ndied at failpoints:"
	for _, name := range failpoints() {
		s += fmt.Sprintf(" %s %d", name, l.fired[name])
	}
	return s
}
