package kernel

import "math"

// rising is the turn of a function that rises everywhere.
var rising = float32(math.Inf(-1))

// The functions whose results are counted with their argument. Where they turn was found numerically. The exact form of GELU
// is off by more than some units in the last place below zero.
var (
	JointLogistic  = NewF32Functions(F32Function{Map: F32MapLogistic, Turn: rising})
	JointTanh      = NewF32Functions(F32Function{Map: F32MapTanh, Turn: rising})
	JointElu       = NewF32Functions(F32Function{Map: F32Elu, Turn: rising})
	JointGelu      = NewF32Functions(F32Function{Map: F32Gelu, Turn: -0.7517916, Off: geluOff, Until: -geluMost})
	JointGeluTanh  = NewF32Functions(F32Function{Map: F32GeluTanh, Turn: -0.7524614})
	JointHardSwish = NewF32Functions(F32Function{Map: F32HardSwish, Turn: -1.5, Exact: true})
	// JointSwish are x times its logistic function, and that.
	JointSwish = NewF32Functions(F32Function{Map: swish, Turn: -1.2784645}, F32Function{Map: F32MapLogistic, Turn: rising})
)

// swish computes x times its logistic function.
func swish(dst, src []float32) {
	var memory [256]float32
	for at := 0; at < len(src); at += len(memory) {
		x := src[at:min(at+len(memory), len(src))]
		y := memory[:len(x)]
		F32MapLogistic(y, x)
		Mul(dst[at:][:len(x)], x, y)
	}
}
