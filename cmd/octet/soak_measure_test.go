//go:build soak && linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/octetlite/octet/internal/freeport"
)

// soakCluster is a coordinator and two workers that forget soon.
type soakCluster struct {
	addr, etcd, store string
	members           []soakMember
}

type soakMember struct {
	name, metrics string
	pid           int
	cache         string // folder; "" for none
}

func newSoakCluster(t *testing.T, h *host) *soakCluster {
	t.Helper()
	c := &soakCluster{addr: freeport.Addr(t), etcd: h.etcd, store: t.TempDir()}
	add := func(name, cache string, args ...string) *process {
		at := freeport.Addr(t)
		p := start(t, name, h.program, append(args, "--etcd", h.etcd, "--data-dir", cache, "--metrics-listen", at, "--pprof")...)
		c.members = append(c.members, soakMember{name: name, metrics: at, pid: p.cmd.Process.Pid, cache: cache})
		return p
	}
	coordinator := add("coordinator", t.TempDir(), "coordinator", "--listen", c.addr, "--store", c.store, "--job-ttl", "1s", "--blob-grace", "4s", "--collect-every", "1s")
	coordinator.wait(t, "coordinator_started", nil)
	for i := range 2 {
		w := add(fmt.Sprint("worker ", i), t.TempDir(), "worker", "--slots", "1", "--cache-bytes", strconv.Itoa(min(2<<20, *soakJobs<<9)))
		w.wait(t, "worker_started", nil)
		coordinator.wait(t, "worker_found", nil)
	}
	return c
}

// sample is what was measured at a time, by name.
type sample map[string]float64

// settle waits until the coordinator has collected all jobs and blobs.
func (s *soak) settle(c *soakCluster) {
	s.t.Helper()
	for start := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		jobs, err := s.dial.List(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		blobs := files(s.t, c.store)
		switch {
		case len(jobs) == 0 && blobs <= s.samples[0]["store files"]:
			return
		case time.Since(start) > patience:
			s.t.Fatalf("%d jobs and %.0f files are still there", len(jobs), blobs)
		}
	}
}

// measure takes a sample.
func (s *soak) measure(c *soakCluster) {
	s.t.Helper()
	now := sample{}
	for _, m := range c.members {
		for range 2 { // what finalizers free is gone after the second collection
			get := "http://" + m.metrics + "/debug/pprof/heap?gc=1"
			if _, err := io.Copy(io.Discard, open(s.t, get)); err != nil {
				s.t.Fatal(err)
			}
		}
		got := scrape(s.t, "http://"+m.metrics+"/metrics")
		now[m.name+" heap KiB"] = got["go_gc_heap_live_bytes"] / 1024 // what is allocated has the profile that was just written in it, which grows with each call stack that is seen first
		now[m.name+" goroutines"] = got["go_goroutines"]
		now[m.name+" descriptors"] = descriptors(s.t, m.pid)
		now[m.name+" series"] = float64(len(got))
		resident, children := tree(s.t, m.pid)
		now[m.name+" resident MiB"] = resident / (1 << 20)
		now[m.name+" children"] = children
		now[m.name+" files"] = files(s.t, m.cache)
	}
	now["store files"] = files(s.t, c.store)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{c.etcd}, DialTimeout: 10 * time.Second})
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	status, err := client.Status(ctx, c.etcd)
	if err != nil {
		s.t.Fatal(err)
	}
	keys, err := client.Get(ctx, "", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		s.t.Fatal(err)
	}
	now["etcd file KiB"], now["etcd keys"] = float64(status.DbSize)/1024, float64(keys.Count)
	now["etcd goroutines"] = scrape(s.t, "http://"+c.etcd+"/metrics")["go_goroutines"]
	s.samples = append(s.samples, now)
}

func open(t *testing.T, url string) io.Reader {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, resp.Status)
	}
	return resp.Body
}

// scrape returns the samples of a page of metrics.
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	lines := bufio.NewScanner(open(t, url))
	for lines.Scan() {
		if i := strings.LastIndexByte(lines.Text(), ' '); i > 0 && lines.Text()[0] != '#' {
			v, err := strconv.ParseFloat(lines.Text()[i+1:], 64)
			if err != nil {
				t.Fatalf("%s: %q: %v", url, lines.Text(), err)
			}
			all[lines.Text()[:i]] = v
		}
	}
	if err := lines.Err(); err != nil || all["go_goroutines"] == 0 {
		t.Fatalf("%s: %d samples, %v", url, len(all), err)
	}
	return all
}

func descriptors(t *testing.T, pid int) float64 {
	t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return float64(len(all))
}

// tree returns the resident bytes of a process and its descendants, and the number of these.
func tree(t *testing.T, pid int) (resident, children float64) {
	t.Helper()
	of := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])); len(f) > 1 {
			parent, _ := strconv.Atoi(f[1])
			of[parent] = append(of[parent], id)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, of[all[i]]...)
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", all[i]))
		if f := strings.Fields(string(text)); err == nil && len(f) > 1 {
			pages, _ := strconv.ParseFloat(f[1], 64)
			resident += pages * float64(os.Getpagesize())
		}
	}
	return resident, float64(len(all) - 1)
}

// files counts the files under a folder.
func files(t *testing.T, dir string) (n float64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return nil // what vanishes meanwhile does not count
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// bound says how much more of something the last quarter may hold than the second: a part of it, and something besides.
type bound struct {
	suffix       string
	part, beside float64
}

// bounds are by what names end in.
var bounds = []bound{
	{" heap KiB", 0.05, 256},
	{" goroutines", 0, 6},
	{" descriptors", 0, 6},
	{" series", 0, 40}, // of two calls, with their histograms, that are seldom made
	{" resident MiB", 0.20, 24},
	{" children", 0, 1},
	{"etcd file KiB", 0.25, 1024},
	{"etcd keys", 0, 5},
	{" files", 0.10, 20},
}

// judge fails the test if something grows.
func judge(t *testing.T, samples []sample) {
	t.Helper()
	n := len(samples)
	for _, name := range slices.Sorted(maps.Keys(samples[0])) {
		var series []string
		for _, s := range samples {
			series = append(series, strconv.FormatFloat(s[name], 'f', 0, 64))
		}
		second, last := middle(samples[n/4:n/2], name), middle(samples[n-n/4:], name)
		t.Logf("%-24s second quarter %6.0f, last %6.0f: %s", name, second, last, strings.Join(series, " "))
		i := slices.IndexFunc(bounds, func(b bound) bool { return strings.HasSuffix(name, b.suffix) })
		if i < 0 {
			t.Errorf("nothing bounds %q", name)
		} else if limit := second*(1+bounds[i].part) + bounds[i].beside; last > limit {
			t.Errorf("%s grows from %.0f to %.0f, want at most %.0f", name, second, last, limit)
		}
	}
}

func middle(samples []sample, name string) float64 {
	var all []float64
	for _, s := range samples {
		all = append(all, s[name])
	}
	slices.Sort(all)
	return all[len(all)/2]
}
