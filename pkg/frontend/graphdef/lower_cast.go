package graphdef

import (
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// casts are the operators that give elements another type.
var casts = []Op{
	{Name: "Cast", To: "CAST REAL PACK BITCAST", Note: "complex numbers lose their imaginary part", Lower: lowerCast},
	{Name: "Bitcast", To: "BITCAST", Lower: func(c *Context) { c.Out(c.reread(c.In(0), c.Type("type", tensor.Invalid))) }},
	{Name: "Bucketize", To: "BUCKETIZE", Lower: lowerBucketize},
}

func lowerBucketize(c *Context) {
	c.Out(c.Emit("BUCKETIZE", &op.Bucketize{Boundaries: c.FloatList("boundaries")}, c.In(0)))
}
