package kernel

// F32Function is a function of one number.
type F32Function struct {
	Map   func(dst, src []float32) // computes it as nodes do, within 4 units in the last place
	Turn  float32                  // it falls up to here, and rises from here on; -Inf if it rises everywhere
	Exact bool                     // Map gives nothing less than what it gives of Turn
	// What Map is off by, at most, for each unit of a negative argument, where that is more; it gives 0 of Until and less, and numbers below 0 from there on.
	Off   float64
	Until float32
}

// F32Functions are one or two functions that are counted with their argument. The second one rises everywhere, and is nowhere
// negative. Of a finite number they make a finite one.
type F32Functions struct{ list [mostJoined - 1]F32Function }

// NewF32Functions returns functions, which are told apart from others by the pointer.
func NewF32Functions(list ...F32Function) *F32Functions {
	f := new(F32Functions)
	copy(f.list[:], list)
	return f
}

// count returns how many they are.
func (f *F32Functions) count() int {
	if f.list[1].Map == nil {
		return 1
	}
	return 2
}

// F32Joint counts the elements of a tensor together with those of tensors that are functions of it, element by element: with one count for all of them. The histograms are what they are if each is counted
// by itself. The zero value counts nothing.
type F32Joint struct {
	functions *F32Functions
	by        *F32Counter
	into      [mostJoined]*F32Tally
	at        *sharedCounts // nil if each is counted by itself
	x         []float32     // the numbers that Argument took last
	memory    []float32
}

// Start begins with a tensor that is to be counted for the first tally, and results of the functions, for the others, of which the second is nil if there is one function. Where another one
// is nil, nothing is counted at once. r is the argument's range. functions is nil if nothing is to be counted.
func (j *F32Joint) Start(functions *F32Functions, by *F32Counter, r F32Range, argument, first, second *F32Tally) {
	j.functions, j.by, j.into = functions, by, [mostJoined]*F32Tally{argument, first, second}
	j.at = j.together(r)
}

// Stop ends counting.
func (j *F32Joint) Stop() {
	if j.functions != nil {
		j.functions, j.by, j.into, j.at = nil, nil, [mostJoined]*F32Tally{}, nil
	}
}

// On reports whether anything is counted.
func (j *F32Joint) On() bool { return j.functions != nil }

// Argument takes at most JointRun numbers, before their results are computed, which may take their memory.
func (j *F32Joint) Argument(x []float32) {
	switch {
	case !j.On():
	case j.at == nil:
		j.by.add(j.into[0], x)
	default:
		if j.memory == nil {
			j.memory = make([]float32, JointRun)
		}
		j.x = j.memory[:copy(j.memory, x)]
	}
}

// Results takes what has become of the numbers that Argument took last, and has the scans see them, which count for the same tallies. The second one is nil if there is one function.
func (j *F32Joint) Results(seen *F32Scan, first []float32, also *F32Scan, second []float32) {
	n := 0
	if j.On() && j.at != nil {
		if n = len(first) &^ (jointStep - 1); n > 0 {
			n = j.count(n, seen, first, also, second)
		}
		if n < len(j.x) {
			j.by.add(j.into[0], j.x[n:])
		}
	}
	if n < len(first) {
		seen.Include(first[n:])
		if also != nil {
			also.Include(second[n:])
		}
	}
}

// JointRun is how many numbers are taken at a time at most.
const JointRun = 2048

// jointStep is the number of elements that are counted at once at least.
const jointStep = 16
