package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"snug/mail"
)

// mailTestTime bounds the whole of a test.
const mailTestTime = 2 * time.Minute

func mailCommand() group {
	return group{
		name:  "mail",
		about: "snug mail finds out whether mails leave.",
		verbs: []verb{
			{name: "test", args: "[ADDRESS]", most: 1, run: mailTest,
				help: "Connect to the mail server and sign in there as for a mail; with an ADDRESS, send one there. Says what the mail server said, if that fails."},
		},
	}
}

func mailTest(in *invocation) error {
	c := in.settings.Config
	if c.SMTP.Host == "" {
		return wrongUse("no mail server is set up: set SNUG_SMTP_HOST, with SNUG_MAIL_FROM and SNUG_BASE_URL")
	}
	sender, err := mail.New(mailConfig(c.SMTP, slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), mailTestTime)
	defer cancel()
	defer func() { _ = sender.Close(ctx) }() // it has no mails
	to := in.word(0)
	if to == "" {
		if err := sender.Check(ctx); err != nil {
			return err
		}
		fmt.Fprintf(in.stdout, "The mail server %s takes mails from us. snug mail test ADDRESS sends one.\n", c.SMTP.Host)
		return nil
	}
	host := c.BaseURL
	if u, err := url.Parse(c.BaseURL); err == nil {
		host = u.Host
	}
	if err := sender.Deliver(ctx, testMail(to, host)); err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "The mail server %s has taken a mail to %s. Whether it arrives, the mailbox tells.\n", c.SMTP.Host, to)
	return nil
}

func testMail(to, host string) mail.Message {
	return mail.Message{
		To:      to,
		Subject: "Test mail from " + host,
		Text: strings.Join([]string{
			"This is a test: the people who run " + host + " tried out whether its mails arrive.",
			"This one did. There is nothing to do.",
		}, "\n\n") + "\n",
	}
}
