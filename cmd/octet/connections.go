package main

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/guard"
)

// What a server holds if nobody says otherwise.
const (
	mostConnections    = 10_000 // or half of the files that the process may have open
	addressConnections = 1_000
	fewestConnections  = 16 // that make sense
)

func addBounds(cmd *cobra.Command, b *guard.Bounds) {
	cmd.Flags().IntVar(&b.Most, "max-connections", 0, "connections that are held at a time; those of whom nothing is known give way to newer ones (default: 10000, or half of the files that the process may open)")
	cmd.Flags().IntVar(&b.PerAddress, "max-connections-per-address", 0, "those of one address, but for workers' and coordinators' (default: 1000, or a quarter of --max-connections)")
}

// checkBounds returns bounds with what was left out.
func checkBounds(b guard.Bounds) (guard.Bounds, error) {
	if b.Most < 0 || b.PerAddress < 0 {
		return b, usagef("bounds of connections must not be negative")
	}
	if b.Most == 0 {
		b.Most = mostConnections
		if files := openFiles(); files > 0 {
			b.Most = max(min(b.Most, files/2), fewestConnections)
		}
	}
	if b.Most < fewestConnections {
		return b, usagef("--max-connections %d: want at least %d", b.Most, fewestConnections)
	}
	b.PerAddress = cmp.Or(b.PerAddress, min(addressConnections, b.Most/4))
	return b, nil
}

// gate returns what bounds the connections of a server.
func (s *security) gate() *guard.Gate {
	b := s.bounds
	if b.Most == 0 {
		b, _ = checkBounds(b) // nothing is wrong with what nobody said
	}
	log := s.sampled()
	return guard.NewGate(b, func(from string, why guard.Ended) {
		log.Warn("connection_ended", zap.String("from", from), zap.String("reason", string(why)))
	})
}

// connections measures those of a server.
type connections struct{ gate *guard.Gate }

var (
	connectionsHeld = prometheus.NewDesc("octet_connections", "Connections to this server, by what is known of who has them.", []string{"standing"}, nil)
	connectionsLost = prometheus.NewDesc("octet_connections_ended_total", "Connections that were ended since there were too many, by reason.", []string{"reason"}, nil)
)

var standings = map[guard.Standing]string{guard.Unproven: "unproven", guard.Known: "known", guard.Member: "member"}

// Describe implements prometheus.Collector.
func (connections) Describe(ch chan<- *prometheus.Desc) {
	ch <- connectionsHeld
	ch <- connectionsLost
}

// Collect implements prometheus.Collector.
func (c connections) Collect(ch chan<- prometheus.Metric) {
	now, ended := c.gate.Counts()
	for standing, name := range standings {
		ch <- prometheus.MustNewConstMetric(connectionsHeld, prometheus.GaugeValue, float64(now[standing]), name)
	}
	for _, why := range guard.Reasons {
		ch <- prometheus.MustNewConstMetric(connectionsLost, prometheus.CounterValue, float64(ended[why]), string(why))
	}
}
