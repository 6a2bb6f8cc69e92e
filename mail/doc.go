// Package mail sends the server's own mails, such as a link to sign in with, to
// one SMTP server that passes them on.
//
// # Delivery
//
// [Sender.Send] only puts a mail into a queue, so that neither an answer nor the
// time that it takes tells whether a mail was sent. One goroutine delivers, over
// one connection that is kept for as long as there are mails. What fails for a
// while (a reply 4xx, a server that is away, a step that takes too long) is tried
// again after 5 s, 30 s, 2 min and 10 min; what the server refuses for good (5xx)
// isn't. Where it is the connection that fails, that counts for all mails that
// were to go over it.
//
// The queue is in memory: a crash loses it, and people ask for another link. A
// mail whose connection breaks between its last byte and the server's reply is
// sent again, with the same Message-ID: twice is better than never.
//
// # What may be seen
//
// Mails hold links that sign people in. They leave this machine encrypted, for a
// server whose certificate is good for its name, unless the configuration says
// "none". Nothing is logged of a mail but its random Message-ID, the attempt, the
// step of SMTP that failed and the class of the reply.
package mail
