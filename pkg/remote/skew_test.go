package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/store"
)

// A server of S3 refuses requests as long as the clock by which they are signed is off: they are sent again, until it is right or for as often as others that fail. What it refuses for other reasons stays refused.
func TestAClockIsOff(t *testing.T) {
	data := bytes.Repeat([]byte("sample"), 100)
	for _, tt := range []struct {
		code  string
		times int64
		says  string // "" if the read succeeds
	}{{"RequestTimeTooSkewed", 3, ""}, {"RequestTimeTooSkewed", 1000, "a clock is wrong"}, {"AccessDenied", 3, "denied"}} {
		t.Run(fmt.Sprint(tt.code, tt.times), func(t *testing.T) {
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "" || r.Header.Get("X-Amz-Date") == "" {
					t.Error("a request is not signed")
				}
				if asked.Add(1) <= tt.times {
					w.Header().Set("Content-Type", "application/xml")
					w.WriteHeader(http.StatusForbidden)
					if _, err := fmt.Fprintf(w, "<Error><Code>%s</Code><Message>denied: by 16 minutes</Message></Error>", tt.code); err != nil {
						t.Error(err)
					}
					return
				}
				w.Header().Set("ETag", `"e"`)
				http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), bytes.NewReader(data))
			}))
			defer server.Close()
			t.Setenv("AWS_ACCESS_KEY_ID", "key")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			t.Setenv("AWS_REGION", "us-east-1")
			c, err := New(Config{Own: true, S3Endpoint: server.URL, Pause: time.Millisecond, Tries: 5})
			if err != nil {
				t.Fatal(err)
			}
			b, err := c.OpenObject(t.Context(), store.Object{URL: "s3://bucket/samples.npy", ETag: "e", Size: int64(len(data))})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
			switch {
			case tt.says == "" && (err != nil || !bytes.Equal(got, data) || asked.Load() != tt.times+1):
				t.Errorf("%d bytes, %v, after %d requests", len(got), err, asked.Load())
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("it says %v", err)
			}
			if denied := tt.code == "AccessDenied"; errors.Is(err, ErrDenied) != denied || denied && asked.Load() != 1 {
				t.Errorf("%v, after %d requests", err, asked.Load())
			}
		})
	}
}
