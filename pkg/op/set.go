package op

// Set is the op set of TFLite: every family in one list.
var Set = NewSet(
	unaries,
	binaries,
	comparisons,
	reshapes,
)
