package main

import (
	"net/http"

	"github.com/gorilla/websocket"
)

func gorillaHandler(rooms *rooms) http.Handler {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the library has answered
		}
		room := rooms.get(roomOf(r))
		m := room.enter(func() { _ = conn.NetConn().Close() })
		go func() {
			defer func() { _ = conn.Close() }()
			for frame := range m.queue {
				if conn.WriteMessage(websocket.TextMessage, frame) != nil {
					break
				}
			}
		}()
		defer room.exit(m)
		for {
			_, text, err := conn.ReadMessage()
			if err != nil || room.post(m, text) != nil {
				return
			}
		}
	})
}
