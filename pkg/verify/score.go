package verify

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/tensor"
)

// maxClasses bounds the classes that a model's integers may name.
const maxClasses = 1 << 16

// Counts are answers that were counted. Without labels the float model's first answer is the right one.
type Counts struct {
	Answers   uint64  `json:"answers"` // samples, or pixels
	Void      uint64  `json:"void"`    // pixels whose label is no class: they are in no other count
	Agree     uint64  `json:"agree"`   // both models have the same answer
	Classes   int     `json:"classes"` // how many an output tells apart; 0 if it holds the answer itself
	Float     Hits    `json:"float"`
	Quantized Hits    `json:"quantized"`
	ByClass   []Class `json:"by_class,omitempty"` // with Segment
}

// Hits are right answers of a model: the first, and one of the first five. Where an output holds the answer itself, both are the same.
type Hits struct {
	Top1 uint64 `json:"top1"`
	Top5 uint64 `json:"top5"`
}

// Class counts pixels of one class: those that have it, those that each model gave it, and those of which it was right to.
type Class struct {
	Labels         uint64 `json:"labels"`
	Float          uint64 `json:"float"`
	FloatRight     uint64 `json:"float_right"`
	Quantized      uint64 `json:"quantized"`
	QuantizedRight uint64 `json:"quantized_right"`
}

// merge adds another part's counts.
func (c *Counts) merge(o Counts) {
	c.Answers += o.Answers
	c.Void += o.Void
	c.Agree += o.Agree
	c.Classes = max(c.Classes, o.Classes)
	c.Float.merge(o.Float)
	c.Quantized.merge(o.Quantized)
	for i, k := range o.ByClass {
		to := c.class(i)
		to.Labels += k.Labels
		to.Float += k.Float
		to.FloatRight += k.FloatRight
		to.Quantized += k.Quantized
		to.QuantizedRight += k.QuantizedRight
	}
}

func (h *Hits) merge(o Hits) { h.Top1, h.Top5 = h.Top1+o.Top1, h.Top5+o.Top5 }

// class returns the counts of a class.
func (c *Counts) class(i int) *Class {
	if n := i + 1 - len(c.ByClass); n > 0 {
		c.ByClass = append(c.ByClass, make([]Class, n)...)
	}
	return &c.ByClass[i]
}

// answers is an output that holds answers: of each pixel numbers by class, or the class.
type answers struct {
	pixels, classes int       // classes is 0 if the output holds the class itself
	numbers         []float32 // by pixel and class
	given           []int     // by pixel
}

// read takes an output for answers to a task.
func read(task Task, t *tensor.Tensor) (answers, error) {
	shape := ofSample(t.Shape)
	n := shape.Elements()
	if t.DType != tensor.Float32 {
		given, err := t.Ints()
		if err == nil && task == Classify && n != 1 {
			err = fmt.Errorf("%v%v holds %d integers, want the class", t.DType, t.Shape, n)
		}
		if i := slices.IndexFunc(given, func(c int) bool { return c < 0 || c >= maxClasses }); err == nil && i >= 0 {
			err = fmt.Errorf("%d is no class", given[i])
		}
		return answers{pixels: n, given: given}, err
	}
	a := answers{pixels: 1, classes: n, numbers: tensor.View[float32](t)}
	if task == Segment {
		a.classes = 1
		switch len(shape) {
		case 2:
		case 3:
			a.classes = shape[2]
		default:
			return a, fmt.Errorf("%v%v holds no mask: want height, width and classes", t.DType, t.Shape)
		}
		a.pixels = n / max(a.classes, 1)
	}
	if a.pixels == 0 || a.classes == 0 || a.classes > maxClasses {
		return a, fmt.Errorf("%v%v has no numbers of 1 to %d classes", t.DType, t.Shape, maxClasses)
	}
	return a, nil
}

// first returns the answer of a pixel: the class of the greatest number, the first of equal ones. A single number tells class 1 from 0: it is 1 above a half.
func (a *answers) first(pixel int) int {
	if a.classes == 0 {
		return a.given[pixel]
	}
	numbers := a.numbers[pixel*a.classes : (pixel+1)*a.classes]
	if a.classes == 1 {
		if numbers[0] > 0.5 {
			return 1
		}
		return 0
	}
	best := 0
	for i, x := range numbers {
		if x > numbers[best] || numbers[best] != numbers[best] {
			best = i
		}
	}
	return best
}

// hits counts a right class among the answers of a pixel whose first is known.
func (a *answers) hits(h *Hits, pixel, first, right int) {
	const most = 5
	if first == right {
		h.Top1++
		h.Top5++
		return
	}
	if a.classes <= 1 || right >= a.classes {
		return
	}
	numbers := a.numbers[pixel*a.classes : (pixel+1)*a.classes]
	if numbers[right] != numbers[right] {
		return
	}
	before := 0
	for i, x := range numbers {
		if x > numbers[right] || x == numbers[right] && i < right {
			before++
		}
	}
	if before < most {
		h.Top5++
	}
}

// limit is the number of classes that a label may name.
func (a *answers) limit() int {
	switch a.classes {
	case 0:
		return maxClasses
	case 1:
		return 2
	}
	return a.classes
}

// add counts the answers to one sample: both models' outputs as real numbers, and the label if there are labels.
func (c *Counts) add(q Question, want, got *tensor.Tensor, label []int32) error {
	float, err := read(q.Task, want)
	if err != nil {
		return fmt.Errorf("output %d of the float model: %w", q.Output, err)
	}
	quantized, err := read(q.Task, got)
	switch {
	case err != nil:
		return fmt.Errorf("output %d: %w", q.Output, err)
	case quantized.pixels != float.pixels || quantized.classes != float.classes:
		return fmt.Errorf("output %d has %d answers of %d classes, the float model's %d of %d", q.Output, quantized.pixels, quantized.classes, float.pixels, float.classes)
	case q.Labels && len(label) != float.pixels:
		return fmt.Errorf("its label has %d elements, output %d has %d answers", len(label), q.Output, float.pixels)
	}
	c.Classes = max(c.Classes, float.classes)
	for i := range float.pixels {
		f, g := float.first(i), quantized.first(i)
		right := f
		if q.Labels {
			right = int(label[i])
		}
		if right < 0 || right >= float.limit() {
			if q.Task == Segment {
				c.Void++
				continue
			}
			return fmt.Errorf("its label is %d, output %d has classes 0 to %d", right, q.Output, float.limit()-1)
		}
		c.Answers++
		if f == g {
			c.Agree++
		}
		if q.Task == Segment {
			c.count(right, f, g)
			continue
		}
		float.hits(&c.Float, i, f, right)
		quantized.hits(&c.Quantized, i, g, right)
	}
	return nil
}

// count counts a pixel: the right class, and the models' answers.
func (c *Counts) count(right, float, quantized int) {
	c.class(max(right, float, quantized))
	c.ByClass[right].Labels++
	c.ByClass[float].Float++
	c.ByClass[quantized].Quantized++
	if float == right {
		c.ByClass[right].FloatRight++
		c.Float.Top1++
	}
	if quantized == right {
		c.ByClass[right].QuantizedRight++
		c.Quantized.Top1++
	}
}
