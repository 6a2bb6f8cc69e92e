package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
)

// historySize messages of each channel are kept in memory, as a room's newest are.
const historySize = 100

// newCentrifuge is centrifuge as its own clients see it, by its JSON protocol:
// they connect, subscribe to a room's channel and send what they post; the server
// publishes it there and sends the ack, which centrifuge's own answer to a publish
// couldn't be: it bears no clientId.
func newCentrifuge() (http.Handler, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, fmt.Errorf("make node: %w", err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: userID}}, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
			reply(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EnablePositioning: true}}, nil)
		})
		c.OnMessage(func(e centrifuge.MessageEvent) {
			if publish(node, c, e.Data) != nil {
				c.Disconnect(centrifuge.DisconnectServerError)
			}
		})
	})
	if err := node.Run(); err != nil {
		return nil, fmt.Errorf("run node: %w", err)
	}
	socket := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{CheckOrigin: func(*http.Request) bool { return true }})
	return socket, nil
}

func publish(node *centrifuge.Node, c *centrifuge.Client, text []byte) error {
	var to struct {
		Room string `json:"room"`
	}
	if err := json.Unmarshal(text, &to); err != nil {
		return fmt.Errorf("read post: %w", err)
	}
	m, err := newMessage(text, userID[:23]) // its own frame around the message is longer
	if err != nil {
		return err
	}
	frame, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	done, err := node.Publish(to.Room, frame, centrifuge.WithHistory(historySize, time.Hour))
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	ack, err := json.Marshal(ackFrame{"ack", to.Room, m.ClientID, m.ID, done.Offset, m.Timestamp})
	if err != nil {
		return fmt.Errorf("encode ack: %w", err)
	}
	return c.Send(ack)
}
