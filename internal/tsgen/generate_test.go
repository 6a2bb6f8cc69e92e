package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A stale file means that the client believes in frames that the server
// doesn't send.
func TestGeneratedFileIsUpToDate(t *testing.T) {
	want, err := generate("../../chat")
	if err != nil {
		t.Fatal(err)
	}
	const path = "../../web/src/realtime/wire.gen.ts"
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v\nrun: go generate ./chat", err)
	}
	if string(got) != want {
		t.Fatal("web/src/realtime/wire.gen.ts is not what chat/protocol*.go says; run: go generate ./chat")
	}
}

func TestGenerate(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"string types are aliases", "type RoomID string // opaque", []string{"export type RoomID = string;"}},
		{"constants become a union", "type Code string\nconst (\n A Code = \"a\"\n B Code = \"b\"\n)", []string{`export type Code = "a" | "b";`}},
		{"untyped constants", "type T string\n// V counts.\nconst V = 1\n", []string{"/** V counts. */\nexport const v = 1;"}},
		{"literal and optional fields", "type F struct {\n Type string `json:\"type\" ts:\"f\"`\n N *int64 `json:\"n\"`\n M []T `json:\"m,omitempty\"`\n X map[string][]T `json:\"x\"`\n secret int\n Gone int `json:\"-\"`\n}\ntype T bool",
			[]string{"export interface F {\n  type: \"f\";\n  n?: number;\n  m?: T[];\n  x: Record<string, T[]>;\n}\n", "export type T = boolean;"}},
		{"a type written out", "type F struct {\n R []int `json:\"r,omitempty\" tstype:\"Record<string, number>\"`\n}", []string{"  r?: Record<string, number>;"}},
		{"interface is a union of its structs", "type S interface{ s() }\ntype A struct{}\ntype B struct{}\nfunc (A) s() {}\nfunc (B) s() {}", []string{"export type S = A | B;"}},
		{"the type of a client frame", "type ClientFrame struct {\n Type string `json:\"type\"`\n}\nconst (\n FrameA = \"a\"\n FrameB = \"b\"\n)", []string{`type: "a" | "b";`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := generateText(t, tt.in)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
		})
	}
}

func TestGenerateRefusesWhatItCannotSay(t *testing.T) {
	for name, in := range map[string]string{
		"no json name":     "type F struct{ A int }",
		"embedded":         "type A struct{}\ntype F struct{ A }",
		"foreign type":     "type F struct{ T time.Time `json:\"t\"` }",
		"unknown type":     "type F struct{ T Nope `json:\"t\"` }",
		"a wide interface": "type S interface{ a(); b() }",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "protocol.go"), "package p\n"+in)
			if text, err := generate(dir); err == nil {
				t.Errorf("no error; made:\n%s", text)
			}
		})
	}
}

func generateText(t *testing.T, in string) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "protocol.go"), "package p\n\n"+in+"\n")
	got, err := generate(dir)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
