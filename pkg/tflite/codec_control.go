package tflite

import (
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

var controlCodecs = family{
	"IF": attrs(schema.BuiltinOptionsIfOptions,
		func(o *schema.IfOptionsT) op.If {
			return op.If{Then: int(o.ThenSubgraphIndex), Else: int(o.ElseSubgraphIndex)}
		},
		func(a *op.If) schema.IfOptionsT {
			return schema.IfOptionsT{ThenSubgraphIndex: int32(a.Then), ElseSubgraphIndex: int32(a.Else)}
		}),
	"WHILE": attrs(schema.BuiltinOptionsWhileOptions,
		func(o *schema.WhileOptionsT) op.While {
			return op.While{Cond: int(o.CondSubgraphIndex), Body: int(o.BodySubgraphIndex)}
		},
		func(a *op.While) schema.WhileOptionsT {
			return schema.WhileOptionsT{CondSubgraphIndex: int32(a.Cond), BodySubgraphIndex: int32(a.Body)}
		}),
	"CALL_ONCE": attrs(schema.BuiltinOptionsCallOnceOptions,
		func(o *schema.CallOnceOptionsT) op.CallOnce { return op.CallOnce{Init: int(o.InitSubgraphIndex)} },
		func(a *op.CallOnce) schema.CallOnceOptionsT {
			return schema.CallOnceOptionsT{InitSubgraphIndex: int32(a.Init)}
		}),
	"VAR_HANDLE": attrs(schema.BuiltinOptionsVarHandleOptions,
		func(o *schema.VarHandleOptionsT) op.VarHandle {
			return op.VarHandle{Container: o.Container, SharedName: o.SharedName}
		},
		func(a *op.VarHandle) schema.VarHandleOptionsT {
			return schema.VarHandleOptionsT{Container: a.Container, SharedName: a.SharedName}
		}),
	"HASHTABLE": attrs(schema.BuiltinOptionsHashtableOptions,
		func(o *schema.HashtableOptionsT) op.HashTable {
			return op.HashTable{ID: int(o.TableId), Key: decodeDType(schema.TensorType(o.KeyDtype)), Value: decodeDType(schema.TensorType(o.ValueDtype))}
		},
		func(a *op.HashTable) schema.HashtableOptionsT {
			return schema.HashtableOptionsT{TableId: int32(a.ID), KeyDtype: int8(encodeDType(a.Key)), ValueDtype: int8(encodeDType(a.Value))}
		}),
}
