// Command gemm writes the kernels of products of matrices. Their Go counterpart is gemm_generic.go.
package main

//go:generate go run . -out ../../gemm_amd64.s -stubs ../../gemm_stub_amd64.go -pkg kernel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// size is the number of bytes of a float32, and of an offset.
const size = 4

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!purego")
	writeFirsts()
	for _, f := range forms {
		f.write()
	}
	gemv(avx2{}, 8)
	gemv(avx512{}, 16)
	Generate()
}

// argument is the place of a parameter in memory.
func argument(name string) Op {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}
