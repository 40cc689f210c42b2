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

// run returns the cost of the cheapest cut, and which nodes lie on the sink's side in that of the cheapest ones where these are most (Ford and Fulkerson, 1956, with
// shortest paths first). It fails, with false, if the cost is limit or more.
func (c *cut) run(limit int) (cost int, sink []bool, ok bool) {
	for cost < limit {
		came := c.reach()
		if came[1] < 0 {
			sink = make([]bool, len(c.edges))
			for i := range sink {
				sink[i] = i != 0 && came[i] < 0
			}
			return cost, sink, true
		}
		flow := unlimited
		for at := 1; at != 0; at = c.to[came[at]^1] {
			flow = min(flow, c.left[came[at]])
		}
		for at := 1; at != 0; at = c.to[came[at]^1] {
			c.left[came[at]] -= flow
			c.left[came[at]^1] += flow
		}
		cost += flow
	}
	return cost, nil, false
}

// reach returns the edge by which each node is reached from the source along edges with something left, -1 for those that are not.
func (c *cut) reach() []int {
	came := make([]int, len(c.edges))
	for i := range came {
		came[i] = -1
	}
	queue := []int{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range c.edges[at] {
			if b := c.to[e]; b != 0 && came[b] < 0 && c.left[e] > 0 {
				came[b] = e
				queue = append(queue, b)
			}
		}
	}
	return came
}
