package guard

import "github.com/octetlite/octet/pkg/credential"

// Access says which roles may make a call, by its full method name. What has no row is refused.
var Access = map[string][]credential.Role{
	"/octet.v1.ConversionService/CreateJob": {client, operator},
	"/octet.v1.ConversionService/CancelJob": {client, operator},
	"/octet.v1.ConversionService/DeleteJob": {client, operator},
	"/octet.v1.ConversionService/GetJob":    {client, reader, operator},
	"/octet.v1.ConversionService/ListJobs":  {client, reader, operator},
	"/octet.v1.ConversionService/WatchJob":  {client, reader, operator},

	"/octet.v1.SampleService/CreateStream":   {client, operator},
	"/octet.v1.SampleService/PushSamples":    {client, operator},
	"/octet.v1.SampleService/FinishStream":   {client, operator},
	"/octet.v1.SampleService/DeleteStream":   {client, operator},
	"/octet.v1.SampleService/GetStream":      {client, reader, operator},
	"/octet.v1.SampleService/ListStreams":    {client, reader, operator},
	"/octet.v1.OperationsService/ExplainJob": {client, reader, operator},
	"/octet.v1.OperationsService/GetCluster": {client, reader, operator},

	"/octet.v1.BlobService/Read":           {client, reader, worker, operator},
	"/octet.v1.BlobService/FindMissing":    {client, worker, operator},
	"/octet.v1.BlobService/QueryWrite":     {client, worker, operator},
	"/octet.v1.BlobService/Write":          {client, worker, operator},
	"/octet.v1.BlobService/CollectGarbage": {operator},

	"/octet.v1.WorkerService/RunShard": {coordinator},

	// Probes have no tokens, and learn no more than that a port answers.
	"/grpc.health.v1.Health/Check": anybody,
	"/grpc.health.v1.Health/Watch": anybody,
	"/grpc.health.v1.Health/List":  anybody,

	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      everyRole,
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": everyRole,
}

const (
	client      = credential.Client
	reader      = credential.Reader
	worker      = credential.Worker
	coordinator = credential.Coordinator
	operator    = credential.Operator
)

var (
	everyRole = []credential.Role{client, reader, worker, coordinator, operator}
	anybody   = []credential.Role{""} // with a token or without
)
