//go:build failpoint

package clock

import (
	"os"
	"strings"
	"time"
)

// off is what the file says; nothing if there is none, or it is being written.
func off() time.Duration {
	text, err := os.ReadFile(os.Getenv(Variable))
	if err != nil {
		return 0
	}
	d, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return d
}
