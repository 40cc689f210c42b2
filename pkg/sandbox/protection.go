package sandbox

import "slices"

// Protection is something that a child can't do.
type Protection string

// The protections. Which of them a system has, a child says when it starts; Linux has them all, others none but the last.
const (
	BoundedMemory Protection = "memory"      // allocate more than its bound
	NoPrivileges  Protection = "privileges"  // gain privileges, or use those of root
	NoTrace       Protection = "trace"       // be looked into, or leave an image of its memory
	NoWriting     Protection = "writing"     // write to files
	NoFiles       Protection = "files"       // open files but in the folders that it may read
	NoSystemCalls Protection = "calls"       // use the network, start programs, or touch other processes
	NoEnvironment Protection = "environment" // see the environment
)

// Protections returns all of them.
func Protections() []Protection {
	return []Protection{BoundedMemory, NoPrivileges, NoTrace, NoWriting, NoFiles, NoSystemCalls, NoEnvironment}
}

// Lacking returns those that are not held.
func Lacking(held []Protection) []Protection {
	return slices.DeleteFunc(Protections(), func(p Protection) bool { return slices.Contains(held, p) })
}
