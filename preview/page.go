package preview

import (
	"bytes"
	"cmp"
	"io"
	"mime"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

const (
	maxTitle       = 200 // characters
	maxDescription = 300
	maxSite        = 60
)

// page is what an HTML document says of itself.
type page struct {
	title, description, site string
	image                    string // a whole URL
}

// readPage reads the head of an HTML document that stood at a URL. What isn't HTML says
// nothing.
func readPage(body []byte, contentType string, at *url.URL) page {
	if kind, _, err := mime.ParseMediaType(contentType); err == nil && kind != "text/html" && kind != "application/xhtml+xml" {
		return page{}
	}
	text, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return page{}
	}
	said := readHead(text)
	p := page{
		title:       clean(cmp.Or(said["og:title"], said["twitter:title"], said["title"]), maxTitle),
		description: clean(cmp.Or(said["og:description"], said["twitter:description"], said["description"]), maxDescription),
		site:        clean(cmp.Or(said["og:site_name"], strings.TrimPrefix(at.Hostname(), "www.")), maxSite),
	}
	image := cmp.Or(said["og:image:secure_url"], said["og:image"], said["og:image:url"], said["twitter:image"], said["twitter:image:src"])
	if u, err := at.Parse(strings.TrimSpace(image)); err == nil && image != "" && (u.Scheme == "https" || u.Scheme == "http") {
		p.image = u.String()
	}
	if p.description == p.title {
		p.description = ""
	}
	return p
}

// readHead returns the title and the meta elements of a document by their names; of
// several of one name the first. It ends with the head.
func readHead(text io.Reader) map[string]string {
	said := make(map[string]string)
	put := func(name, value string) {
		if _, there := said[name]; !there && strings.TrimSpace(value) != "" {
			said[name] = value
		}
	}
	z := html.NewTokenizer(text)
	z.SetMaxBuf(maxPage)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return said
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.Head {
				return said
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.DataAtom {
			case atom.Body:
				return said
			case atom.Title:
				if z.Next() == html.TextToken {
					put("title", z.Token().Data)
				}
			case atom.Meta:
				var name, content string
				for _, a := range t.Attr {
					switch a.Key {
					case "property", "name":
						name = cmp.Or(name, strings.ToLower(strings.TrimSpace(a.Val)))
					case "content":
						content = a.Val
					}
				}
				put(name, content)
			}
		}
	}
}

// clean makes one line of a text, of so many characters at most, without what can't be
// seen or turns around what stands behind it.
func clean(text string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range strings.ToValidUTF8(text, "") {
		switch {
		case unicode.IsSpace(r):
			space = n > 0
			continue
		case unicode.Is(unicode.C, r):
			continue
		}
		if n >= limit-1 {
			return b.String() + "…"
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
