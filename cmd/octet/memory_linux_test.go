package main

import "testing"

func TestMachineMemory(t *testing.T) {
	total, hoped := memTotal(), machineMemory()
	if total < 1<<26 || hoped <= 0 || hoped > total {
		t.Errorf("%d bytes of %d", hoped, total)
	}
}
