package credential

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	anna, bert, op := NewToken(), NewToken(), NewToken()
	write := func(lines ...string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# tokens", "", Line(anna, Caller{Client, "vision"}), "  "+Line(bert, Caller{Role: Reader}), Line(op, Caller{Role: Operator}))
	var told []error
	tokens, err := OpenTokens(path, func(err error) { told = append(told, err) })
	if err != nil {
		t.Fatal(err)
	}
	own := tokens.Issue(Caller{Role: Worker})
	is := func(token Token, want Caller, known bool) {
		t.Helper()
		if got, ok := tokens.Find(string(token), ""); got != want || ok != known {
			t.Errorf("it stands for %+v, %v, want %+v, %v", got, ok, want, known)
		}
	}
	is(anna, Caller{Client, "vision"}, true)
	is(bert, Caller{Role: Reader}, true)
	is(op, Caller{Role: Operator}, true)
	is(own, Caller{Role: Worker}, true)
	is("", Caller{}, false)
	is(anna[:len(anna)-1], Caller{}, false)
	is(Token(strings.Fields(Line(anna, Caller{Role: Operator}))[0]), Caller{}, false) // its hash is no token

	write(Line(bert, Caller{Client, "audio"}), "")
	is(anna, Caller{}, false)
	is(bert, Caller{Client, "audio"}, true)
	is(own, Caller{Role: Worker}, true)
	write("nonsense")
	is(bert, Caller{Client, "audio"}, true)
	is(bert, Caller{Client, "audio"}, true)
	if len(told) != 1 || !strings.Contains(told[0].Error(), "tokens:1: ") {
		t.Errorf("told of %v, want once of line 1", told)
	}
}

func TestBadTokenFiles(t *testing.T) {
	token := NewToken()
	sum := strings.Fields(Line(token, Caller{Role: Operator}))[0]
	for name, line := range map[string]string{
		"no role": sum, "unknown role": sum + " king", "too much": sum + " client a b", "client of no namespace": sum + " client", "operator of one": sum + " operator a",
		"worker of one": sum + " worker a", "bad namespace": sum + " client ../a", "upper case": sum + " client A", "the token itself": string(token) + " operator",
		"short hash": sum[2:] + " operator", "no hex": "zz" + sum[2:] + " operator", "twice": sum + " operator\n" + sum + " worker",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tokens")
			if err := os.WriteFile(path, []byte(line+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := OpenTokens(path, nil)
			if err == nil || !strings.Contains(err.Error(), "tokens:") {
				t.Errorf("error %v, want one that names the line", err)
			}
			if err != nil && strings.Contains(err.Error(), string(token)) {
				t.Errorf("the error tells the token: %v", err)
			}
		})
	}
}

func TestATokenIsNotPrinted(t *testing.T) {
	token := NewToken()
	if text := fmt.Sprintf("%s %v %+v %#v %v", token, token, token, token, struct{ T Token }{token}); strings.Contains(text, string(token)) {
		t.Errorf("printed: %s", text)
	}
	if other := NewToken(); other == token || len(other) != len("octet_")+64 {
		t.Errorf("two tokens: %q, %q", string(token), string(other))
	}
}

func TestCallersSee(t *testing.T) {
	for _, c := range []struct {
		caller    Caller
		namespace string
		want      bool
	}{
		{Caller{Client, "a"}, "a", true}, {Caller{Client, "a"}, "b", false}, {Caller{Client, "a"}, "", false}, {Caller{Reader, "a"}, "b", false},
		{Caller{Role: Reader}, "b", true}, {Caller{Role: Operator}, "b", true}, {Caller{Role: Worker}, "", true},
	} {
		if got := c.caller.Sees(c.namespace); got != c.want {
			t.Errorf("%+v sees %q: %v", c.caller, c.namespace, got)
		}
	}
	if got := CallerOf(t.Context()); got != (Caller{Role: Operator}) {
		t.Errorf("whom nobody asked is %+v", got)
	}
	if got := CallerOf(WithCaller(t.Context(), Caller{Client, "a"})); got != (Caller{Client, "a"}) {
		t.Errorf("a client is %+v", got)
	}
}

func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "127.8.0.1": true, "[::ffff:127.0.0.1]:1": true, "localhost": true,
		"0.0.0.0:1": false, ":1": false, "": false, "[::]:1": false, "10.0.0.1:1": false, "localhost.example.org:1": false, "127.0.0.1.example.org:1": false,
	} {
		if got := Loopback(addr); got != want {
			t.Errorf("%q: %v", addr, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	files := authorityIn(t, dir, time.Now())
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := authorityIn(t, t.TempDir(), time.Now())
	for name, f := range map[string]Files{
		"nothing": {}, "no authority": {Cert: files.Cert, Key: files.Key}, "no key": {CA: files.CA, Cert: files.Cert}, "no certificate": {CA: files.CA, Key: files.Key},
		"authority is none": {CA: garbage}, "key of another": {CA: files.CA, Cert: files.Cert, Key: other.Key}, "missing": {CA: filepath.Join(dir, "missing")},
	} {
		if _, err := Open(f, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Open(files, nil); err != nil {
		t.Error(err)
	}
}

// What a coordinator sends to one worker is worth nothing at another, and does not tell its key.
func TestKeys(t *testing.T) {
	key, tokens := NewKey(), &Tokens{}
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte(Line(key, Caller{Role: Coordinator})+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := OpenTokens(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	issued := tokens.Issue(Caller{Role: Coordinator})
	other := NewKey()
	sent := key.For("worker-1:8471")
	if strings.Contains(sent, strings.TrimPrefix(string(key), keyPrefix)) {
		t.Fatal("what is sent tells the key")
	}
	for _, tt := range []struct {
		what           string
		tokens         *Tokens
		sent, audience string
		known          bool
	}{
		{"its own", read, sent, "worker-1:8471", true},
		{"its own, written otherwise", read, sent, "Worker-1:8471", true},
		{"one that is issued", tokens, issued.For("a:1"), "a:1", true},
		{"the port of HTTPS", read, key.For("worker-1"), "worker-1:443", true},
		{"another worker's", read, sent, "worker-2:8471", false},
		{"another port's", read, sent, "worker-1:8472", false},
		{"a coordinator's", read, sent, "coordinator:8470", false},
		{"for nobody", read, key.For(""), "worker-1:8471", false},
		{"another key's", read, other.For("worker-1:8471"), "worker-1:8471", false},
		{"the key itself", read, string(key), "worker-1:8471", false},
		{"its public half", read, string(key.shown()), "worker-1:8471", false},
		{"another signature", read, strings.TrimSuffix(sent, sent[len(sent)-128:]) + other.For("worker-1:8471")[len(sent)-128:], "worker-1:8471", false},
		{"half of it", read, sent[:len(sent)-2], "worker-1:8471", false},
		{"no signature", read, sent[:len(proofPrefix)+64], "worker-1:8471", false},
		{"nothing", read, proofPrefix, "worker-1:8471", false},
	} {
		if who, ok := tt.tokens.Find(tt.sent, tt.audience); ok != tt.known || ok && who.Role != Coordinator {
			t.Errorf("%s: %v, %v", tt.what, who, ok)
		}
	}
	if MakeToken(Coordinator)[:len(keyPrefix)] != keyPrefix || strings.HasPrefix(string(MakeToken(Worker)), keyPrefix) {
		t.Error("coordinators alone have keys")
	}
}
