package httpapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"snug/attention"
	"snug/auth"
	"snug/chat"
	"snug/internal/openapi"
	"snug/language"
	"snug/push"
)

//go:generate go run ../internal/apigen -document openapi.json -types ../web/src/api.gen.ts

// openAPIDocument is made from the route tables of this package and of auth.
//
//go:embed openapi.json
var openAPIDocument []byte

// VersionMark stands in the generated document for the version of the server.
const VersionMark = "VERSION"

// Document returns the OpenAPI document, without a version.
func Document() []byte { return openAPIDocument }

// openAPI returns the document of the HTTP interface with the version filled in.
func openAPI(version string) []byte {
	quoted, err := json.Marshal(version)
	if err != nil {
		panic(err) // a string
	}
	return bytes.Replace(openAPIDocument, []byte(`"`+VersionMark+`"`), quoted, 1)
}

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(s.document)
}

// The headings of the document.
const (
	tagRooms      = "rooms"
	tagModeration = "moderation"
	tagLevel0     = "level 0"
	tagServer     = "server"
	tagAccount    = "my account"
	tagFiles      = "files"
	tagAttention  = "attention"
)

// Interface describes all routes: those of this package, and those of auth.
func Interface() openapi.Interface {
	all := auth.Interface()
	all.Parameters["slug"] = "The room's name in addresses."
	all.Parameters["id"] = "The message's id."
	all.Parameters["emoji"] = "One emoji."
	all.Names[reflect.TypeFor[errorBody]()] = "Refusal"
	all.Names[reflect.TypeFor[level0Error]()] = "Level0Refusal"
	all.Names[reflect.TypeFor[done]()] = "Done"
	all.Names[reflect.TypeFor[chat.Role]()] = "RoomRole"
	all.Names[reflect.TypeFor[about]()] = "Server"
	all.Names[reflect.TypeFor[language.Code]()] = "Language"
	all.Names[reflect.TypeFor[attention.Settings]()] = "AttentionSettings"
	all.Names[reflect.TypeFor[attention.Change]()] = "AttentionChange"
	all.Names[reflect.TypeFor[attention.LevelsChange]()] = "AttentionLevelsChange"
	all.Names[reflect.TypeFor[attention.Levels]()] = "AttentionLevels"
	all.Names[reflect.TypeFor[attention.Item]()] = "InboxItem"
	all.Names[reflect.TypeFor[attention.Ticks]()] = "InboxTicks"
	all.Names[reflect.TypeFor[push.Key]()] = "PushKey"
	all.Names[reflect.TypeFor[push.Keys]()] = "PushKeys"
	all.Names[reflect.TypeFor[push.Subscription]()] = "PushDevice"
	all.Names[reflect.TypeFor[readyBody]()] = "Readiness"
	// The handlers aren't called.
	for _, r := range slices.Concat((&Server{}).routeTable(), (&Server{}).fileRoutes(), (&Server{}).attentionRoutes()) {
		if r.path == "/api" { // /api/ without its slash
			continue
		}
		for name, m := range r.methods {
			path := strings.TrimSuffix(r.path, "{$}")
			all.Routes = append(all.Routes, openapi.Route{Method: name, Path: path, Operation: m.Operation})
		}
	}
	return all
}

// Refusals are the types of what is answered to what is turned down.
func Refusals() map[openapi.Dialect]reflect.Type {
	return map[openapi.Dialect]reflect.Type{
		openapi.Level0: reflect.TypeFor[level0Error](), openapi.Level1: reflect.TypeFor[errorBody](), openapi.Accounts: auth.Refusal(),
	}
}
