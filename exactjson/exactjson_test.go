package exactjson_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"snug/exactjson"
)

type inner struct {
	Name string `json:"name"`
}

type promoted struct {
	From string `json:"from"`
}

type outer struct {
	promoted
	Content string     `json:"content,omitempty"`
	Seq     *uint64    `json:"seq"`
	K       int        `json:"k"`
	One     inner      `json:"one"`
	Perhaps *inner     `json:"perhaps"`
	Many    []inner    `json:"many"`
	Lists   [][]*inner `json:"lists"`
	At      time.Time  `json:"at"` // it reads itself
	Plain   string
	Secret  string `json:"-"`
}

func TestNamesAreExact(t *testing.T) {
	for _, c := range []struct{ text, same string }{
		{`{"content":"lower","Content":"upper"}`, `{"content":"lower"}`},
		{`{"CONTENT":"upper","content":"lower"}`, `{"content":"lower"}`},
		{`{"Content":"upper","SEQ":1,"FROM":"x","plain":"x"}`, `{}`},
		{`{"ſeq":1,"\u212a":2}`, `{}`}, // long s and the sign of Kelvin fold to s and k
		{`{"\u0063ontent":"escaped"}`, `{"content":"escaped"}`},
		{`{"-":"x","Secret":"x","secret":"x"}`, `{}`},
		{`{"one":{"Name":"a","name":"b"},"perhaps":{"NAME":"c"}}`, `{"one":{"name":"b"},"perhaps":{}}`},
		{`{"many":[{"Name":"a"},{"name":"b"},null],"lists":[[{"Name":"a"}],[]]}`, `{"many":[{},{"name":"b"},null],"lists":[[{}],[]]}`},
	} {
		var got, want outer
		if err := exactjson.Unmarshal([]byte(c.text), &got); err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if err := json.Unmarshal([]byte(c.same), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v\nwant %+v", c.text, got, want)
		}
	}
}

// Whatever is named exactly is read as encoding/json does, errors and all.
func TestTheRestIsAsInJSON(t *testing.T) {
	for _, text := range []string{
		``, ` `, `{`, `{}`, ` {} `, `[]`, `null`, `7`, `"x"`, `{} {}`, `{"content":"a",}`, "{\"content\":\"\xff\"}", `{"content":"\ud800"}`,
		`{"from":"a","content":"b","seq":9,"k":1,"Plain":"c","at":"2026-01-02T03:04:05Z"}`,
		`{"content":"a","content":"b"}`, `{"content":"a","content":null}`, `{"content":7,"content":"a"}`, `{"seq":7,"seq":null}`,
		`{"content":7}`, `{"seq":-1}`, `{"seq":1.5}`, `{"seq":99999999999999999999}`, `{"at":"never"}`, `{"at":{"a":1}}`,
		`{"one":7}`, `{"one":{"name":7}}`, `{"one":[]}`, `{"many":{}}`, `{"many":[7]}`, `{"many":[{"name":[]}]}`, `{"perhaps":null}`,
		`{"unknown":{"a":[1,{"b":null}]},"content":"x"}`, "\t{ \"content\" :\n\"x\" , \"k\" : 1 }\r\n",
	} {
		var got, want outer
		gotErr, wantErr := exactjson.Unmarshal([]byte(text), &got), json.Unmarshal([]byte(text), &want)
		if !reflect.DeepEqual(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Errorf("%q\n got %+v, %v\nwant %+v, %v", text, got, gotErr, want, wantErr)
		}
	}
}
