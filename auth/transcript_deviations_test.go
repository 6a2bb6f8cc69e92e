package auth_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// deviations are the lines of testdata/deviations.txt, which says what they mean.
type deviations struct {
	ours map[string]string // by "where | what"
	used map[string]bool
}

func readDeviations(t testing.TB) *deviations {
	t.Helper()
	const path = "testdata/deviations.txt"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := &deviations{map[string]string{}, map[string]bool{}}
	last := ""
	for n, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, " | ")
		if len(fields) != 4 || slices.Contains(fields, "") {
			t.Fatalf("%s:%d: want four fields", path, n+1)
		}
		key := fields[0] + " | " + fields[1]
		if key <= last {
			t.Errorf("%s:%d: not in order", path, n+1)
		}
		d.ours[key], last = fields[2], key
	}
	return d
}

// find returns what stands here in the place of something in a scene.
func (d *deviations) find(scene, what string) (ours string, ok bool) {
	version, _, _ := strings.Cut(scene, "/")
	file, _, _ := strings.Cut(scene, " ")
	for _, where := range []string{scene, file, version, "*"} {
		key := where + " | " + what
		if ours, ok := d.ours[key]; ok {
			d.used[key] = true
			return ours, true
		}
	}
	return "", false
}

// An answer is the whole of a reply, as a line gives it.
type answer struct {
	status   int
	location string
	cookies  []string // +name is set, -name is deleted
	text     string
}

var answerForm = regexp.MustCompile(`^(\d{3})( /\S*)?(( [+-]\S+)*)$`)

// answer returns what a line says of the whole of a scene.
func (d *deviations) answer(scene string) (a answer, ok bool) {
	for key, ours := range d.ours {
		what, about := strings.CutPrefix(key, scene+" | ")
		m := answerForm.FindStringSubmatch(what)
		if !about || m == nil {
			continue
		}
		d.used[key] = true
		a.status, _ = strconv.Atoi(m[1])
		a.location, a.cookies, a.text = strings.TrimSpace(m[2]), strings.Fields(m[3]), ours
		return a, true
	}
	return answer{}, false
}

// unused reports the lines that nothing has needed.
func (d *deviations) unused(t testing.TB) {
	t.Helper()
	for key := range d.ours {
		if !d.used[key] {
			t.Errorf("nothing deviates as %q", key)
		}
	}
}
