package worker

import (
	"sync"

	"github.com/octetlite/octet/pkg/shard"
)

// models keeps a number of models ready, the most recently used first. Callers that want the same one share its loading.
type models struct {
	limit int
	mu    sync.Mutex
	all   []*loaded
}

type loaded struct {
	digest, signature string
	once              sync.Once
	model             *shard.Model
	err               error
}

func newModels(limit int) *models { return &models{limit: limit} }

// get returns the model with the given digest, calling load for one that is not there. An error is not kept.
func (m *models) get(digest, signature string, load func() (*shard.Model, error)) (*shard.Model, error) {
	l := m.find(digest, signature)
	l.once.Do(func() { l.model, l.err = load() })
	if l.err != nil {
		m.remove(l)
	}
	return l.model, l.err
}

func (m *models) find(digest, signature string) *loaded {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, l := range m.all {
		if l.digest == digest && l.signature == signature {
			copy(m.all[1:i+1], m.all[:i])
			m.all[0] = l
			return l
		}
	}
	l := &loaded{digest: digest, signature: signature}
	m.all = append([]*loaded{l}, m.all[:min(len(m.all), m.limit-1)]...)
	return l
}

func (m *models) remove(l *loaded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, x := range m.all {
		if x == l {
			m.all = append(m.all[:i], m.all[i+1:]...)
			return
		}
	}
}
