package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// mergeTranspose makes one TRANSPOSE of two in a row, removes those that change nothing, and makes those RESHAPE that only move dimensions of 1.
var mergeTranspose = rules{"TRANSPOSE": {transposeOfTranspose, transposeToSame, transposeOfOnes, transposeInVain}}

// permutation returns the constant permutation of a TRANSPOSE, each element of which is in range.
func permutation(n *ir.Node) ([]int, bool) {
	if n == nil || n.Op != "TRANSPOSE" || n.Inputs[0].Type.Unranked {
		return nil, false
	}
	rank := len(n.Inputs[0].Type.Shape)
	perm, ok := ints(n.Inputs[1])
	if !ok || len(perm) != rank {
		return nil, false
	}
	for i, p := range perm {
		if p < 0 {
			perm[i] += rank
		}
		if perm[i] < 0 || perm[i] >= rank || slices.Contains(perm[:i], perm[i]) {
			return nil, false
		}
	}
	return perm, true
}

// permuted returns list in the order of a permutation: element i of the result is element perm[i].
func permuted[T any](list []T, perm []int) []T {
	out := make([]T, len(perm))
	for i, p := range perm {
		out[i] = list[p]
	}
	return out
}

// inverse returns the permutation that undoes perm.
func inverse(perm []int) []int {
	out := make([]int, len(perm))
	for i, p := range perm {
		out[p] = i
	}
	return out
}

func transposeOfTranspose(r *rewriter, n *ir.Node) bool {
	first := r.by(n.Inputs[0], "TRANSPOSE")
	p, ok1 := permutation(first)
	q, ok2 := permutation(n)
	if !ok1 || !ok2 {
		return false
	}
	old := slices.Clone(n.Inputs)
	r.setInputs(n, first.Inputs[0], r.indices(n.Outputs[0].Name+"/perm", permuted(p, q)))
	r.release(old)
	return true
}

func transposeToSame(r *rewriter, n *ir.Node) bool {
	perm, ok := permutation(n)
	return ok && slices.IsSorted(perm) && r.bypass(n, n.Inputs[0])
}

func transposeOfOnes(r *rewriter, n *ir.Node) bool {
	perm, ok := permutation(n)
	if !ok || !movesOnes(n.Inputs[0].Type.Shape, perm) {
		return false
	}
	shape, ok := openShape(n.Outputs[0].Type)
	if !ok {
		return false
	}
	r.toReshape(n, n.Inputs[0], shape)
	return true
}

// transposeInVain starts from the last of several transposes and reshapes that together leave the elements in their order.
func transposeInVain(r *rewriter, n *ir.Node) bool {
	shape, ok := openShape(n.Outputs[0].Type)
	if !ok {
		return false
	}
	for chain := r.chainTo(n); len(chain) > 1; chain = chain[1:] {
		if t, ok := follow(chain); ok && slices.Equal(slices.Concat(t.dims...), t.source) {
			r.toReshape(n, chain[0].Inputs[0], shape)
			return true
		}
	}
	return false
}

// movesOnes reports whether a permutation keeps the order of all dimensions but those that are 1.
func movesOnes(shape []int, perm []int) bool {
	return slices.IsSorted(slices.DeleteFunc(slices.Clone(perm), func(p int) bool { return shape[p] == 1 }))
}
