//go:build failpoint

package clock

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The clock is off by what the file says, from one moment to the next.
func TestOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	t.Setenv(Variable, path)
	for _, tt := range []struct {
		text string
		want time.Duration
	}{{"36h\n", 36 * time.Hour}, {"-720h", -720 * time.Hour}, {"", 0}, {"soon", 0}} {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if d := time.Until(Now()); (d - tt.want).Abs() > time.Minute {
			t.Errorf("with %q it is off by %v", tt.text, d)
		}
	}
}
