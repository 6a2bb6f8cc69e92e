package main

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
)

func coderHandler(rooms *rooms) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return // the library has answered
		}
		// The request's context would end with the handler, which is what is wanted here.
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		room := rooms.get(roomOf(r))
		m := room.enter(cancel)
		go func() {
			defer func() { _ = conn.CloseNow() }()
			for frame := range m.queue {
				if conn.Write(ctx, websocket.MessageText, frame) != nil {
					break
				}
			}
		}()
		defer room.exit(m)
		for {
			_, text, err := conn.Read(ctx)
			if err != nil || room.post(m, text) != nil {
				return
			}
		}
	})
}
