package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"snug/chat"
	"snug/fetch"
)

// The picture of a preview is made anew, served to who is signed in, and goes with the
// preview.
func TestPicturesOfPreviews(t *testing.T) {
	s := hosted{}.start(t, "--auth-rate", "0")
	ada := signUp(t, s.Addr().String(), "Ada")
	if status, answer := ada.request("GET", "/api/settings", nil); status != http.StatusOK || !strings.Contains(answer, `"previews":true`) {
		t.Fatalf("settings: %s", answer)
	}
	status, answer := ada.post("/api/rooms/global/messages", map[string]string{"clientId": "1", "content": "no link, so that nobody looks for it"})
	if status != http.StatusOK {
		t.Fatal(answer)
	}
	room, err := s.chat.FindRoom(t.Context(), chat.Actor{}, "global")
	if err != nil {
		t.Fatal(err)
	}
	small, err := pictures{s.Server}.MakePreview(t.Context(), []byte(smallPicture(t)))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := pictures{s.Server}.KeepPreview(t.Context(), room, 1, small)
	if err != nil || kept.Width != 840 {
		t.Fatalf("%+v, %v", kept, err)
	}
	list := []chat.Preview{{URL: "https://example.org/", Title: "Example", Image: kept.Path, Width: kept.Width, Height: kept.Height}}
	if err := s.chat.SetPreviews(t.Context(), room, 1, "no link, so that nobody looks for it", list); err != nil {
		t.Fatal(err)
	}
	messages, err := s.chat.Messages(t.Context(), room, []chat.Seq{1})
	if err != nil || len(messages) != 1 || !slices.Equal(messages[0].Previews, list) {
		t.Fatalf("%+v, %v", messages, err)
	}
	if status, picture := ada.request("GET", kept.Path, nil); status != http.StatusOK || !strings.HasPrefix(picture, "\xff\xd8\xff") {
		t.Errorf("the picture: %d %.20q", status, picture)
	}
	if status, _ := stranger(t, s.Addr().String()).request("GET", kept.Path, nil); status == http.StatusOK {
		t.Error("the picture is shown to nobody in particular")
	}
	path := "/api/rooms/global/messages/" + string(messages[0].ID)
	if status, answer := ada.request("DELETE", path+"/previews?url=https://example.org/", nil); status != http.StatusOK || strings.Contains(answer, "previews") {
		t.Errorf("removed: %d %s", status, answer)
	}
	for begun := time.Now(); ; {
		if status, _ := ada.request("GET", kept.Path, nil); status == http.StatusNotFound {
			break
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatal("the picture outlives its preview")
		}
	}
}

func TestNoPreviews(t *testing.T) {
	s := hosted{}.start(t, "--auth-rate", "0", "--previews=false")
	ada := signUp(t, s.Addr().String(), "Ada")
	if _, answer := ada.request("GET", "/api/settings", nil); !strings.Contains(answer, `"previews":false`) || s.previews != nil {
		t.Errorf("settings: %s", answer)
	}
}

// §13.17: what lets the server of a test reach a web on its own machine isn't in any
// other server.
func TestTheWebOfATestIsOutOfReach(t *testing.T) {
	var asked atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer web.Close()
	t.Setenv("E2E_PAGES", web.Listener.Addr().String())
	if _, err := previewFetcher().Get(t.Context(), web.URL, fetch.GetOptions{}); !errors.Is(err, fetch.ErrBlocked) || asked.Load() > 0 {
		t.Errorf("got %v after %d requests", err, asked.Load())
	}
}
