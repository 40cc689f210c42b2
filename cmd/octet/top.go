package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/octetlite/octet/client"
)

// topFlags are the flags of octet top.
type topFlags struct {
	once, json bool
	every      time.Duration
	jobs       int
}

func newTop(s streams) *cobra.Command {
	var f topFlags
	cmd := jobCommand("top", "Show what a cluster does, live", cobra.NoArgs, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		switch {
		case f.every < 100*time.Millisecond:
			return usagef("--every %v: want at least 100ms", f.every)
		case f.jobs < 1 || f.jobs > 500:
			return usagef("--jobs %d: want 1 to 500", f.jobs)
		}
		in, out := terminal(s.in), terminal(s.out)
		if f.once || f.json || out == nil || in == nil {
			return topOnce(cmd.Context(), s.out, c, f)
		}
		return topLive(cmd.Context(), in, out, c, f)
	})
	cmd.Long = `Show what a cluster does: who leads, jobs, workers, and samples per second.

On a terminal the view is live: q quits, and the view follows the terminal's size. Elsewhere, and with
--once, it is printed once; with --json, as JSON, for programs.`
	cmd.Example = `  octet top --coordinator a:8470,b:8470
  octet top --json | jq '.shards_waiting'`
	cmd.Flags().BoolVar(&f.once, "once", false, "print the view once")
	cmd.Flags().BoolVar(&f.json, "json", false, "print what is known as JSON, once")
	cmd.Flags().DurationVar(&f.every, "every", time.Second, "time between two looks")
	cmd.Flags().IntVar(&f.jobs, "jobs", 50, "show at most so many jobs, those that are not over first")
	return cmd
}

// terminal returns a stream's file if it is a terminal, else nil.
func terminal(stream any) *os.File {
	if f, ok := stream.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// topOnce prints one view. What is per second is since the leader's term began, since there is one look only.
func topOnce(ctx context.Context, w io.Writer, c *client.Client, f topFlags) error {
	now, err := c.Cluster(ctx, f.jobs)
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(w, now)
	}
	for _, line := range topView(now, rates{}, 0, 0) {
		fmt.Fprintln(w, line)
	}
	return nil
}

// What a terminal is told.
const (
	screenOn  = "\x1b[?1049h\x1b[?25l" // another screen, no cursor
	screenOff = "\x1b[?25h\x1b[?1049l"
	screenTop = "\x1b[H"
	lineEnd   = "\x1b[K\r\n"
	rest      = "\x1b[J" // of the screen: clear
	inverse   = "\x1b[7m"
	normal    = "\x1b[0m"
)

// sizeEvery is how often a live view looks whether the terminal's size has changed.
const sizeEvery = 100 * time.Millisecond

// topLive shows views until q is typed, or the context ends.
func topLive(ctx context.Context, in, out *os.File, c *client.Client, f topFlags) (err error) {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fmt.Fprint(out, screenOn)
	defer func() {
		fmt.Fprint(out, screenOff)
		err = errors.Join(err, term.Restore(int(in.Fd()), before))
	}()
	go func() { // ends with the process, if nothing is typed any more
		keys := bufio.NewReader(in)
		for {
			k, err := keys.ReadByte()
			if err != nil || k == 'q' || k == 'Q' || k == 3 || k == 4 { // Ctrl-C and Ctrl-D
				cancel()
				return
			}
		}
	}()
	views := make(chan topLook)
	go watchCluster(ctx, c, f, views)
	size := time.NewTicker(sizeEvery)
	defer size.Stop()
	var look topLook
	var width, height int
	for {
		select {
		case <-ctx.Done():
			return nil
		case look = <-views:
		case <-size.C:
			w, h, err := term.GetSize(int(out.Fd()))
			if err != nil || w == width && h == height {
				continue
			}
			width, height = w, h
		}
		if width > 0 && height > 0 {
			if err := draw(out, look, width, height); err != nil {
				return err
			}
		}
	}
}

// topLook is what a look at a cluster found.
type topLook struct {
	cluster client.Cluster
	rates   rates
	err     error // of the last look, if it failed
}

// watchCluster looks at a cluster from time to time until the context ends. A look that fails leaves what was seen before.
func watchCluster(ctx context.Context, c *client.Client, f topFlags, to chan<- topLook) {
	var seen []client.Cluster
	var at []time.Time
	for {
		call, cancel := context.WithTimeout(ctx, max(f.every, 5*time.Second))
		now, err := c.Cluster(call, f.jobs)
		cancel()
		look := topLook{err: err}
		if err == nil {
			seen = append(seen, now)
			seen = seen[max(len(seen)-lookBack, 0):]
			at = append(at, time.Now())
			at = at[max(len(at)-lookBack, 0):]
		}
		if len(seen) > 0 {
			look.cluster, look.rates = seen[len(seen)-1], ratesOf(seen[0], seen[len(seen)-1], at[len(at)-1].Sub(at[0]))
		}
		select {
		case to <- look:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(f.every):
		case <-ctx.Done():
			return
		}
	}
}

// draw fills the terminal.
func draw(w io.Writer, look topLook, width, height int) error {
	var lines []string
	if !look.cluster.Time.IsZero() {
		lines = topView(look.cluster, look.rates, width, height-1)
	}
	foot := "q quits"
	if look.err != nil {
		foot = printable(rpcWords.ReplaceAllString(look.err.Error(), ""))
	} else if look.cluster.Time.IsZero() {
		foot = "looking for the coordinator…   " + foot
	}
	var text strings.Builder
	text.WriteString(screenTop)
	for _, l := range lines {
		text.WriteString(l + lineEnd)
	}
	text.WriteString(inverse + pad(clipText(foot, width-1), width-1) + normal + rest)
	_, err := io.WriteString(w, text.String())
	return err
}
