package store

// Object is what lies in somebody else's storage and is read there: an object of S3, or a file of an HTTP server. URL, size and the marks of its version
// pin its content: who opens it later reads these bytes or fails.
type Object struct {
	URL      string `json:"url"`                // s3://BUCKET/KEY with the key as it is, or http(s)://HOST/PATH
	ETag     string `json:"etag,omitempty"`     // as the server gives it, without quotes; a weak one keeps its W/ and quotes
	Version  string `json:"version,omitempty"`  // of an object in a bucket that keeps versions
	Modified string `json:"modified,omitempty"` // Last-Modified of a server that gives no ETag
	Size     int64  `json:"-"`                  // in bytes
}
