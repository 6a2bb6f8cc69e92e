package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"html"
	"regexp"
	"strings"
)

// Names is what a server is called. "" is what the client says by itself.
type Names struct{ Name, Description string }

// manifest is what the installed app is called by.
const manifest = "manifest.webmanifest"

// named are the files that tell the names, as they do.
type named struct {
	Names
	files map[string]*file
}

// file returns a file of the client, which tells what the server is called now; nil if
// there is none.
func (h *handler) file(name string) *file {
	plain := h.files[name]
	if plain == nil || h.names == nil || name != index && name != manifest {
		return plain
	}
	now := h.names()
	if now == (Names{}) {
		return plain
	}
	made := h.named.Load()
	if made == nil || made.Names != now {
		made = &named{now, map[string]*file{}}
		for name, tell := range map[string]func(Names, []byte) []byte{index: inPage, manifest: inManifest} {
			f := h.files[name]
			if f == nil {
				continue
			}
			body := f.variants[len(f.variants)-1].body
			if told := tell(now, body); !bytes.Equal(told, body) {
				f = f.saying(told)
			}
			made.files[name] = f
		}
		h.named.Store(made) // who made it at the same time made the same
	}
	return made.files[name]
}

// saying is a file with another body. It is compressed as far as that is quick.
func (f *file) saying(body []byte) *file {
	tag := tagOf(body)
	other := &file{contentType: f.contentType, cache: f.cache}
	var small bytes.Buffer
	w := gzip.NewWriter(&small)
	_, err := w.Write(body)
	if err == nil {
		err = w.Close()
	}
	if err == nil && small.Len() < len(body) {
		other.variants = append(other.variants, variant{encoding: "gzip", etag: `"` + tag + `-gzip"`, body: small.Bytes()})
	}
	other.variants = append(other.variants, variant{etag: `"` + tag + `"`, body: body})
	return other
}

// inPage puts the names where a page has its own: into its title and into its metadata,
// which the client reads.
func inPage(n Names, page []byte) []byte {
	text := string(page)
	if n.Name != "" {
		text = regexp.MustCompile(`<title>[^<]*</title>`).ReplaceAllLiteralString(text, "<title>"+html.EscapeString(n.Name)+"</title>")
		text = inMeta(text, "application-name", n.Name)
		text = inMeta(text, "apple-mobile-web-app-title", n.Name)
	}
	if n.Description != "" {
		text = inMeta(text, "description", n.Description)
		text = inMeta(text, "server-description", n.Description)
	}
	return []byte(text)
}

func inMeta(page, name, content string) string {
	was := regexp.MustCompile(`(<meta name="` + regexp.QuoteMeta(name) + `" content=")[^"]*(")`)
	return was.ReplaceAllStringFunc(page, func(tag string) string {
		begin, end := strings.Index(tag, ` content="`)+len(` content="`), len(tag)-1
		return tag[:begin] + html.EscapeString(content) + tag[end:]
	})
}

// inManifest likewise. What isn't JSON is left as it is.
func inManifest(n Names, text []byte) []byte {
	var m map[string]any
	if json.Unmarshal(text, &m) != nil || m["name"] == n.Name && n.Description == "" {
		return text
	}
	if n.Name != "" {
		m["name"], m["short_name"] = n.Name, n.Name
	}
	if n.Description != "" {
		m["description"] = n.Description
	}
	told, err := json.Marshal(m)
	if err != nil {
		return text
	}
	return told
}
