package attention

import "snug/language"

// words are those of the mail about what somebody has missed, and of the names of groups, in
// one language. {server} stands for what the server is called.
type words struct {
	one     string          // the subject where it is one message: {who} wrote it
	many    language.Plural // … where they are more: {count}
	away    string          // stands above the messages
	said    string          // stands above one of a direct: {who}
	saidIn  string          // … of another room: {who}, {room}
	open    string          // leads to a message
	more    language.Plural // of the messages that have no place: {count}
	enter   string          // leads to the server
	rule    string          // when such a mail is sent
	off     string          // stands above the link that ends them
	offLink string          // is that link, as words
	comma   string          // stands between the names that make that of a group
	alone   string          // is the name of a group in which nobody else is left
}

var catalogue = language.Texts[*words]{
	language.English: &english,
	language.Spanish: &spanish,
	language.German:  &german,
	language.Chinese: &chinese,
	language.Arabic:  &arabic,
}

var english = words{
	one: "{who} wrote to you at {server}",
	many: language.Plural{
		language.One:   "1 message for you at {server}",
		language.Other: "{count} messages for you at {server}",
	},
	away:   "While you were away from {server}:",
	said:   "{who}:",
	saidIn: "{who} in {room}:",
	open:   "Open",
	more: language.Plural{
		language.One:   "… and 1 more.",
		language.Other: "… and {count} more.",
	},
	enter:   "Open {server}",
	rule:    "You get at most one such mail an hour, and none of what you have read.",
	off:     "To get none at all:",
	offLink: "Send me no more of these",
	comma:   ", ",
	alone:   "A group of your own",
}

var spanish = words{
	one: "{who} te escribió en {server}",
	many: language.Plural{
		language.One:   "1 mensaje para ti en {server}",
		language.Many:  "{count} de mensajes para ti en {server}",
		language.Other: "{count} mensajes para ti en {server}",
	},
	away:   "Mientras no estabas en {server}:",
	said:   "{who}:",
	saidIn: "{who} en {room}:",
	open:   "Abrir",
	more: language.Plural{
		language.One:   "… y 1 más.",
		language.Many:  "… y {count} más.",
		language.Other: "… y {count} más.",
	},
	enter:   "Abrir {server}",
	rule:    "Recibes como máximo un correo así por hora, y ninguno de lo que ya leíste.",
	off:     "Para no recibir ninguno:",
	offLink: "No enviarme más correos de estos",
	comma:   ", ",
	alone:   "Un grupo solo para ti",
}

var german = words{
	one: "{who} hat dir bei {server} geschrieben",
	many: language.Plural{
		language.One:   "1 Nachricht für dich bei {server}",
		language.Other: "{count} Nachrichten für dich bei {server}",
	},
	away:   "Während du nicht bei {server} warst:",
	said:   "{who}:",
	saidIn: "{who} in {room}:",
	open:   "Öffnen",
	more: language.Plural{
		language.One:   "… und 1 weitere.",
		language.Other: "… und {count} weitere.",
	},
	enter:   "{server} öffnen",
	rule:    "Du bekommst höchstens eine solche E-Mail pro Stunde und keine über das, was du schon gelesen hast.",
	off:     "Um gar keine mehr zu bekommen:",
	offLink: "Keine solchen E-Mails mehr senden",
	comma:   ", ",
	alone:   "Eine Gruppe für dich allein",
}

var chinese = words{
	one:     "{who} 在 {server} 给你发了消息",
	many:    language.Plural{language.Other: "你在 {server} 有 {count} 条消息"},
	away:    "你不在 {server} 的时候：",
	said:    "{who}：",
	saidIn:  "{who} 在 {room}：",
	open:    "打开",
	more:    language.Plural{language.Other: "……还有 {count} 条。"},
	enter:   "打开 {server}",
	rule:    "这类邮件每小时最多一封，已读的内容不会发。",
	off:     "如果完全不想再收到：",
	offLink: "不再给我发这类邮件",
	comma:   "、",
	alone:   "只有你自己的群组",
}

var arabic = words{
	one: "كتب إليك {who} على {server}",
	many: language.Plural{
		language.Zero:  "لا رسائل لك على {server}",
		language.One:   "رسالة واحدة لك على {server}",
		language.Two:   "رسالتان لك على {server}",
		language.Few:   "{count} رسائل لك على {server}",
		language.Many:  "{count} رسالة لك على {server}",
		language.Other: "{count} رسالة لك على {server}",
	},
	away:   "أثناء غيابك عن {server}:",
	said:   "{who}:",
	saidIn: "{who} في {room}:",
	open:   "فتح",
	more: language.Plural{
		language.Zero:  "… ولا شيء غير ذلك.",
		language.One:   "… ورسالة أخرى.",
		language.Two:   "… ورسالتان أخريان.",
		language.Few:   "… و{count} رسائل أخرى.",
		language.Many:  "… و{count} رسالة أخرى.",
		language.Other: "… و{count} رسالة أخرى.",
	},
	enter:   "فتح {server}",
	rule:    "تصلك رسالة كهذه مرة واحدة في الساعة على الأكثر، ولا تصلك عمّا قرأته.",
	off:     "لكي لا تصلك أبدًا:",
	offLink: "إيقاف هذه الرسائل",
	comma:   "، ",
	alone:   "مجموعة لك وحدك",
}
