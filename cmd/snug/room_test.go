package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"snug/chat"
)

// roomsFrom runs the command in a process of its own, with a text to read.
func roomsFrom(t *testing.T, data string, text io.Reader) result {
	t.Helper()
	cmd := prepare(t, t.TempDir(), nil, "room", "add", "-", "--data", data)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = text, &stdout, &stderr
	_ = cmd.Run() // its exit code is looked at
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// The same commands do the same, whether a server runs on the data folder or none
// does.
func TestRoomCommands(t *testing.T) {
	for _, mode := range []string{"server runs", "server is stopped"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := hosted{data: filepath.Join(t.TempDir(), "data")}
			s := h.start(t)
			ada := signUp(t, s.Addr().String(), "Ada")
			if mode == "server is stopped" {
				s.stop()
			}
			room := func(args ...string) result {
				t.Helper()
				return snug(t, h.data, append([]string{"room"}, args...)...)
			}

			if r := room("add", "general"); r != (result{0, "1 added.\n", ""}) {
				t.Errorf("add: %+v", r)
			}
			if r := room("add", "caf-1", " Café №\u00a01 "); r != (result{0, "1 added.\n", ""}) {
				t.Errorf("add with a name: %+v", r)
			}
			if r := room("add", "general", "Another name"); r != (result{0, "0 added, 1 was there.\n", ""}) {
				t.Errorf("add again: %+v", r)
			}
			room("add", "No slug").want(t, 2, `"No slug" is no slug`, "a to z")
			room("add", "x", "bell\a").want(t, 2, "name of the room x")

			many := &strings.Builder{}
			const n = 2*roomBatch + 1
			for i := range n {
				fmt.Fprintf(many, "many_%04d\tNumber %d <&>\r\n\n", i, i)
			}
			many.WriteString("global\ngeneral\tYet another\nmany_0000\nlast")
			if r := roomsFrom(t, h.data, strings.NewReader(many.String())); r != (result{0, fmt.Sprintf("%d added, 3 were there.\n", n+1), ""}) {
				t.Errorf("add many: %+v", r)
			}
			r := roomsFrom(t, h.data, strings.NewReader("first\nno slug\nsecond\n"))
			r.want(t, 1, "1 added.\n", `line 2: "no slug" is no slug`, "do it again to go on")
			r = roomsFrom(t, h.data, strings.NewReader("third\n"+strings.Repeat("x", maxRoomLine+1)))
			r.want(t, 1, "1 added.\n", "line 2 is longer than 1024 bytes")
			if r := roomsFrom(t, h.data, strings.NewReader("\n\n")); r != (result{0, "0 added.\n", ""}) {
				t.Errorf("add none: %+v", r)
			}

			r = room("list", "GEN")
			r.want(t, 0)
			if lines := strings.Split(strings.TrimSpace(r.stdout), "\n"); len(lines) != 2 ||
				!regexp.MustCompile(`^SLUG +NAME +KIND +SINCE$`).MatchString(lines[0]) ||
				!regexp.MustCompile(`^general +general +public +\d{4}-\d\d-\d\d$`).MatchString(lines[1]) {
				t.Errorf("listed:\n%s", r.stdout)
			}
			r = room("list", "--json", "№")
			var list []chat.RoomEntry
			if err := json.Unmarshal([]byte(r.stdout), &list); err != nil || len(list) != 1 || list[0].Slug != "caf-1" || list[0].Name != "Café №\u00a01" || list[0].CreatedAt.IsZero() {
				t.Errorf("listed %v: %s", err, r.stdout)
			}
			if r := room("list", "nowhere", "--json"); r != (result{0, "[]\n", ""}) {
				t.Errorf("listed: %+v", r)
			}
			r = room("list")
			r.want(t, 0, "only the first 1000 are listed")
			if got := strings.Count(r.stdout, "\n"); got != 1+maxListed {
				t.Errorf("%d lines", got)
			}

			if mode == "server is stopped" {
				s = h.start(t)
				ada.addr = s.Addr().String()
			}
			if r := room("add", "secret", "--private", "--owner", "nobody@example.com"); r.code != 1 || !strings.Contains(r.stderr, "nobody has the e-mail address") {
				t.Errorf("add for nobody: %+v", r)
			}
			private := func(slug, name, added string) string {
				t.Helper()
				r := room("add", slug, name, "--private", "--owner", "ada@example.com")
				address, rest, _ := strings.Cut(r.stdout, "\n")
				if r.code != 0 || rest != added || !regexp.MustCompile(`^`+slug+`-[a-z2-7]{16}$`).MatchString(address) {
					t.Errorf("add private: %+v", r)
				}
				return address
			}
			// Nobody finds out by its address that it is there, whatever was public before.
			secret, general := private("secret", "Secret", "1 added.\n"), private("general", "Not so", "1 added.\n")
			if again := private("secret", "Another name", "0 added, 1 was there.\n"); again != secret {
				t.Errorf("%s, then %s", secret, again)
			}
			r = room("list", "secret")
			r.want(t, 0, secret+"  Secret  private")
			for slug, want := range map[string]int{secret: 200, general: 200, "secret": 404} {
				if status, body := ada.post("/api/rooms/"+slug+"/messages", map[string]string{"content": "hello", "clientId": "1"}); status != want {
					t.Errorf("post into %s: %d %s", slug, status, body)
				}
			}
			for slug, want := range map[string]int{"general": 200, "many_2000": 200, "first": 200, "second": 404} {
				if status, body := ada.post("/api/rooms/"+slug+"/messages", map[string]string{"content": "hello", "clientId": "1"}); status != want {
					t.Errorf("post into %s: %d %s", slug, status, body)
				}
			}
		})
	}
}

func TestRoomCommandLines(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"room"}, 2, []string{"snug help room"}},
		{[]string{"room", "ad", "x"}, 2, []string{"did you mean room add?"}},
		{[]string{"room", "add"}, 2, []string{"snug room add SLUG [NAME]"}},
		{[]string{"room", "add", "-", "x"}, 2, []string{"standard input"}},
		{[]string{"room", "add", "x", "y", "z"}, 2, []string{"snug room add SLUG [NAME]"}},
		{[]string{"room", "add", "x", "--private"}, 2, []string{"--private needs --owner EMAIL"}},
		{[]string{"room", "list", "--jsn"}, 2, []string{"did you mean --json?"}},
		{[]string{"help", "room"}, 0, []string{"as people do in the client", "snug room add SLUG [NAME]", "a tab and a name"}},
		{[]string{"help"}, 0, []string{"  room "}},
		{[]string{"room", "add", "x"}, 1, []string{"data folder ./data isn't there"}},
		{[]string{"room", "list"}, 1, []string{"data folder ./data isn't there"}},
	} {
		execute(t, dir, nil, tt.args...).want(t, tt.code, tt.want...)
		if t.Failed() {
			t.Fatalf("that was %q", tt.args)
		}
	}
}

// However long the names are, an order fits into what the control socket takes, and
// one transaction is short.
func TestRoomBatchesFit(t *testing.T) {
	for name, label := range map[string]string{
		"no name": "", "short": "Room", "escaped": strings.Repeat("<", 100), "many bytes": strings.Repeat("字", 100), "four bytes": strings.Repeat("🎈", 100),
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			var want, got []chat.RoomEntry
			for i := range 3 * roomBatch {
				e := chat.RoomEntry{Slug: fmt.Sprintf("%0100d", i), Name: label}
				want = append(want, e)
				fmt.Fprintf(&text, "%s\t%s\n", e.Slug, e.Name)
			}
			err := eachRoomBatch(strings.NewReader(text.String()), func(batch []chat.RoomEntry) error {
				encoded, err := json.Marshal(order{Base: "https://" + strings.Repeat("x", 2000), Rooms: batch})
				if err != nil {
					return err
				}
				if len(batch) > roomBatch || len(encoded) > maxOrder {
					t.Errorf("an order of %d rooms and %d bytes", len(batch), len(encoded))
				}
				got = append(got, batch...)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %d rooms", len(got))
			}
		})
	}
}
