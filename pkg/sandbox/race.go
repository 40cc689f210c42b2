//go:build race

package sandbox

// instrumented says that the race detector's own memory counts as this process's.
const instrumented = true
