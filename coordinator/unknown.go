package coordinator

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// checkKnown refuses a message with a field, at any depth, that this program's protocol does not have: a later client's, to whom something would be missing
// in the result if it were ignored.
func checkKnown(m protoreflect.Message) (err error) {
	if raw := m.GetUnknown(); len(raw) > 0 {
		number, _, _ := protowire.ConsumeTag(raw)
		return fmt.Errorf("%s has a field %d, which this coordinator does not know: the client is of a later version; update the coordinator, or take a client of its version",
			m.Descriptor().Name(), number)
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Message() != nil && !f.IsList() && !f.IsMap() {
			err = checkKnown(v.Message())
		}
		return err == nil
	})
	return err
}
