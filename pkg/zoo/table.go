package zoo

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Format heads a Table's JSON.
const Format = "octet-batch"

// Table is what became of a zoo.
type Table struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
	Program string   `json:"program"` // its version
	Seconds float64  `json:"seconds"` // of this run, by the clock
	Totals  Totals   `json:"totals"`
	Items   []Result `json:"items"` // in the order of the plan
}

// Totals are counts of items, and sums over those with a file.
type Totals struct {
	Items     int   `json:"items"`
	Converted int   `json:"converted"`
	Kept      int   `json:"kept"`
	Same      int   `json:"same"`
	Broken    int   `json:"broken"`
	Refused   int   `json:"refused"`
	Failed    int   `json:"failed"`
	Pending   int   `json:"pending"`
	Source    int64 `json:"source_bytes"`
	Bytes     int64 `json:"bytes"`
}

// NewTable returns the table of results.
func NewTable(program string, seconds float64, items []Result) *Table {
	t := &Table{Format: Format, Version: Version, Program: program, Seconds: seconds, Items: items, Totals: Totals{Items: len(items)}}
	n := &t.Totals
	counts := map[State]*int{Converted: &n.Converted, Kept: &n.Kept, Same: &n.Same, Broken: &n.Broken, Refused: &n.Refused, Failed: &n.Failed, Pending: &n.Pending}
	for _, r := range items {
		*counts[r.State]++
		if r.State.Made() {
			n.Source += r.SourceBytes
			n.Bytes += r.Bytes
		}
	}
	return t
}

// columns of a table as CSV.
var columns = []struct {
	name string
	of   func(r *Result) string
}{
	{"name", func(r *Result) string { return r.Name }},
	{"scheme", func(r *Result) string { return r.Scheme }},
	{"state", func(r *Result) string { return string(r.State) }},
	{"source_bytes", func(r *Result) string { return strconv.FormatInt(r.SourceBytes, 10) }},
	{"bytes", func(r *Result) string { return strconv.FormatInt(r.Bytes, 10) }},
	{"sqnr_db", func(r *Result) string { return decimal(r.SQNR) }},
	{"agreement", func(r *Result) string { return decimal(r.Agreement) }},
	{"seconds", func(r *Result) string { return strconv.FormatFloat(r.Seconds, 'f', 3, 64) }},
	{"operators", func(r *Result) string { return strconv.Itoa(r.Operators) }},
	{"float_operators", func(r *Result) string { return strconv.Itoa(r.FloatCount()) }},
	{"float", FloatText},
	{"output", func(r *Result) string { return r.Output }},
	{"sha256", func(r *Result) string { return r.SHA256 }},
	{"error", func(r *Result) string { return r.Error }},
}

func decimal(x *float64) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(*x, 'g', -1, 64)
}

// FloatText lists the kinds of operators that stay float, as "2 SOFTMAX, 1 TOPK_V2".
func FloatText(r *Result) string {
	var names []string
	count := map[string]int{}
	for _, f := range r.Float {
		if count[f.Op] == 0 {
			names = append(names, f.Op)
		}
		count[f.Op] += f.Count
	}
	for i, n := range names {
		names[i] = fmt.Sprintf("%d %s", count[n], n)
	}
	return strings.Join(names, ", ")
}

// WriteCSV writes the items, a heading before them.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	row := make([]string, len(columns))
	for i, col := range columns {
		row[i] = col.name
	}
	if err := c.Write(row); err != nil {
		return err
	}
	for i := range t.Items {
		for k, col := range columns {
			row[k] = col.of(&t.Items[i])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
