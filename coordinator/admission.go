package coordinator

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limits bound what clients may ask of a coordinator; 0 stands for no bound.
type Limits struct {
	// Jobs that are not over, in all.
	Jobs int
	// NamespaceJobs are those of one namespace.
	NamespaceJobs int
	// NamespaceShards are the shards of one namespace that run at a time. What is beyond waits.
	NamespaceShards int
}

func (l Limits) valid() bool { return l.Jobs >= 0 && l.NamespaceJobs >= 0 && l.NamespaceShards >= 0 }

// tally counts jobs that are not over, or bytes of jobs, by their namespaces.
type tally struct {
	all   int
	space map[string]int
}

func (t *tally) add(namespace string, n int) {
	if t.space == nil {
		t.space = map[string]int{}
	}
	t.all += n
	if t.space[namespace] += n; t.space[namespace] == 0 {
		delete(t.space, namespace)
	}
}

// full says why one job more would be too many; "" if it would not.
func (l Limits) full(namespace string, unfinished, coming tally) string {
	switch n := unfinished.space[namespace] + coming.space[namespace]; {
	case l.NamespaceJobs > 0 && n >= l.NamespaceJobs:
		return fmt.Sprintf("namespace %q has %d jobs that are not over, which is all that it may have", namespace, n)
	case l.Jobs > 0 && unfinished.all+coming.all >= l.Jobs:
		return fmt.Sprintf("there are %d jobs that are not over, which is all that this coordinator takes", unfinished.all+coming.all)
	}
	return ""
}

// maxTexts bounds what the records of a namespace's jobs may take of the journal, in bytes: etcd refuses everybody when it is full.
const maxTexts = 128 << 20

// text returns about how many bytes a record takes in the journal: what a client chose, and what all have.
func (r *Record) text() int {
	const all = 1 << 10
	n := all + len(r.RequestID) + len(r.Spec.SourceName) + len(r.Spec.Recipe) + len(r.Spec.Signature) + len(r.Spec.RangesName) + len(r.Spec.QuantizedName)
	for _, k := range r.Spec.KeepFloat {
		n += len(k)
	}
	if r.Error != nil {
		n += len(r.Error.Message)
	}
	return n
}

// admit reserves a place for a job that is about to be created, until it is released: by then the job is known, or there will be none.
func (s *Server) admit(r Record) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if why := s.config.Limits.full(r.Namespace, s.unfinished, s.coming); why != "" {
		return nil, exhausted(why, s.pace.next(time.Now()))
	}
	text := r.text()
	if have := s.published.texts[r.Namespace] + s.texts.space[r.Namespace]; r.Namespace != "" && have+text > maxTexts {
		return nil, status.Errorf(codes.ResourceExhausted, "the jobs of namespace %s take %d bytes of the journal, and this one would pass the limit of %d: delete jobs that have ended", r.Namespace, have, maxTexts)
	}
	s.coming.add(r.Namespace, 1)
	s.texts.add(r.Namespace, text)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.coming.add(r.Namespace, -1)
		s.texts.add(r.Namespace, -text)
	}, nil
}

// pace is how fast jobs end: it tells those who are turned away when to ask again.
type pace struct{ ends []time.Time } // of the latest jobs, at most lookBack

const (
	minRetry = time.Second
	maxRetry = 30 * time.Second
)

func (p *pace) ended(now time.Time) {
	if len(p.ends) == lookBack {
		p.ends = slices.Delete(p.ends, 0, 1)
	}
	p.ends = append(p.ends, now)
}

// next returns the time after which one more job will have ended, most likely.
func (p *pace) next(now time.Time) time.Duration {
	if len(p.ends) == 0 {
		return maxRetry / 6
	}
	mean := now.Sub(p.ends[0]) / time.Duration(len(p.ends))
	return min(max(mean, minRetry), maxRetry)
}
