//go:build (amd64 || arm64) && !purego

package kernel

// vectorColumns makes columns of the first lines and of their first elements, and returns how many these are.
func vectorColumns[T float32 | byte](dst []T, dstStep int, src []T, srcStep, n, lines int) (done, whole int) {
	const block, size = 8, 4 // elements of a line, bytes of a float32
	floats, isFloat := any(src).([]float32)
	together := 16 // lines
	if isFloat {
		together = 8
	}
	done, whole = lines-lines%together, n&^(block-1)
	if !variants() || done == 0 || whole == 0 {
		return 0, n
	}
	_, _ = dst[(whole-1)*dstStep+done-1], src[(done-1)*srcStep+whole-1]
	for j := 0; j < done; j += together {
		if isFloat {
			columnsAsm(&any(dst).([]float32)[j], size*dstStep, &floats[j*srcStep], size*srcStep, whole/block)
		} else {
			byteColumnsAsm(&any(dst).([]byte)[j], dstStep, &any(src).([]byte)[j*srcStep], srcStep, whole/block)
		}
	}
	return done, whole
}
