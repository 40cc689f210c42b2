package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// prepare is the type of Op.Prepare.
type prepare func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error)

// late returns a Prepare for kernels that follow from the content of the listed operands: they are built once where those are constants, else in each
// call.
func late(build prepare, needs ...int) prepare {
	return func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
		for _, i := range needs {
			if i < len(in) && in[i] != nil && !in[i].Known() {
				return func(c *Call) error {
					k, err := build(c.Node, c.In, c.Out)
					if err != nil {
						return err
					}
					return k(c)
				}, nil
			}
		}
		return build(n, in, out)
	}
}
