//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What is measured beside is the same everywhere: exact versions, with their hashes.
func TestPeersArePinned(t *testing.T) {
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	for _, family := range []string{"workerd", "bun"} {
		read := func(name string, into any) {
			text, err := os.ReadFile(filepath.Join("peers", family, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, into); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		var wanted struct{ Dependencies map[string]string }
		var locked struct {
			Packages map[string]struct{ Version, Integrity string }
		}
		read("package.json", &wanted)
		read("package-lock.json", &locked)
		if version := wanted.Dependencies[family]; !exact.MatchString(version) || locked.Packages["node_modules/"+family].Version != version {
			t.Errorf("%s: %q wanted, %q locked", family, version, locked.Packages["node_modules/"+family].Version)
		}
		for name, p := range locked.Packages {
			if name != "" && p.Integrity == "" {
				t.Errorf("%s: %s has no hash", family, name)
			}
		}
	}
	if _, err := os.Stat(filepath.Join("peers", "go", "go.sum")); err != nil {
		t.Error(err)
	}
}

func TestPeers(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range peers() {
		if seen[p.id] || p.name == "" || p.dialect.kindOf == nil {
			t.Errorf("%+v", p)
		}
		seen[p.id] = true
		argv := strings.Join(p.argv("program", "127.0.0.1:1234", "1234", "folder"), " ")
		if !strings.HasPrefix(argv, "program ") || !strings.Contains(argv, "1234") || p.durable != strings.Contains(argv, "folder") {
			t.Errorf("%s: %s", p.id, argv)
		}
	}
}
