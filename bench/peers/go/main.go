// Go has servers that a room of chat could also be built on, with nothing kept on
// disk: the library centrifuge with its broker in memory, and the usual hub with a
// goroutine and a bounded channel for each connection, on two WebSocket libraries.
//
//	go ADDRESS centrifuge|gorilla|coder
package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("arguments: ADDRESS centrifuge|gorilla|coder")
	}
	var handler http.Handler
	var err error
	switch rooms := newRooms(); args[1] {
	case "centrifuge":
		handler, err = newCentrifuge()
	case "gorilla":
		handler = gorillaHandler(rooms)
	case "coder":
		handler = coderHandler(rooms)
	default:
		err = fmt.Errorf("%q is none of the servers", args[1])
	}
	if err != nil {
		return err
	}
	server := &http.Server{Addr: args[0], Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func roomOf(r *http.Request) string { return r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:] }
