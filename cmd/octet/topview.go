package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/octetlite/octet/client"
)

// lookBack is how many looks rates are taken over.
const lookBack = 6

// rates are samples per second. Its zero value stands for unknown ones.
type rates struct {
	all     float64
	workers map[string]float64 // by id
}

// ratesOf compares two looks at a cluster in the same term, with so much time between them: the coordinator's clock may have been set.
func ratesOf(then, now client.Cluster, between time.Duration) rates {
	seconds := between.Seconds()
	if seconds <= 0 || then.Term != now.Term || !then.TermStart.Equal(now.TermStart) {
		return rates{}
	}
	r := rates{all: float64(now.Samples-then.Samples) / seconds, workers: map[string]float64{}}
	for _, w := range then.Workers {
		r.workers[w.ID] = -float64(w.Samples)
	}
	for _, w := range now.Workers {
		r.workers[w.ID] = (r.workers[w.ID] + float64(w.Samples)) / seconds
	}
	return r
}

// topView returns the lines of a view of the given size in columns and rows; a size of 0 is none. Where there is no room, jobs and workers are left out, and counted.
func topView(c client.Cluster, r rates, width, height int) []string {
	slots, running := 0, 0
	for _, w := range c.Workers {
		slots += w.Slots
		running += w.Running
	}
	lines := []string{
		fmt.Sprintf("octet %s, numerics %d, at %s", printable(c.Version), c.Numerics, c.Time.Local().Format(time.DateTime)),
		fmt.Sprintf("leader %s for %s, term %d", printable(c.Leader), shortDuration(c.Time.Sub(c.TermStart)), c.Term),
		fmt.Sprintf("workers %d with %d slots, %d in use   shards %d waiting, %d running   samples %d, %s",
			len(c.Workers), slots, running, c.Waiting, c.Running, c.Samples, rateText(r.all, r.workers != nil)),
		"jobs " + countsText(c.Counts),
	}
	if text := namespacesText(c.Namespaces); text != "" {
		lines = append(lines, "shares "+text)
	}
	room := height - len(lines) - 4 // two heads, each behind an empty line
	jobs, workers := jobRows(c), workerRows(c, r)
	if height > 0 {
		// Workers get what jobs leave, and at least a third.
		forWorkers := max(room-len(jobs), room/3)
		workers = cut(workers, max(min(forWorkers, len(workers)), 1))
		jobs = cut(jobs, max(room-len(workers), 1))
	}
	lines = append(lines, "")
	lines = append(lines, columns([]string{"JOB", "STATE", "SAMPLES", "SHARDS", "AGE", "SOURCE", ""}, jobs)...)
	lines = append(lines, "")
	lines = append(lines, columns([]string{"WORKER", "SLOTS", "GIB", "SAMPLES", "PER S", "OK", "FAILED", "ADDRESS", ""}, workers)...)
	if height > 0 {
		lines = lines[:min(len(lines), height)]
	}
	if width > 0 {
		for i, l := range lines {
			lines[i] = clipText(l, width)
		}
	}
	return lines
}

func countsText(counts map[client.State]int) string {
	var all []string
	for _, s := range []client.State{client.Preparing, client.Calibrating, client.Comparing, client.Finishing, client.Succeeded, client.Failed, client.Cancelled} {
		if counts[s] > 0 {
			all = append(all, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

// namespacesText tells how namespaces share the workers; nothing where there is only the one of those who have none.
func namespacesText(namespaces []client.Namespace) string {
	var all []string
	for _, n := range namespaces {
		name := cmp.Or(printable(n.Name), "(none)")
		all = append(all, fmt.Sprintf("%s %d: %d jobs, %d waiting, %d running", name, n.Weight, n.Jobs, n.Waiting, n.Running))
	}
	if len(namespaces) == 1 && namespaces[0].Name == "" {
		return ""
	}
	return strings.Join(all, "; ")
}

// memoryText writes what is taken of a worker's memory for models and shards.
func memoryText(taken, all int64) string {
	if all == 0 {
		return "-"
	}
	const gib = 1 << 30
	return fmt.Sprintf("%.1f/%.1f", float64(taken)/gib, float64(all)/gib)
}

func rateText(perSecond float64, known bool) string {
	switch {
	case !known:
		return "- per s"
	case perSecond < 100:
		return fmt.Sprintf("%.1f per s", perSecond)
	}
	return fmt.Sprintf("%.0f per s", perSecond)
}

func jobRows(c client.Cluster) (rows [][]string) {
	for _, j := range c.Jobs {
		p := j.Progress
		end := c.Time
		if j.State.Final() {
			end = j.Ended
		}
		note := p.Waiting
		if j.Error != nil {
			note = j.Error.Message
		}
		samples, shards := "-", "-"
		if p.ShardsTotal > 0 {
			samples = fmt.Sprintf("%3d%% of %d", 100*p.SamplesDone/max(p.SamplesTotal, 1), p.SamplesTotal)
			shards = fmt.Sprintf("%d/%d +%d", p.ShardsDone, p.ShardsTotal, p.Running)
		}
		rows = append(rows, []string{printable(j.ID), string(j.State), samples, shards, shortDuration(end.Sub(j.Created)), printable(j.SourceName), printable(note)})
	}
	return rows
}

// workerRows puts the busiest workers first.
func workerRows(c client.Cluster, r rates) (rows [][]string) {
	workers := slices.Clone(c.Workers)
	slices.SortStableFunc(workers, func(a, b client.Worker) int {
		return cmp.Or(cmp.Compare(b.Running, a.Running), cmp.Compare(a.ID, b.ID))
	})
	for _, w := range workers {
		note := ""
		if w.Numerics != c.Numerics {
			note = fmt.Sprintf("numerics %d: gets no shards", w.Numerics)
		} else if w.Resting.After(c.Time) {
			note = "rests for " + shortDuration(w.Resting.Sub(c.Time)) + " after failures"
		}
		perSecond := "-"
		if v, ok := r.workers[w.ID]; ok {
			perSecond = fmt.Sprintf("%.1f", v)
		}
		rows = append(rows, []string{
			printable(w.ID), fmt.Sprintf("%d/%d", w.Running, w.Slots), memoryText(w.Taken, w.Memory), fmt.Sprint(w.Samples), perSecond, fmt.Sprint(w.Succeeded), fmt.Sprint(w.Failed),
			printable(w.Addr), note,
		})
	}
	return rows
}

// cut shortens a list to n rows, the last of which counts those that are missing.
func cut(rows [][]string, n int) [][]string {
	if len(rows) <= n {
		return rows
	}
	return append(slices.Clone(rows[:n-1]), []string{fmt.Sprintf("and %d more", len(rows)-n+1)})
}

// columns lays out rows under a head. A row of one cell takes no column's room.
func columns(head []string, rows [][]string) (lines []string) {
	widths := make([]int, len(head))
	all := append([][]string{head}, rows...)
	for _, row := range all {
		for i, cell := range row {
			if len(row) > 1 {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(pad(cell, widths[i]))
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return lines
}

// pad fills a text up to a width.
func pad(text string, width int) string {
	if n := utf8.RuneCountInString(text); n < width {
		return text + strings.Repeat(" ", width-n)
	}
	return text
}

// clipText cuts a text to a width.
func clipText(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:max(width-1, 0)]) + "…"
}
