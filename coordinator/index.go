package coordinator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// index holds records by id, and in the order of their creation.
type index struct {
	records  map[string]Record
	requests map[string]string // ids by the names of requests
	order    []string          // positions, ascending
	named    map[name]int      // how many records of a namespace name a blob
	texts    map[string]int    // by namespace, about how many bytes its records take in the journal
}

// name is a blob that a namespace's jobs name.
type name struct{ namespace, digest string }

func newIndex() index {
	return index{records: map[string]Record{}, requests: map[string]string{}, named: map[name]int{}, texts: map[string]int{}}
}

// position orders jobs by their time, as text.
func position(r Record) string { return fmt.Sprintf("%020d-%s", max(r.Created.UnixNano(), 0), r.ID) }

// positions is the form of what position returns.
var positions = regexp.MustCompile(`^[0-9]{20}-.+$`)

func (x *index) get(id string) (Record, bool) {
	r, ok := x.records[id]
	return r, ok
}

// requested returns the job that a request made.
func (x *index) requested(request string) (Record, bool) {
	r, ok := x.records[x.requests[request]]
	return r, ok
}

// put adds a record, or replaces the one with its id, which was created at the same time.
func (x *index) put(r Record) {
	x.count(x.records[r.ID], -1)
	x.count(r, 1)
	x.records[r.ID] = r
	x.requests[r.request()] = r.ID
	if i, ok := slices.BinarySearch(x.order, position(r)); !ok {
		x.order = slices.Insert(x.order, i, position(r))
	}
}

func (x *index) remove(id string) {
	if i, ok := slices.BinarySearch(x.order, position(x.records[id])); ok {
		x.order = slices.Delete(x.order, i, i+1)
	}
	r := x.records[id]
	x.count(r, -1)
	delete(x.records, id)
	if request := r.request(); x.requests[request] == id {
		delete(x.requests, request)
	}
}

// count counts what a record of a namespace names.
func (x *index) count(r Record, by int) {
	if r.Namespace == "" {
		return
	}
	if x.texts[r.Namespace] += by * r.text(); x.texts[r.Namespace] == 0 {
		delete(x.texts, r.Namespace)
	}
	for _, d := range r.blobs() {
		n := name{r.Namespace, d}
		if x.named[n] += by; x.named[n] == 0 {
			delete(x.named, n)
		}
	}
}

// names reports whether a job of a namespace names a blob.
func (x *index) names(namespace, digest string) bool { return x.named[name{namespace, digest}] > 0 }

// before yields the records that lie before a position, the newest first; all of them if it is empty.
func (x *index) before(at string) func(yield func(Record) bool) {
	return func(yield func(Record) bool) {
		n := len(x.order)
		if at != "" {
			n, _ = slices.BinarySearch(x.order, at)
		}
		for _, p := range slices.Backward(x.order[:n]) {
			_, id, _ := strings.Cut(p, "-")
			if !yield(x.records[id]) {
				return
			}
		}
	}
}
