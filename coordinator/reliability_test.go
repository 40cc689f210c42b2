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

// The tests that docs/reliability.md names are there, and its times are those of the code.
func TestReliabilityPage(t *testing.T) {
	text, err := os.ReadFile("../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	named := regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 30 {
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
	for _, want := range []string{
		fmt.Sprintf("`--stall` (%d minutes)", int(Config{}.withDefaults().Stall/time.Minute)), map[int]string{8: "after eight tries"}[maxFailures],
	} {
		if want == "" || !strings.Contains(string(text), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
