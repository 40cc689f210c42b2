// Package failpoint names places at which a process can be made to die, so that tests see what becomes of a cluster whose parts end exactly there.
//
// A program that is built with the tag "failpoint" kills itself, as kill -9 would, when it comes to the place that the variable OCTET_FAILPOINT names: NAME, or NAME:N
// for the Nth time. All other programs have nothing of this in them.
package failpoint

// Variable is the name of the environment variable that says where to die.
const Variable = "OCTET_FAILPOINT"

// The places, by the process that comes to them.
const (
	Created   = "coordinator.created"  // a job is in the journal, and its client is not told yet
	Accept    = "coordinator.accept"   // a shard's result has arrived, and is not in the journal
	Accepted  = "coordinator.accepted" // a shard's result is in the journal, and nobody knows
	Merged    = "coordinator.merged"   // a job's model is in the store, and no record refers to it
	Save      = "coordinator.save"     // a job's new state is decided, and not in the journal
	Saved     = "coordinator.saved"    // a job's new state is in the journal, and its clients are not told
	Began     = "worker.began"         // the coordinator knows that the shard runs
	Measured  = "worker.measured"      // a shard's result is made, and not uploaded
	Delivered = "worker.delivered"     // a shard's result is in the store, and the coordinator is not told
	Commit    = "store.commit"         // a blob is written whole, and not at its place; coordinators and workers come to it
)

// Coordinator and Worker list the places that the two come to.
var (
	Coordinator = []string{Created, Accept, Accepted, Merged, Save, Saved, Commit}
	Worker      = []string{Began, Measured, Delivered, Commit}
)
