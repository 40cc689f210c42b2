package zoo

// State is what became of an item.
type State string

// The states of items.
const (
	Converted State = "converted"
	Kept      State = "kept"    // an earlier run did it, and nothing has changed since
	Same      State = "same"    // as another item of the zoo, whose result was copied
	Broken    State = "broken"  // converted, and beyond a limit that was set
	Refused   State = "refused" // the model holds something that is not supported
	Failed    State = "failed"
	Pending   State = "pending" // the run ended before its turn
)

// Made reports whether the item has a file.
func (s State) Made() bool { return s == Converted || s == Kept || s == Same || s == Broken }

// Result is what became of an item: a row of a table, and of a journal.
type Result struct {
	Name    string `json:"name"`
	Scheme  string `json:"scheme"`
	State   State  `json:"state"`
	Source  string `json:"source"`
	Output  string `json:"output,omitempty"` // from the folder of results
	Error   string `json:"error,omitempty"`
	SHA256  string `json:"sha256,omitempty"` // of the output
	Digests `json:"digests"`

	SourceBytes int64 `json:"source_bytes,omitempty"`
	Bytes       int64 `json:"bytes,omitempty"`
	// Seconds are by the clock, for this item alone. What it shared with others, such as reading the model and calibrating it, is in the item that came first.
	Seconds    float64 `json:"seconds,omitempty"`
	Samples    uint64  `json:"samples,omitempty"` // that were calibrated on
	Statistics string  `json:"statistics,omitempty"`
	Calibrator string  `json:"calibrator,omitempty"`
	Job        string  `json:"job,omitempty"`

	Verified  uint64   `json:"verified,omitempty"`  // samples over which it was compared with the float model
	SQNR      *float64 `json:"sqnr_db,omitempty"`   // of its worst float output; nil if it was not compared
	Agreement *float64 `json:"agreement,omitempty"` // share of equal answers, where outputs are answers
	Operators int      `json:"operators,omitempty"`
	Float     []Float  `json:"float,omitempty"`
	Notes     []string `json:"notes,omitempty"`
}

// Float are operators that stay float, or whose weights do, for one reason.
type Float struct {
	Op     string `json:"op"`
	Count  int    `json:"count"`
	Reason string `json:"reason"`
}

// FloatCount returns how many operators stay float.
func (r *Result) FloatCount() (n int) {
	for _, f := range r.Float {
		n += f.Count
	}
	return n
}
