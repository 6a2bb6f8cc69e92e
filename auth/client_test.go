package auth_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"snug/auth"
)

// TestOfficialClient runs the unmodified JavaScript client, in its first supported
// version and its newest, against a server that listens.
func TestOfficialClient(t *testing.T) {
	if _, err := os.Stat("clienttest/node_modules/better-auth-1-7"); err != nil {
		t.Fatal("the client isn't installed: run npm ci in auth/clienttest")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this needs Node.js 20 or newer: ", err)
	}
	for _, mode := range []string{"base URL set", "none set"} {
		t.Run(mode, func(t *testing.T) {
			server := httptest.NewUnstartedServer(nil)
			url := "http://" + server.Listener.Addr().String()
			server.Config.Handler = newRig(t, func(c *auth.Config) {
				c.BaseURL = url
				if mode == "none set" {
					c.BaseURL = ""
				}
			}).handler
			server.Start()
			defer server.Close()
			cmd := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=spec", "client.test.mjs")
			cmd.Dir = "clienttest"
			cmd.Env = append(os.Environ(), "SNUG_URL="+url)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
