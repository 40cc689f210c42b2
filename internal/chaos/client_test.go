//go:build chaos && unix

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// patience is how long a run may take, and the reading of a member's history after it: ten times what they take on a machine that has much else to do.
const patience = 10 * time.Minute

// excuses are why a job or its client may fail, and is begun anew by whoever wants the result.
var excuses = []struct {
	why   *regexp.Regexp
	kinds []Kind // that some fault of the plan must be of; none if it may always be
}{
	// Nobody answered at all: nothing was begun.
	{regexp.MustCompile(`does not answer|no coordinator leads|the coordinator is (starting|stopping)`), nil},
	// The disk of the store is full: the job says so.
	{regexp.MustCompile(`no space left on device`), []Kind{Fill}},
	// What lies in the store is not what was put there, or it went before the job was created: the job or the call says what.
	{regexp.MustCompile(`blob not found|blobs must be uploaded first|does not match its digest|corrupt|has \d+ bytes, not \d+`), []Kind{Spoil}},
}

func excused(p Plan, text string) bool {
	for _, e := range excuses {
		if e.why.MatchString(text) && (e.kinds == nil || p.Has(e.kinds...)) {
			return true
		}
	}
	return false
}

// convert has a client convert until it succeeds, and checks the result. It returns how often it failed with an excuse.
func (c *cluster) convert(ctx context.Context, name string, of conversion) (failures []string, err error) {
	out := filepath.Join(c.dir, name+".tflite")
	args := append(slices.Clip(of.args), "-o", out, "--coordinator", c.addresses())
	for {
		text, err := c.run(ctx, args...)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return failures, fmt.Errorf("%s did not end: %s", name, text)
		}
		if !excused(c.plan, text) {
			return failures, fmt.Errorf("%s: octet %s: %w\n%s", name, strings.Join(args, " "), err, text)
		}
		failures = append(failures, name+": "+text)
		time.Sleep(again)
	}
	got, err := sum(out)
	if err == nil && got != of.want {
		err = fmt.Errorf("%s: sha256 %s, in process it is %s", name, got, of.want)
	}
	return failures, errors.Join(err, os.Remove(out))
}

// run runs octet as a client, and returns what it printed.
func (c *cluster) run(ctx context.Context, args ...string) (string, error) {
	cmd := c.net.command("", c.programs.octet, args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() }) // it may have ended
	defer stop()
	err := cmd.Wait()
	return out.String(), err
}

// whole waits until a coordinator leads that knows all workers, and says that nothing runs or waits.
func (c *cluster) whole(ctx context.Context) error {
	var last string
	for ctx.Err() == nil {
		text, err := c.run(ctx, "top", "--json", "--coordinator", c.addresses())
		var top struct {
			Running int   `json:"shards_running"`
			Waiting int   `json:"shards_waiting"`
			Workers []any `json:"workers"`
		}
		if err == nil {
			err = json.Unmarshal([]byte(text), &top)
		}
		if err == nil && len(top.Workers) == len(Workers) && top.Running+top.Waiting == 0 {
			return nil
		}
		last = text
		time.Sleep(again)
	}
	return fmt.Errorf("the cluster is not whole again: %s", last)
}
