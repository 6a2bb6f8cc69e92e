package auth_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A scene is one thing in a recording: a request and its reply, or what the
// recorder wrote down of the server's inside.
type scene struct {
	// key names the scene as deviations.txt does: version/file, then the heading that
	// it stands below, then which of several it is.
	key, heading string

	method, path string
	header       http.Header // of the request
	body         string

	status int
	want   http.Header
	text   string

	dump string // JSON; "" in a scene that is a request
}

var requestLine = regexp.MustCompile(`^> ([A-Z]+) (\S+) HTTP/1\.1$`)

// readScenes reads a recording. Lines begin with > if they were sent, with < if they
// are of the head of the reply, whose body follows; ## begins a heading, which may
// have a dump below it.
func readScenes(t testing.TB, version, path string) []scene {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := fileKey(version, path)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")[2:] // a title
	starts := func(i int) bool { return strings.HasPrefix(lines[i], "## ") || requestLine.MatchString(lines[i]) }
	var scenes []scene
	heading, counts := "top", map[string]int{}
	add := func(s scene) {
		counts[heading]++
		s.key, s.heading = file+" "+heading, heading
		if n := counts[heading]; n > 1 {
			s.key += fmt.Sprintf(" %d", n)
		}
		scenes = append(scenes, s)
	}
	for i := 0; i < len(lines); {
		switch {
		case strings.HasPrefix(lines[i], "## "):
			heading = lines[i][3:]
			from := i + 1
			for i++; i < len(lines) && !starts(i); i++ {
			}
			if dump := strings.TrimSpace(strings.Join(lines[from:i], "\n")); dump != "" {
				scenes = append(scenes, scene{key: file + " " + heading, heading: heading, dump: dump})
			}
		case requestLine.MatchString(lines[i]):
			s := scene{header: http.Header{}, want: http.Header{}}
			m := requestLine.FindStringSubmatch(lines[i])
			s.method, s.path = m[1], m[2]
			for i++; lines[i] != "> " && lines[i] != ">" && strings.HasPrefix(lines[i], "> "); i++ {
				name, value, _ := strings.Cut(lines[i][2:], ": ")
				if s.header.Get(name) == "" { // some were written twice; the first was sent
					s.header.Set(name, value)
				}
			}
			var sent []string
			for ; !strings.HasPrefix(lines[i], "< HTTP/1.1 "); i++ {
				sent = append(sent, strings.TrimPrefix(strings.TrimPrefix(lines[i], ">"), " "))
			}
			s.body = strings.TrimSpace(strings.Join(sent, "\n"))
			if _, err := fmt.Sscanf(lines[i], "< HTTP/1.1 %d", &s.status); err != nil {
				t.Fatalf("%s: %q", path, lines[i])
			}
			for i++; i < len(lines) && strings.HasPrefix(lines[i], "< "); i++ {
				name, value, _ := strings.Cut(lines[i][2:], ": ")
				s.want.Add(name, value)
			}
			from := i
			for i < len(lines) && !starts(i) {
				i++
			}
			s.text = strings.TrimPrefix(strings.TrimSpace(strings.Join(lines[from:i], "\n")), "(empty body)")
			add(s)
		default:
			if strings.TrimSpace(lines[i]) != "" {
				t.Fatalf("%s: what is %q?", path, lines[i])
			}
			i++
		}
	}
	return scenes
}

// fileKey is "1.3.9/05" for 05-callback-errors.txt.
func fileKey(version, path string) string {
	return version + "/" + path[strings.LastIndexByte(path, '/')+1:][:2]
}
