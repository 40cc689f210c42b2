//go:build unix

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/octetlite/octet/client"
)

// An interrupted conversion does not leave its job behind.
func TestInterruptCancelsTheJob(t *testing.T) {
	model := writeHeavy(t)
	withCluster(t, 1, func(addr string) {
		c, err := client.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		go func() {
			defer interrupt()
			for ctx.Err() == nil {
				if jobs, err := c.List(ctx); err == nil && len(jobs) == 1 && jobs[0].Progress.SamplesDone > 0 {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		var out, errs strings.Builder
		args := []string{"convert", model, "-o", t.TempDir() + "/out.tflite", "--data", "random:normal?samples=10000", "--coordinator", addr}
		if code := run(ctx, args, streams{strings.NewReader(""), &out, &errs}); code != exitFailed {
			t.Errorf("status %d, want %d", code, exitFailed)
		}
		jobs, err := c.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(jobs) != 1 || jobs[0].State != client.Cancelled {
			t.Fatalf("jobs %+v: want one, cancelled", jobs)
		}
		if want := "octet: interrupted: job " + jobs[0].ID + " is cancelled\n"; !strings.HasSuffix(errs.String(), want) {
			t.Errorf("it says %q, want %q", errs.String(), want)
		}
	})
}
