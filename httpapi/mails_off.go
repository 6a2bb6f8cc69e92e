package httpapi

import (
	"cmp"
	"html"
	"io"
	"net/http"
	"strings"

	"snug/chat"
	"snug/language"
)

// mailLink reads whose mails a link is about; false: it isn't one of ours.
func (s *Server) mailLink(r *http.Request) (id chat.UserID, token string, ok bool) {
	q := r.URL.Query()
	id, token = chat.UserID(q.Get("user")), q.Get("token")
	return id, token, s.attention.MayStopMails(id, token)
}

const badLink = "This link isn't one of this server's, or it is too old. In the settings you can say which mails you want."

// mailPage is what the pages say that the link of a mail leads to.
type mailPage struct{ title, asks, button, doneTitle, done string }

var mailPages = language.Texts[mailPage]{
	language.English: {
		title:     "Mails of what you missed",
		asks:      "When somebody speaks to you and you don't read it, this server sends you a mail. Should it stop to?",
		button:    "Send me no more of these",
		doneTitle: "No more mails",
		done:      "You get no more mails of what you missed. In the settings you can have them again.",
	},
	language.Spanish: {
		title:     "Correos sobre lo que te perdiste",
		asks:      "Cuando alguien te habla y no lo lees, este servidor te envía un correo. ¿Quieres que deje de hacerlo?",
		button:    "No enviarme más correos de estos",
		doneTitle: "No más correos",
		done:      "Ya no recibes correos sobre lo que te perdiste. En los ajustes puedes volver a activarlos.",
	},
	language.German: {
		title:     "E-Mails über Verpasstes",
		asks:      "Wenn jemand mit dir spricht und du es nicht liest, sendet dir dieser Server eine E-Mail. Soll er damit aufhören?",
		button:    "Keine solchen E-Mails mehr senden",
		doneTitle: "Keine E-Mails mehr",
		done:      "Du bekommst keine E-Mails mehr über Verpasstes. In den Einstellungen kannst du sie wieder einschalten.",
	},
	language.Chinese: {
		title:     "关于错过内容的邮件",
		asks:      "有人对你说话而你没有读到时，这台服务器会给你发邮件。要停止发送吗？",
		button:    "不再给我发这类邮件",
		doneTitle: "不再发邮件",
		done:      "你不会再收到关于错过内容的邮件。可以在设置中重新开启。",
	},
	language.Arabic: {
		title:     "رسائل بريد بما فاتك",
		asks:      "حين يحدّثك أحد ولا تقرأ ما قاله، يرسل إليك هذا الخادم رسالة بريد. هل يتوقف عن ذلك؟",
		button:    "إيقاف هذه الرسائل",
		doneTitle: "لا مزيد من الرسائل",
		done:      "لن تصلك رسائل بريد بما فاتك. يمكنك تشغيلها مجددًا في الإعدادات.",
	},
}

// readMailLink is mailLink with the words for who followed it: in the language of the mail,
// as far as it is known, and else in that of their browser. False: it has answered.
func (s *Server) readMailLink(w http.ResponseWriter, r *http.Request) (id chat.UserID, token string, lang language.Code, ok bool) {
	id, token, ok = s.mailLink(r)
	if !ok {
		s.fail(w, r, badRequest(badLink), level1)
		return id, token, lang, false
	}
	settings, err := s.attention.Settings(r.Context(), id)
	if err != nil {
		s.fail(w, r, err, level1)
	}
	return id, token, cmp.Or(settings.Language, language.Of(r)), err == nil
}

// askToStopMails shows a button: what scans mails opens links, but presses none.
func (s *Server) askToStopMails(w http.ResponseWriter, r *http.Request) {
	_, _, lang, ok := s.readMailLink(w, r)
	if !ok {
		return
	}
	page := mailPages.In(lang)
	s.writePage(w, lang, page.title, "<p>"+html.EscapeString(page.asks)+`</p>
<form method="post"><button>`+html.EscapeString(page.button)+"</button></form>")
}

func (s *Server) stopMails(w http.ResponseWriter, r *http.Request) {
	id, token, lang, ok := s.readMailLink(w, r)
	if !ok {
		return
	}
	if err := s.attention.StopMails(r.Context(), id, token); err != nil {
		s.fail(w, r, err, level1)
		return
	}
	page := mailPages.In(lang)
	s.writePage(w, lang, page.doneTitle, "<p>"+html.EscapeString(page.done)+"</p>")
}

// writePage writes a page without scripts, whose forms lead back here.
func (s *Server) writePage(w http.ResponseWriter, lang language.Code, title, main string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	// Not elsewhere, for the address has a token; the form sends its Origin only if this lets it.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	fill := strings.NewReplacer("{lang}", string(lang), "{dir}", lang.Dir(), "{title}", html.EscapeString(title), "{main}", main,
		"{server}", html.EscapeString(cmp.Or(s.rooms.Settings().Server.Name, "Snug")))
	_, _ = io.WriteString(w, fill.Replace(pageHTML)) // an error is the reader's leaving
}

const pageHTML = `<!DOCTYPE html>
<html lang="{lang}" dir="{dir}">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · {server}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 400px; padding: 48px 24px; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 22px; line-height: 1.25; text-wrap: balance; }
button { padding: 10px 16px; font: inherit; font-weight: 600; }
</style>
</head>
<body>
<h1>{title}</h1>
{main}
</body>
</html>
`
