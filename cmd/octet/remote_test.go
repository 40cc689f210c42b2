//go:build unix

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
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
		if code := run(ctx, args, streams{strings.NewReader(""), &out, &errs}); code != exitInterrupted {
			t.Errorf("status %d, want %d", code, exitInterrupted)
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

// TestRecipeTravels converts by recipes here and on a cluster, to the same bytes.
func TestRecipeTravels(t *testing.T) {
	dir := t.TempDir()
	model, recipe := filepath.Join(dir, "model.tflite"), filepath.Join(dir, "recipe.yaml")
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(model, data, 0o600); err != nil {
		t.Fatal(err)
	}
	withCluster(t, 1, func(addr string) {
		for text, args := range map[string][]string{
			"scheme: dynamic\nrules:\n- {op: FULLY_CONNECTED, scheme: weight-only, bits: 4}\n- {op: CONV_2D, scheme: float16}\n": nil,
			"scheme: int8\nrules:\n- {op: SOFTMAX, scheme: none}\n":                                                              {"--data", "random:normal?samples=20"},
		} {
			if err := os.WriteFile(recipe, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			made := func(args ...string) string {
				out := filepath.Join(dir, "out.tflite")
				octet(t, append([]string{"convert", model, "-o", out}, args...)...)
				return sum(t, out)
			}
			here, there := made(append(args, "--recipe", recipe)...), made(append(args, "--recipe", recipe, "--coordinator", addr)...)
			if here != there {
				t.Errorf("%q: sha256 %s here, %s on a cluster", text, here, there)
			}
		}
	})
}

// A detached job is followed and fetched by its id, and gives the bytes that a conversion in this process gives.
func TestDetachedJob(t *testing.T) {
	dir := t.TempDir()
	model, got, want := filepath.Join(dir, "model.tflite"), filepath.Join(dir, "got.tflite"), filepath.Join(dir, "want.tflite")
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(model, data, 0o600); err != nil {
		t.Fatal(err)
	}
	withCluster(t, 1, func(addr string) {
		t.Setenv("OCTET_COORDINATOR", addr)
		if list := octet(t, "jobs", "list", "--json"); list != "[]\n" {
			t.Errorf("without jobs the list is %q", list)
		}
		var created, watched client.Job
		convert := []string{"convert", model, "--data", "random:normal?samples=20"}
		text := octet(t, append(convert, "--detach", "--json", "--priority", "high")...)
		if err := json.Unmarshal([]byte(text), &created); err != nil || created.ID == "" || created.Priority != "high" {
			t.Fatalf("--detach --json prints %q: %v", text, err)
		}
		octet(t, "jobs", "watch", created.ID)
		if err := json.Unmarshal([]byte(octet(t, "jobs", "get", created.ID, "-o", got, "--json")), &watched); err != nil || watched.State != client.Succeeded {
			t.Fatalf("after watching it is %+v: %v", watched, err)
		}
		var list []client.Job
		if err := json.Unmarshal([]byte(octet(t, "jobs", "list", "--json")), &list); err != nil || len(list) != 1 {
			t.Fatalf("the list is %+v: %v", list, err)
		}
		if shown := octet(t, "jobs", "get", created.ID); !strings.Contains(shown, "high") {
			t.Errorf("its priority is not shown:\n%s", shown)
		}
		if list[0].ID != created.ID {
			t.Errorf("the list holds %s, want %s", list[0].ID, created.ID)
		}
		if ids := octet(t, "__complete", "jobs", "get", ""); !strings.HasPrefix(ids, created.ID+"\tmodel.tflite, succeeded\n") {
			t.Errorf("a shell is offered %q", ids)
		}
		os.Unsetenv("OCTET_COORDINATOR")
		octet(t, append(convert, "-o", want)...)
		if sum(t, got) != sum(t, want) {
			t.Error("the cluster made other bytes than this process")
		}
	})
}
