package remote

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/octetlite/octet/pkg/store"
)

// partSize is that of the parts in which larger objects are written, in bytes.
const partSize = 16 << 20

// s3 reads and writes objects of one server.
type s3 struct {
	read  minio.Core    // which tries once: trying again is the client's
	write *minio.Client // which tries parts again itself
}

func newS3(c Config) (*s3, error) {
	const aws = "https://s3.amazonaws.com"
	at := cmp.Or(c.S3Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), aws)
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("endpoint %q: want a URL such as https://s3.example.org", at)
	}
	region := cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	if region == "" && at != aws {
		region = "us-east-1" // what servers other than Amazon's take
	}
	transport, err := minio.DefaultTransport(u.Scheme == "https")
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout, transport.MaxIdleConnsPerHost = c.Stall, max(c.Requests, transport.MaxIdleConnsPerHost)
	options := minio.Options{Creds: surroundings(), Secure: u.Scheme == "https", Region: region, Transport: transport}
	write, err := minio.New(u.Host, &options)
	if err != nil {
		return nil, err
	}
	options.MaxRetries = 1
	read, err := minio.NewCore(u.Host, &options)
	if err != nil {
		return nil, err
	}
	return &s3{*read, write}, nil
}

func (s *s3) stat(ctx context.Context, p place) (store.Object, error) {
	info, err := s.read.StatObject(ctx, p.host, p.path, minio.StatObjectOptions{})
	if err != nil {
		return store.Object{}, s3Error(err)
	}
	o := store.Object{URL: p.String(), ETag: info.ETag, Version: info.VersionID, Size: info.Size}
	if o.Version == "null" { // of a bucket that keeps none
		o.Version = ""
	}
	return o, nil
}

func (s *s3) get(ctx context.Context, p place, o store.Object, offset, n int64) (io.ReadCloser, error) {
	get := minio.GetObjectOptions{VersionID: o.Version}
	if err := get.SetRange(offset, offset+n-1); err != nil {
		return nil, err
	}
	if o.ETag != "" {
		if err := get.SetMatchETag(o.ETag); err != nil {
			return nil, err
		}
	}
	body, info, header, err := s.read.GetObject(ctx, p.host, p.path, get)
	if err != nil {
		return nil, s3Error(err)
	}
	// Not every server that speaks the protocol heeds conditions.
	_, size, err := contentRange(&http.Response{Header: header})
	switch {
	case err != nil:
	case o.ETag != "" && info.ETag != o.ETag:
		err = ErrChanged
	case size != o.Size:
		err = fmt.Errorf("%w: it had %d bytes and has %d", ErrChanged, o.Size, size)
	}
	if err != nil {
		_ = body.Close()
		return nil, err
	}
	return body, nil
}

// list returns the objects whose keys begin with the place's path.
func (s *s3) list(ctx context.Context, p place) ([]store.Object, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing if there is an error
	var all []store.Object
	for info := range s.read.Client.ListObjects(ctx, p.host, minio.ListObjectsOptions{Prefix: p.path, Recursive: true}) {
		if info.Err != nil {
			return nil, s3Error(info.Err)
		}
		all = append(all, store.Object{URL: place{"s3", p.host, info.Key}.String(), ETag: strings.Trim(info.ETag, `"`), Size: info.Size})
	}
	return all, nil
}

func (s *s3) bucket(ctx context.Context, p place) error {
	there, err := s.read.BucketExists(ctx, p.host)
	if err == nil && !there {
		return ErrNotFound
	}
	return s3Error(err)
}

func (s *s3) put(ctx context.Context, p place, r io.Reader, size int64) error {
	_, err := s.write.PutObject(ctx, p.host, p.path, r, size, minio.PutObjectOptions{PartSize: partSize, ContentType: "application/octet-stream"})
	return s3Error(err)
}

// s3Error says what an answer means.
func s3Error(err error) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.StatusCode == 0: // there was none
		return withoutURL(err)
	case answer.Code == minio.RequestTimeTooSkewed: // which passes: clocks are set right
		return fmt.Errorf("the server refuses the time at which the request was signed, so a clock is wrong, here or there: %s", answer.Message)
	case answer.Code == "NoSuchBucket":
		return fmt.Errorf("%w: no such bucket", ErrNotFound)
	case answer.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return fmt.Errorf("%w: it has become shorter", ErrChanged)
	}
	return statusError(answer.StatusCode, cmp.Or(answer.Message, answer.Code, http.StatusText(answer.StatusCode)))
}
