package kernel

// F32Chain computes convolutions of images each of which alone reads what the one before makes, some rows of each at a time: what is between them stays in the
// second-level cache, and is not there as a whole at any time. It is immutable, and goroutines may share it.
type F32Chain struct {
	links []chainLink
	steps []chainStep // of an image
}

// F32Link is what chains are made of: F32Conv and F32Depthwise.
type F32Link interface {
	link() (l chainLink, ok bool)
}

// chainLink is a layer of a chain: one of the two.
type chainLink struct {
	conv      *F32Conv
	depthwise *F32Depthwise
	window    Window
	in, out   int  // elements of a row
	weights   int  // elements
	whole     bool // it reads images that are there as a whole
	places    int  // rows of the operand that are there at a time
}

// chainStep is some rows of a layer's result. If it is a first one, it lies at the beginning of its memory.
type chainStep struct {
	link, from, to int
	first          bool
}

// MaxChain is the greatest number of layers of a chain.
const MaxChain = 8

// chainRows is the least number of rows of the first layer's result at a time.
const chainRows = 2

func (c *F32Conv) link() (chainLink, bool) {
	s := &c.spec
	l := chainLink{conv: c, window: s.Window, in: s.W * s.C, out: s.OW * s.OC, weights: len(c.right.data), whole: c.rows != nil}
	return l, c.right.data != nil && s.Groups == 1
}

func (d *F32Depthwise) link() (chainLink, bool) {
	s := &d.spec
	l := chainLink{depthwise: d, window: s.Window, in: s.W * s.C, out: s.OW * s.outputs(), weights: len(d.blocks)}
	return l, d.blocks != nil && s.Multiplier == 1 && s.C >= channelBlock && s.taps() <= maxChainTaps
}

// maxChainTaps is the greatest number of taps of a depthwise convolution in a chain.
const maxChainTaps = 56

// NewF32Chain returns the chain of some layers, whose memory and weights together take at most so many bytes; nil if there is none.
func NewF32Chain(layers []F32Link, bytes int) *F32Chain {
	if len(layers) < 2 || len(layers) > MaxChain {
		return nil
	}
	c, weights, between := linked(layers)
	if c == nil {
		return nil
	}
	// As many rows at a time as there is room for, in parts as equal as possible. The weights are read for each part: together they must be fewer than what needs not be stored.
	height := c.links[0].window.OH
	for parts := 1; (height+parts-1)/parts >= chainRows && parts*weights <= between; parts++ {
		c.plan((height + parts - 1) / parts)
		if 4*(c.Scratch()+weights) <= bytes {
			return c
		}
	}
	return nil
}

// linked returns the chain of some layers without a plan, the number of its weights, and that of the elements between the layers; nil if some can't be linked.
func linked(layers []F32Link) (c *F32Chain, weights, between int) {
	c = &F32Chain{links: make([]chainLink, len(layers))}
	for i, l := range layers {
		var ok bool
		if c.links[i], ok = l.link(); !ok || i > 0 && c.links[i].whole {
			return nil, 0, 0
		}
		weights += c.links[i].weights
		if i > 0 {
			between += c.links[i].window.H * c.links[i].in
		}
	}
	return c, weights, between
}

// plan divides an image into steps: so many rows of the first layer, then what each of the others can make of what is there.
func (c *F32Chain) plan(rows int) {
	c.steps = c.steps[:0]
	for i := range c.links {
		c.links[i].places = 0
	}
	var done [MaxChain]int // rows, by layer
	for done[0] < c.links[0].window.OH {
		for i := range c.links {
			l := &c.links[i]
			to := min(done[0]+rows, l.window.OH)
			if i > 0 {
				to = l.window.within(done[i], done[i-1])
			}
			if to == done[i] {
				continue
			}
			step := chainStep{link: i, from: done[i], to: to}
			if i+1 < len(c.links) {
				next := &c.links[i+1]
				oldest := next.window.oldest(done[i+1])
				step.first = oldest >= done[i]
				next.places = max(next.places, to-min(oldest, done[i]))
			}
			c.steps = append(c.steps, step)
			done[i] = to
		}
	}
}

// within returns the end of the rows of the result from y on that see none of the image but its first rows.
func (w *Window) within(y, rows int) int {
	for y < w.OH && (rows == w.H || y*w.StrideH-w.Top+(w.KH-1)*w.DilationH < rows) {
		y++
	}
	return y
}

// oldest returns the first row of the image that the rows of the result from y on see.
func (w *Window) oldest(y int) int { return max(0, y*w.StrideH-w.Top) }

// Scratch returns how many float32 Run needs.
func (c *F32Chain) Scratch() int {
	n := 0
	for _, l := range c.links[1:] {
		n += l.memory()
	}
	return n
}

// memory returns how many elements of the operand are there at a time, in whole lines of the cache.
func (l *chainLink) memory() int { return (l.places*l.in + 15) &^ 15 }

// Run computes what the last layer makes of the images of in, if the first one is given them. scans see the layers' results.
func (c *F32Chain) Run(out, in, scratch []float32, scans *[MaxChain]*F32Scan) {
	first, last := &c.links[0], &c.links[len(c.links)-1]
	inSize, outSize := first.window.H*first.in, last.window.OH*last.out
	var bands [MaxChain + 1]band
	for i := range c.links[1:] {
		l := &c.links[i+1]
		bands[i+1] = band{data: scratch[:l.memory()], row: l.in, places: l.places}
		scratch = scratch[l.memory():]
	}
	for range batches(len(in), inSize, len(out), outSize) {
		bands[0], bands[len(c.links)] = wholeImage(in[:inSize], first.window.H), wholeImage(out[:outSize], last.window.OH)
		for _, s := range c.steps {
			l, from, to := &c.links[s.link], &bands[s.link], &bands[s.link+1]
			if s.first {
				to.first = s.from
			}
			if l.conv != nil {
				l.conv.band(to, from, s.from, s.to, scans[s.link])
			} else {
				l.depthwise.rows(to, from, l.depthwise.blocks, s.from, s.to, scans[s.link])
			}
		}
		in, out = in[inSize:], out[outSize:]
	}
}
