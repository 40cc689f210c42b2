package coordinator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// instant is a worker that has each result at once.
type instant struct {
	octetv1.UnimplementedWorkerServiceServer
}

func (instant) RunShard(_ *octetv1.RunShardRequest, stream octetv1.WorkerService_RunShardServer) error {
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	return stream.Send(&octetv1.RunShardResponse{SamplesDone: 4, Stats: &octetv1.Blob{Digest: digest("j", 0), Size: 1000}})
}

// BenchmarkShardCosts measures what a shard costs besides its samples, 32 at a time as a worker's queue has them: the call over loopback, both sides of it, and the write of its result to etcd,
// which does not wait for a disk here. It says what there would be to gain by calls for several shards.
func BenchmarkShardCosts(b *testing.B) {
	b.Run("call", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		g := grpc.NewServer()
		octetv1.RegisterWorkerServiceServer(g, instant{})
		go func() { _ = g.Serve(l) }() // it ends when it is stopped
		defer g.Stop()
		conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		api := octetv1.NewWorkerServiceClient(conn)
		req := &octetv1.RunShardRequest{
			JobId: "j-35fcycu5oczik7xh", Model: &octetv1.Blob{Digest: digest("m", 0), Size: 1 << 20}, Dataset: &octetv1.Blob{Digest: digest("d", 0), Size: 1 << 10}, EndSample: 4, BlobEndpoint: "coordinator:8470",
		}
		b.SetParallelism(32)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				stream, err := api.RunShard(b.Context(), req)
				if err == nil {
					_, err = stream.Recv()
				}
				if err == nil {
					if _, end := stream.Recv(); !errors.Is(end, io.EOF) {
						err = end
					}
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	b.Run("accept", func(b *testing.B) {
		j := NewEtcdJournal(etcd(b), "/bench")
		a := record("j-a", "a")
		if _, _, err := j.Create(b.Context(), a); err != nil {
			b.Fatal(err)
		}
		next := make(chan int)
		go func() {
			for i := range b.N {
				next <- i
			}
			close(next)
		}()
		b.SetParallelism(32)
		b.ResetTimer()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if _, err := j.Accept(b.Context(), a.ID, <-next, fmt.Sprintf("%064d", 1)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
