package credential

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// shake connects a client to a server that sends back what it gets, and returns the client's end.
func shake(t *testing.T, server, client *Identity) (net.Conn, error) {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close() })
	if err := errors.Join(here.SetDeadline(time.Now().Add(time.Minute)), there.SetDeadline(time.Now().Add(time.Minute))); err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 1)
	go func() {
		defer there.Close()
		conn, _, err := server.Server(true).ServerHandshake(there)
		refused <- err
		if err == nil {
			_, _ = io.Copy(conn, conn) // it ends when the client closes its end
		}
	}()
	conn, _, err := client.Client().ClientHandshake(t.Context(), "127.0.0.1", here)
	if err == nil {
		err = echo(conn)
	}
	if err != nil {
		here.Close()
		return nil, errors.Join(err, <-refused)
	}
	return conn, errors.Join(here.SetDeadline(time.Time{}), there.SetDeadline(time.Time{}))
}

// echo sends something, and reads it back.
func echo(conn net.Conn) error {
	if _, err := io.WriteString(conn, "x"); err != nil {
		return err
	}
	_, err := conn.Read(make([]byte, 1))
	return err
}

// While the clock is before or behind the time that certificates are good for, handshakes fail, and connections that exist go on. When the clock is right, or there are others in the files, they succeed again, and
// nobody was started anew.
func TestTheClockIsOutsideOfTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		files := authorityIn(t, dir, time.Now().Add(2*time.Hour)) // good for an hour then
		server, client := open(t, files), open(t, files)
		fails := func(when string) {
			t.Helper()
			if _, err := shake(t, server, client); err == nil || !strings.Contains(err.Error(), "expired or is not yet valid") {
				t.Errorf("%s: %v", when, err)
			}
		}
		fails("two hours too early")
		time.Sleep(2*time.Hour + time.Minute)
		conn, err := shake(t, server, client)
		if err != nil {
			t.Fatalf("when its time has come: %v", err)
		}
		time.Sleep(2 * time.Hour)
		fails("an hour too late")
		if err := echo(conn); err != nil {
			t.Errorf("over a connection that was there: %v", err)
		}
		fresh := authorityIn(t, t.TempDir(), time.Now())
		for from, to := range map[string]string{fresh.CA: files.CA, fresh.Cert: files.Cert, fresh.Key: files.Key} {
			text, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again, err := shake(t, server, client)
		if err != nil {
			t.Fatalf("with new ones: %v", err)
		}
		for _, c := range []net.Conn{conn, again} {
			if err := errors.Join(echo(c), c.Close()); err != nil {
				t.Error(err)
			}
		}
	})
}
