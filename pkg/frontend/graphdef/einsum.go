package graphdef

import (
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// label names a dimension in Einstein's summation: a letter or, negative, a dimension of the ellipsis, counted from its end, -1 being the last.
type label int

// term is an operand of an einsum with the labels of its dimensions.
type term struct {
	v      *ir.Value
	labels []label
}

// parseEinsum returns the operands with their labels, and the labels of the result.
func parseEinsum(equation string, operands []*ir.Value) (terms []term, result []label) {
	left, right, ok := strings.Cut(strings.ReplaceAll(equation, " ", ""), "->")
	subscripts := strings.Split(left, ",")
	if !ok || len(subscripts) != len(operands) {
		build.Damaged("equation %q for %d operands", equation, len(operands))
	}
	widest := 0
	for i, v := range operands {
		rank := len(v.Type.Shape)
		width := rank - len(strings.ReplaceAll(subscripts[i], "...", ""))
		if width < 0 || width > 0 && !strings.Contains(subscripts[i], "...") {
			build.Damaged("equation %q for an operand of shape %v", equation, v.Type.Shape)
		}
		widest = max(widest, width)
		terms = append(terms, term{v, parseLabels(equation, subscripts[i], width)})
	}
	result = parseLabels(equation, right, widest)
	for i, l := range result {
		if slices.Contains(result[:i], l) {
			build.Refuse("equation %q, whose result repeats a dimension", equation)
		}
		if !slices.ContainsFunc(terms, func(t term) bool { return t.has(l) }) {
			build.Damaged("equation %q, whose result has a dimension that no operand has", equation)
		}
	}
	return terms, result
}

// parseLabels returns the labels of subscripts whose ellipsis stands for the given number of dimensions.
func parseLabels(equation, subscripts string, width int) []label {
	before, after, dots := strings.Cut(subscripts, "...")
	letters := func(s string) (list []label) {
		for _, r := range s {
			if r < 'A' || r > 'z' {
				build.Damaged("equation %q", equation)
			}
			list = append(list, label(r))
		}
		return list
	}
	list := letters(before)
	for i := width; dots && i > 0; i-- {
		list = append(list, label(-i))
	}
	return append(list, letters(after)...)
}

func (t term) has(l label) bool { return slices.Contains(t.labels, l) }

// hasAny reports whether one of the labels is t's.
func (t term) hasAny(list []label) bool { return slices.ContainsFunc(list, t.has) }

// where returns the labels for which a condition holds, in their order.
func where(list []label, is func(label) bool) []label {
	var found []label
	for _, l := range list {
		if is(l) {
			found = append(found, l)
		}
	}
	return found
}

// product is a way to multiply two terms as matrices. Matrices have the batch labels in front.
type product struct {
	left, right                    term
	batch, rows, inner, columns    []label // the rows are left's own labels, the columns right's
	target                         []label // the order of the result
	swapped, leftTurned, rightTurn bool    // matrices are stored with their inner dimension first, or last
}

// products lists the ways to multiply x and y, the first preferred among equals.
func products(x, y term, target []label) []product {
	var list []product
	for _, swapped := range []bool{false, true} {
		p := product{left: x, right: y, target: target, swapped: swapped}
		if swapped {
			p.left, p.right = y, x
		}
		kept := func(l label) bool { return slices.Contains(target, l) }
		p.batch = where(target, func(l label) bool { return l < 0 || p.left.has(l) && p.right.has(l) })
		p.rows = where(target, func(l label) bool { return l >= 0 && !p.right.has(l) })
		p.columns = where(target, func(l label) bool { return l >= 0 && !p.left.has(l) })
		if !p.right.hasAny(p.batch) { // one matrix on the right: rows can be spread over several dimensions
			all := where(target, func(l label) bool { return !p.right.has(l) })
			if n := len(all); n > 0 && !slices.ContainsFunc(p.batch, func(l label) bool { return !p.left.has(l) }) {
				p.batch, p.rows = all[:n-1], all[n-1:]
			}
		}
		for _, t := range []term{x, y} {
			p.inner = where(t.labels, func(l label) bool { return x.has(l) && y.has(l) && !kept(l) })
			p.leftTurned = slices.Equal(p.left.labels, slices.Concat(p.present(p.left), p.inner, p.rows))
			p.rightTurn = slices.Equal(p.right.labels, slices.Concat(p.present(p.right), p.columns, p.inner))
			list = append(list, p)
		}
	}
	return list
}

// present returns the batch labels that a term has.
func (p *product) present(t term) []label { return where(p.batch, t.has) }

// leftOrder and rightOrder return the labels of the operands as they are multiplied.
func (p *product) leftOrder() []label {
	if p.leftTurned {
		return slices.Concat(p.present(p.left), p.inner, p.rows)
	}
	return slices.Concat(p.present(p.left), p.rows, p.inner)
}

func (p *product) rightOrder() []label {
	if p.rightTurn {
		return slices.Concat(p.present(p.right), p.columns, p.inner)
	}
	return slices.Concat(p.present(p.right), p.inner, p.columns)
}

// natural returns the order of the labels in the product.
func (p *product) natural() []label { return slices.Concat(p.batch, p.rows, p.columns) }

// cost counts the transpositions that remain at run time.
func (p *product) cost() int {
	n := 0
	if p.left.v.Const == nil && !slices.Equal(p.left.labels, p.leftOrder()) {
		n++
	}
	if p.right.v.Const == nil && !slices.Equal(p.right.labels, p.rightOrder()) {
		n++
	}
	if !slices.Equal(p.natural(), p.target) {
		n++
	}
	return n
}
