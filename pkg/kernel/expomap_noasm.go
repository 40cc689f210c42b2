//go:build !amd64 || purego

package kernel

func mapExp(_, _ []float32) int      { return 0 }
func mapLogistic(_, _ []float32) int { return 0 }
func mapTanh(_, _ []float32) int     { return 0 }
func mapElu(_, _ []float32) int      { return 0 }
func mapGelu(_, _ []float32) int     { return 0 }
func mapGeluTanh(_, _ []float32) int { return 0 }
