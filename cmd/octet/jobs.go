package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/client"
)

func newJobs(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "Look after the jobs of a cluster",
		Long: `Look after the jobs of a cluster, by the id that 'octet convert --coordinator' prints. Jobs that have ended are kept for a time,
so that what they made can be fetched later.`,
		Example: `  octet convert model.tflite -o int8.tflite --data samples.npz --coordinator cluster:8470 --detach
  octet jobs list --coordinator cluster:8470
  octet jobs watch JOB --coordinator cluster:8470
  octet jobs get JOB -o int8.tflite --stats stats.json --coordinator cluster:8470
  octet jobs explain JOB --coordinator cluster:8470`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newJobsList(s), newJobsGet(s), newJobsWatch(s), newJobsExplain(s), newJobsCancel(s), newJobsDelete(s))
	return cmd
}

// jobCommand is a command on the coordinator's jobs.
func jobCommand(use, short string, args cobra.PositionalArgs, do func(cmd *cobra.Command, c *client.Client, args []string) error) *cobra.Command {
	var at endpoint
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := at.dial(cmd.Context())
			if err != nil {
				return err
			}
			defer c.Close()
			return do(cmd, c, args)
		},
	}
	at.add(cmd, "127.0.0.1:8470", "HOST:PORT of the coordinator, or of all of them, HOST:PORT,...")
	cmd.ValidArgsFunction = func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if !strings.Contains(use, "ID") || fromEnvironment(cmd.Flags(), os.LookupEnv) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return jobIDs(cmd.Context(), &at), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
	return cmd
}

// jobIDs lists the jobs' ids for a shell, with what they are; none if the coordinator does not answer at once.
func jobIDs(ctx context.Context, at *endpoint) []cobra.Completion {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := at.dial(ctx)
	if err != nil {
		return nil
	}
	defer c.Close()
	jobs, err := c.List(ctx)
	if err != nil {
		return nil
	}
	var ids []cobra.Completion
	for _, j := range jobs {
		ids = append(ids, cobra.CompletionWithDesc(j.ID, fmt.Sprintf("%s, %s", j.SourceName, j.State)))
	}
	return ids
}

func newJobsList(s streams) *cobra.Command {
	var asJSON bool
	cmd := jobCommand("list", "List jobs, the newest first", cobra.NoArgs, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		jobs, err := c.List(cmd.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(s.out, append([]client.Job{}, jobs...)) // no jobs are [], not null
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSTATE\tSAMPLES\tCREATED\tTOOK\tSOURCE")
		for _, j := range jobs {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", j.ID, j.State, samplesText(j.Progress),
				j.Created.Local().Format(time.DateTime), took(j), j.SourceName)
		}
		return w.Flush()
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func samplesText(p client.Progress) string {
	if p.SamplesTotal == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", p.SamplesDone, p.SamplesTotal)
}

func took(j client.Job) string {
	if !j.State.Final() {
		return "-"
	}
	return j.Ended.Sub(j.Created).Round(time.Millisecond).String()
}

func newJobsGet(s streams) *cobra.Command {
	var asJSON bool
	var out, stats, verification string
	cmd := jobCommand("get ID", "Show a job, and fetch its result", want("ID"), func(cmd *cobra.Command, c *client.Client, args []string) error {
		j, err := c.Get(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if out != "" || stats != "" || verification != "" {
			if err := fetchResults(cmd.Context(), c, j, out, stats, verification); err != nil {
				return err
			}
		}
		if asJSON {
			return writeJSON(s.out, j)
		}
		return showJob(s.out, j)
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Example = `  octet jobs get JOB -o int8.tflite --stats stats.json --coordinator cluster:8470
  octet jobs get JOB --json | jq .state`
	cmd.Flags().StringVarP(&out, "output", "o", "", "file for the model that the job made")
	cmd.Flags().StringVar(&stats, "stats", "", "file for its statistics")
	cmd.Flags().StringVar(&verification, "verification", "", "file for what its verification found")
	return cmd
}

func showJob(w io.Writer, j client.Job) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "id\t%s\nsource\t%s\nscheme\t%s\nstate\t%s\n", j.ID, j.SourceName, j.Scheme, j.State)
	p := j.Progress
	if p.ShardsTotal > 0 {
		fmt.Fprintf(t, "samples\t%d of %d\nshards\t%d of %d\n", p.SamplesDone, p.SamplesTotal, p.ShardsDone, p.ShardsTotal)
	}
	if j.Namespace != "" {
		fmt.Fprintf(t, "namespace\t%s\n", j.Namespace)
	}
	if j.Priority != "" {
		fmt.Fprintf(t, "priority\t%s\n", j.Priority)
	}
	if j.StatsFrom != "" {
		fmt.Fprintf(t, "statistics\tof job %s\n", j.StatsFrom)
	}
	if p.Waiting != "" {
		fmt.Fprintf(t, "waiting\t%s\n", p.Waiting)
	}
	fmt.Fprintf(t, "created\t%s\n", j.Created.Local().Format(time.DateTime))
	if j.State.Final() {
		fmt.Fprintf(t, "took\t%s\n", took(j))
	}
	if j.Model != nil {
		fmt.Fprintf(t, "model\t%s, sha256 %s\n", bytesText(j.Model.Size), j.Model.Digest)
	}
	if j.Error != nil {
		fmt.Fprintf(t, "error\t%s\n", j.Error.Message)
	}
	return t.Flush()
}

func newJobsWatch(s streams) *cobra.Command {
	return jobCommand("watch ID", "Follow a job to its end", want("ID"), func(cmd *cobra.Command, c *client.Client, args []string) error {
		bar := newProgress(s.err)
		j, err := c.Watch(cmd.Context(), args[0], func(j client.Job) { bar.job(j) })
		bar.close()
		if err != nil {
			return err
		}
		if err := jobOutcome(j); err != nil {
			return err
		}
		return showJob(s.out, j)
	})
}

// jobOutcome returns the error of a job that did not succeed.
func jobOutcome(j client.Job) error {
	switch j.State {
	case client.Failed:
		if j.Error != nil {
			return j.Error
		}
		return fmt.Errorf("job %s failed", j.ID)
	case client.Cancelled:
		return fmt.Errorf("job %s was cancelled", j.ID)
	default:
		return nil
	}
}

func newJobsCancel(s streams) *cobra.Command {
	return jobCommand("cancel ID...", "End jobs that run", want("ID…"), func(cmd *cobra.Command, c *client.Client, args []string) error {
		for _, id := range args {
			j, err := c.Cancel(cmd.Context(), id)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.out, "%s %s\n", j.ID, j.State)
		}
		return nil
	})
}

func newJobsDelete(s streams) *cobra.Command {
	return jobCommand("delete ID...", "Remove jobs that have ended", want("ID…"), func(cmd *cobra.Command, c *client.Client, args []string) error {
		for _, id := range args {
			if err := c.Delete(cmd.Context(), id); err != nil {
				return err
			}
			fmt.Fprintf(s.out, "%s deleted\n", id)
		}
		return nil
	})
}

func newStore(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Look after a coordinator's store of blobs",
		Args:  noCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var grace time.Duration
	var dryRun bool
	gc := jobCommand("gc", "Delete blobs that no job refers to", cobra.NoArgs, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		blobs, bytes, err := c.Blobs.Collect(cmd.Context(), grace, dryRun)
		if err != nil {
			return err
		}
		verb := "deleted"
		if dryRun {
			verb = "would delete"
		}
		fmt.Fprintf(s.out, "%s %d blobs, %s\n", verb, blobs, bytesText(bytes))
		return nil
	})
	gc.Example = `  octet store gc --dry-run --coordinator cluster:8470`
	gc.Flags().DurationVar(&grace, "grace", -1, "keep blobs younger than this (default: the coordinator's setting)")
	gc.Flags().Lookup("grace").DefValue = "" // not "-1ns"
	gc.Flags().BoolVar(&dryRun, "dry-run", false, "only tell what would be deleted")
	cmd.AddCommand(gc)
	return cmd
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// countSamples says how many samples there are.
func countSamples[T int | int64 | uint64](n T) string {
	if n == 1 {
		return "1 sample"
	}
	return fmt.Sprint(n, " samples")
}

// bytesText writes a size for people.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
