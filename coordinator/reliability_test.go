package coordinator

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// page returns the text of a page of the documentation, after a check that the tests that it names are there: so many at least.
func page(t *testing.T, name string, tests int) string {
	t.Helper()
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	named := regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < tests {
		t.Errorf("%d tests are named", len(named))
	}
	for _, m := range named {
		dir, name := m[1], m[2]
		if sources[dir] == "" {
			files, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				source, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				sources[dir] += string(source)
			}
		}
		if !strings.Contains(sources[dir], fmt.Sprintf("\nfunc %s(t *testing.T)", name)) {
			t.Errorf("%s has no %s", dir, name)
		}
	}
	return string(text)
}

// The tests that docs/reliability.md names are there, and its times are those of the code.
func TestReliabilityPage(t *testing.T) {
	text := page(t, "reliability.md", 30)
	for _, want := range []string{
		fmt.Sprintf("`--stall` (%d minutes)", int(Config{}.withDefaults().Stall/time.Minute)), map[int]string{8: "after eight tries"}[maxFailures],
	} {
		if want == "" || !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// So are those of docs/scheduling.md, its stories, and its numbers.
func TestSchedulingPage(t *testing.T) {
	text := page(t, "scheduling.md", 10)
	for _, story := range []string{"fair_jobs", "fair_namespaces", "priority", "quick", "local", "straggler", "spare", "spare_ends", "draining"} {
		if _, err := os.Stat("testdata/machine/" + story + ".txtar"); err != nil || !strings.Contains(text, "`"+story+"`") {
			t.Errorf("story %s: %v, or the page does not name it", story, err)
		}
	}
	for _, want := range []string{
		map[float64]string{4: "four times the share of a normal one, a normal one four times that of low"}[High.weight()/Normal.weight()*Normal.weight()/Low.weight()/4],
		map[int]string{8: "the eight oldest"}[abreast], map[float64]string{0.1: "a tenth of a second"}[quickShard], map[int]string{straggleFactor: "more than twice as long"}[2],
		map[time.Duration]string{5 * time.Second: "and five seconds"}[minStraggle], map[int]string{1: "by a second of a slot"}[warmLead],
		fmt.Sprintf("from %d to %d seconds", minRetry/time.Second, maxRetry/time.Second), map[int]string{8: "eight tries"}[maxFailures],
	} {
		if want == "" || !strings.Contains(strings.ReplaceAll(text, "\n  ", " "), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
