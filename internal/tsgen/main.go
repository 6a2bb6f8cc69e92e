// Command tsgen writes the TypeScript types of the wire protocol from the Go
// structs that define it. It reads protocol*.go of the package in -dir and emits
// their exported types, in order, and whatever they refer to elsewhere in that
// package.
//
// A field tagged ts:"hello" has that literal type, and one tagged tstype:"T" the type
// T, for what writes its JSON itself. omitempty and pointers
// make a property optional. An interface becomes the union of the structs that
// have its method. The constants of a string type become the union of their
// values. ClientFrame's type is the union of the constants named Frame*.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("dir", ".", "folder of the Go package")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := run(*dir, *out); err != nil {
		fmt.Fprintln(os.Stderr, "tsgen:", err)
		os.Exit(1)
	}
}

func run(dir, out string) error {
	if out == "" {
		return fmt.Errorf("-out is missing")
	}
	text, err := generate(dir)
	if err != nil {
		return err
	}
	// The output's time stays as it is when nothing changed: builds look at it.
	if old, err := os.ReadFile(out); err == nil && string(old) == text {
		return nil
	}
	return os.WriteFile(out, []byte(text), 0o644)
}
