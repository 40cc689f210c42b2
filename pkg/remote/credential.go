package remote

import (
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// surroundings finds credentials as other tools do: AWS_ACCESS_KEY_ID and so on, a web identity (AWS_WEB_IDENTITY_TOKEN_FILE), the shared file of credentials (AWS_PROFILE,
// AWS_SHARED_CREDENTIALS_FILE), the container's or the machine's role; else none, as buckets open to all want.
func surroundings() *credentials.Credentials {
	// The services that hand out roles are near, or not there at all.
	near := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, ResponseHeaderTimeout: 5 * time.Second, Proxy: http.ProxyFromEnvironment}}
	role := &credentials.IAM{Client: near}
	all := []credentials.Provider{&credentials.EnvAWS{}}
	if os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" {
		all = append(all, role)
	}
	all = append(all, &credentials.FileAWSCredentials{})
	if os.Getenv("AWS_EC2_METADATA_DISABLED") != "true" || os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")+os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" {
		all = append(all, role)
	}
	return credentials.New(&chain{providers: all})
}

// openFor is how long a process that found no credentials does without before it looks again.
const openFor = 5 * time.Minute

// chain takes the first credentials that there are.
type chain struct {
	providers []credentials.Provider

	mu    sync.Mutex
	from  credentials.Provider // nil if there are none
	until time.Time            // when to look again, if there are none
}

// RetrieveWithCredContext implements credentials.Provider.
func (c *chain) RetrieveWithCredContext(with *credentials.CredContext) (credentials.Value, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.providers {
		if v, err := p.RetrieveWithCredContext(with); err == nil && v.AccessKeyID != "" {
			c.from = p
			return v, nil
		}
	}
	c.from, c.until = nil, time.Now().Add(openFor)
	return credentials.Value{SignerType: credentials.SignatureAnonymous}, nil
}

// Retrieve implements credentials.Provider.
func (c *chain) Retrieve() (credentials.Value, error) { return c.RetrieveWithCredContext(nil) }

// IsExpired implements credentials.Provider.
func (c *chain) IsExpired() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.from != nil {
		return c.from.IsExpired()
	}
	return !time.Now().Before(c.until)
}
