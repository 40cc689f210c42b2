// Package clock tells what the wall clock says, to those who compare that with times that were written down: by other processes, or in files. Such a clock may be set at any moment,
// by any amount, in both directions. How long something took is a matter of time.Now and time.Since, which are monotonic.
package clock

import "time"

// Variable is the name of the environment variable that names a file with a duration by which the wall clock of a program that was built with the tag "failpoint" is off. It may change while
// the program runs. All other programs have nothing of this in them.
const Variable = "OCTET_CLOCK"

// Now returns what the wall clock says, without a monotonic reading.
func Now() time.Time { return time.Now().Round(0).Add(off()) }
