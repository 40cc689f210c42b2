//go:build (!amd64 && !arm64) || purego

package kernel

func (s *lanes) add([]float32) int        { return 0 }
func (s *lanes) addSquares([]float32) int { return 0 }

func sumLines(sums []float64, x []float32, n int) { sumLinesGeneric(sums, x, n) }

func addRows([]float64, []float32, int, int) int { return 0 }
