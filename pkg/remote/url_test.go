package remote

import (
	"errors"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, text := range []string{
		"s3://bucket/key", "s3://bucket/a//b/../c?d#e%20 f", "https://host/x.npz", "http://host:8080/a/b%20c.tar", "https://[2001:db8::1]/x",
	} {
		if p, err := canonical(text); err != nil || p.String() != text {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	for text, want := range map[string]string{
		"s3://bucket": "want it as", "s3://bucket/": "names no object", "s3://bucket/a/": "names no object", "s3:///key": "want s3://BUCKET/KEY", "s3://user:secret@bucket/key": "want s3://BUCKET/KEY",
		"s3://bucket/a\r\nX: y": "control character",
		"https://HOST/x":        `want it as "https://host/x"`, "https://host:443/x": `want it as "https://host/x"`, "http://host/a b": `want it as "http://host/a%20b"`,
		"https://host/x?token=secret": "must not hold a query", "https://me:secret@host/x": "must not hold a name or a password", "https://host/x#y": "must not hold a query",
		"https://host/a/../x": "must not hold //", "https://host/a/%2e%2e/x": "must not hold //", "https://host//x": "must not hold //", "https://host": "want it as", "https:///x": "want a host",
		"ftp://host/x": "want s3://BUCKET/KEY, https", "file:///etc/passwd": "want s3://BUCKET/KEY, https", "http:host/x": "want a host", "x.npz": "want s3://BUCKET/KEY, https",
	} {
		if p, err := canonical(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", text, p, err, want)
		}
	}
}

func TestAllow(t *testing.T) {
	a, err := ParseAllow([]string{"open", "sets/train", "s3://slash/a/"}, []string{"https://host/data", "http://other:8080"})
	if err != nil {
		t.Fatal(err)
	}
	for url, ok := range map[string]bool{
		"s3://open/x": true, "s3://opener/x": false, "s3://sets/train/x": true, "s3://sets/train": true, "s3://sets/training/x": false, "s3://sets/x": false,
		"s3://slash/a/x": true, "s3://slash/ab": false, "s3://OPEN/x": false,
		"https://host/data/x": true, "https://HOST/data/x": true, "https://host:443/data/x": true, "https://host/database": false, "https://host/data/../secret": false, "https://host/data/%2e%2e/secret": false,
		"http://host/data/x": false, "https://host:8443/data/x": false, "https://host.evil.org/data/x": false, "https://host@evil.org/data/x": false,
		"http://other:8080/x": true, "http://other/x": false, "http://169.254.169.254/latest": false, "x.npz": false,
	} {
		err := a.Check(url)
		if (err == nil) != ok || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want %v", url, err, ok)
		}
	}
	if err := a.Check("s3://sets/x"); !strings.Contains(err.Error(), "--allow-s3 sets") {
		t.Errorf("no way out: %v", err)
	}
	if err := (&Allow{}).Check("https://host/x"); err == nil || !strings.Contains(err.Error(), "--allow-http https://host") {
		t.Errorf("the empty list: %v", err)
	}
	for _, bad := range [][2]string{{"", "x"}, {"a b", ""}, {"", "s3://bucket"}, {"", "https://me:secret@host"}} {
		var s3, http []string
		if bad[0] != "" {
			s3 = bad[:1]
		} else {
			http = bad[1:]
		}
		if a, err := ParseAllow(s3, http); err == nil {
			t.Errorf("%q: %+v", bad, a)
		}
	}
}

func FuzzAllow(f *testing.F) {
	f.Add("https://host/data/x")
	f.Add("https://host/data/%2E%2e/x")
	f.Add("s3://sets/train/x")
	a, err := ParseAllow([]string{"sets/train"}, []string{"https://host/data"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if a.Check(url) != nil {
			return
		}
		p, err := parse(url)
		if err != nil || p.host != "host" && p.host != "sets" || strings.Contains(p.path, "..") && p.scheme != "s3" {
			t.Fatalf("%q is allowed: %+v, %v", url, p, err)
		}
	})
}
