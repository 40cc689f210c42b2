package hdf5

import "sync"

// maxKept is how many groups are kept: in the worst case, the names of each share a heap as large as the file.
const maxKept = 16

// groups keeps groups that were read, by the address of their headers: who opens one dataset after the other goes through the same groups each time.
type groups struct {
	mu   sync.Mutex
	read map[uint64]*Group
}

// get returns a group, reached by a path, or nil.
func (c *groups) get(addr uint64, path string) *Group {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.read[addr]
	if g == nil || g.path == path {
		return g
	}
	other := *g
	other.path = path
	return &other
}

// put keeps a group, and forgets all others where they would be too many.
func (c *groups) put(addr uint64, g *Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.read) == maxKept || c.read == nil {
		c.read = map[uint64]*Group{}
	}
	c.read[addr] = g
}
