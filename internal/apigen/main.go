// Command apigen writes the OpenAPI document of the HTTP interface and the TypeScript
// types of what it takes and gives. Both are made from the route tables of httpapi and
// auth: what is said beside each handler, and the Go types that it reads and writes,
// whose comments become descriptions.
//
// omitempty makes a property one that may be missing; a pointer without it is null. A
// tag openapi:"…" adds what a Go type can't say: see package openapi.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"snug/httpapi"
)

func main() {
	root := flag.String("root", "..", "folder of the module")
	documentPath := flag.String("document", "", "OpenAPI document to write")
	typesPath := flag.String("types", "", "TypeScript to write")
	flag.Parse()
	if err := run(*root, *documentPath, *typesPath); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

func run(root, documentPath, typesPath string) error {
	if documentPath == "" || typesPath == "" {
		return fmt.Errorf("-document or -types is missing")
	}
	document, types, err := generate(root)
	if err != nil {
		return err
	}
	if err := write(documentPath, document); err != nil {
		return err
	}
	return write(typesPath, types)
}

// write leaves a file alone that is as it should be: builds look at its time.
func write(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return nil
	}
	return os.WriteFile(filepath.Clean(path), text, 0o644)
}

func generate(root string) (document, types []byte, err error) {
	b, err := build(root, overview{
		Title: "Snug", Version: httpapi.VersionMark,
		Description: "The HTTP interface of a Snug server. A session is a cookie that signing in sets; requests that change something, " +
			"and WebSocket handshakes, must come from an allowed Origin. Times are Unix milliseconds unless a format is given; lengths of " +
			"text are counted in Unicode code points. Readers ignore fields that they don't know. Any address may answer 421 to a name that " +
			"isn't this server's, and 500 where something is wrong with it.",
		Tags: []tag{
			{"accounts", "Who you are: the protocol of the better-auth JavaScript client."},
			{"my account", "Beside that protocol: tokens, invitations, pictures, and how one signs in here."},
			{"rooms", "Level 1: every room, nothing lost, nothing twice."},
			{"attention", "What speaks to you, and how you are told of it."},
			{"files", "What messages carry: uploaded first, then named by a message."},
			{"level 0", "The one room \"global\", as the first client speaks to it."},
			{"server", ""},
		},
		SecuritySchemes: map[string]any{
			"session": map[string]string{"type": "apiKey", "in": "cookie", "name": "better-auth.session_token",
				"description": "Set by signing in; over https its name begins with __Host-."},
			"token": map[string]string{"type": "http", "scheme": "bearer",
				"description": "An API token, as far as its scopes go: messages:read to read and to open sockets, messages:write to post, rooms:write to manage rooms and people."},
		},
		Refusals: httpapi.Refusals(),
	}, httpapi.Interface())
	if err != nil {
		return nil, nil, err
	}
	if document, err = lines(b.doc); err != nil {
		return nil, nil, err
	}
	text, err := b.typescript("snug/chat", "~/realtime/wire.gen")
	return document, []byte(text), err
}
