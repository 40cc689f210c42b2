package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// A training loop pushes samples as it sees them, and has an int8 model when it ends: most of the calibration was done while it ran.
func Example_trainingLoop() {
	addr := coordinator() // HOST:PORT, or HOST:PORT,... of several
	ctx := context.Background()
	c, err := client.Dial(addr)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	// The model, once it is trained; its weights do not change any more.
	model := []byte("a .tflite flatbuffer, or what a .keras file holds")
	source := client.Ref{Digest: store.Of(model), Size: int64(len(model))}
	if err := c.Blobs.Upload(ctx, source, bytes.NewReader(model), nil); err != nil {
		log.Fatal(err)
	}

	// The stream, and the job that calibrates on it. Both can be repeated under the same names: they are made once.
	samples, err := c.OpenStream(ctx, "run-42", []dataset.Input{{Name: "image", DType: tensor.Float32, Shape: tensor.Shape{1, 28, 28, 1}}})
	if err != nil {
		log.Fatal(err)
	}
	job, err := c.Create(ctx, "run-42", client.Spec{Source: source, SourceName: "model.tflite", Scheme: "int8", Stream: samples.ID})
	if err != nil {
		log.Fatal(err)
	}

	// Samples says where the stream is: 0, or more if an earlier run of this program was cut off.
	for i := samples.Samples(); i < 100; i++ {
		image := tensor.New(tensor.Float32, tensor.Shape{28, 28, 1})
		if err := samples.Push(ctx, map[string]*tensor.Tensor{"image": image}); err != nil {
			log.Fatal(err)
		}
	}
	if _, err := samples.Finish(ctx); err != nil {
		log.Fatal(err)
	}

	if job, err = c.Watch(ctx, job.ID, nil); err != nil {
		log.Fatal(err)
	}
	if job.State != client.Succeeded {
		log.Fatal(job.Error)
	}
	r, size, err := c.Blobs.Fetch(ctx, job.Model.Digest)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if _, err := io.Copy(io.Discard, r); err != nil { // a file, in a program that needs it
		log.Fatal(err)
	}
	fmt.Printf("%s: %d bytes\n", job.State, size)
	// Output: succeeded: 10 bytes
}

// What streams there are, and what becomes of one that nobody needs any more.
func ExampleClient_Streams() {
	ctx := context.Background()
	c, err := client.Dial(coordinator())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	all, err := c.Streams(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range all {
		fmt.Printf("%s: %d samples of %d bytes, finished: %v\n", s.ID, s.Samples, s.SampleSize, s.Dataset != nil)
		if err := c.DeleteStream(ctx, s.ID); err != nil {
			log.Fatal(err)
		}
	}
	// Output: run-41: 64 samples of 3136 bytes, finished: true
}
