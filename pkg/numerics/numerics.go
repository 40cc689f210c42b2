// Package numerics names the version of the arithmetic that makes workers interchangeable.
//
// A float32 value that any kernel produces is fully determined by the graph and the input: not by the
// instruction set, the vector width, blocking, the number of goroutines, or the processor. Every float operation whose
// result can reach an output byte obeys that contract; ARCHITECTURE.md states it in full.
package numerics

// Version identifies the results of all float operations. It is raised by hand in the commit that may change any of them.
// Workers announce it, a job records it, and a job's shards go only to workers of that version.
const Version = 6
