package main

import (
	"slices"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/octetlite/octet/pkg/sandbox"
)

// What this system does not hold a child to is in the log and in the metrics, whatever it is.
func TestLackingProtectionsAreTold(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	told := newTelemetry(nil)
	box, err := (&boxFlags{}).open(t.Context(), 1, t.TempDir(), told, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	started := logs.FilterMessage("sandbox_started").All()
	if len(started) != 1 {
		t.Fatalf("children that started: %v", started)
	}
	var held, lacking []sandbox.Protection
	for _, f := range started[0].Context {
		if f.Key == "protections" {
			held = f.Interface.([]sandbox.Protection)
		}
	}
	for _, e := range logs.FilterMessage("sandbox_lacks").All() {
		lacking = append(lacking, e.Context[0].Interface.([]sandbox.Protection)...)
	}
	for _, p := range sandbox.Protections() {
		holds, lacks := slices.Contains(held, p), slices.Contains(lacking, p)
		if holds == lacks {
			t.Errorf("%s: held %v, said to lack %v", p, holds, lacks)
		}
		if got := gauge(t, told, p); got != map[bool]float64{true: 1}[holds] {
			t.Errorf("%s: held %v, the metric is %v", p, holds, got)
		}
	}
	told.protected(nil, []sandbox.Protection{sandbox.NoFiles})
	if got := gauge(t, told, sandbox.NoFiles); got != 0 {
		t.Errorf("without Landlock the metric is %v", got)
	}
}

// gauge returns what the metrics say of a protection.
func gauge(t *testing.T, told *telemetry, p sandbox.Protection) float64 {
	t.Helper()
	families, err := told.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "octet_sandbox_protection" && m.GetLabel()[0].GetValue() == string(p) {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("no metric of %s", p)
	return 0
}
