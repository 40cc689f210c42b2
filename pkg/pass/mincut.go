package pass

// cut is a flow network with nodes 0 (the source), 1 (the sink) and those that node adds. Capacities are whole numbers.
type cut struct {
	edges [][]int // by node: indices into to and left, of which i and i^1 are an edge and its reverse
	to    []int
	left  []int // what more can flow
}

// unlimited is the capacity of edges that are never cut.
const unlimited = 1 << 30

func newCut() *cut { return &cut{edges: make([][]int, 2)} }

// node adds a node.
func (c *cut) node() int {
	c.edges = append(c.edges, nil)
	return len(c.edges) - 1
}

// edge adds an edge that costs its capacity if a lies on the source's side and b on the sink's.
func (c *cut) edge(a, b, capacity int) {
	if a == b {
		return
	}
	c.edges[a], c.edges[b] = append(c.edges[a], len(c.to)), append(c.edges[b], len(c.to)+1)
	c.to, c.left = append(c.to, b, a), append(c.left, capacity, 0)
}

// run returns the cost of the cheapest cut, and which nodes lie on the sink's side in that of the cheapest ones where these are most: the greatest flow, by
// Dinic's algorithm (1970). It fails, with false, if the cost is limit or more.
func (c *cut) run(limit int) (cost int, sink []bool, ok bool) {
	for {
		level := c.levels()
		if level[1] < 0 {
			sink = make([]bool, len(c.edges))
			for i := range sink {
				sink[i] = level[i] < 0
			}
			return cost, sink, true
		}
		tried := make([]int, len(c.edges))
		for {
			flow := c.push(0, unlimited, level, tried)
			if flow == 0 {
				break
			}
			if cost += flow; cost >= limit {
				return cost, nil, false
			}
		}
	}
}

// levels returns the distance of each node from the source along edges with something left, -1 for those that are not reached.
func (c *cut) levels() []int {
	level := make([]int, len(c.edges))
	for i := range level {
		level[i] = -1
	}
	level[0] = 0
	queue := []int{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range c.edges[at] {
			if b := c.to[e]; level[b] < 0 && c.left[e] > 0 {
				level[b] = level[at] + 1
				queue = append(queue, b)
			}
		}
	}
	return level
}

// push sends up to flow from a node to the sink along edges that lead away from the source, and returns how much. Edges before tried lead nowhere any more.
func (c *cut) push(at, flow int, level, tried []int) int {
	if at == 1 {
		return flow
	}
	for ; tried[at] < len(c.edges[at]); tried[at]++ {
		e := c.edges[at][tried[at]]
		b := c.to[e]
		if c.left[e] <= 0 || level[b] != level[at]+1 {
			continue
		}
		if f := c.push(b, min(flow, c.left[e]), level, tried); f > 0 {
			c.left[e] -= f
			c.left[e^1] += f
			return f
		}
	}
	return 0
}
