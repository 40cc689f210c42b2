//go:build !linux

package sandbox

// confine takes what protections there are.
func confine(settings) ([]Protection, error) { return []Protection{NoEnvironment}, nil }

// Enforced reports whether the bound of memory is kept by the system; otherwise the collector works harder when it is near, and no more.
func Enforced() bool { return false }

func keepFiles() {}
