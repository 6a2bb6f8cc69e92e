package auth_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"snug/auth"
)

// crowd signs 100,000 people in, each with a request that carries their cookie.
func crowd(b *testing.B) (*rig, []*http.Request) {
	const people = 100_000
	g := newRig(b)
	requests := make([]*http.Request, people)
	began := time.Now().UnixMilli() // or a visit would lengthen each of them
	expires := time.Now().Add(7 * 24 * time.Hour).UnixMilli()
	err := g.db.Write(context.Background(), func(tx *sql.Tx) error {
		for i := range people {
			id, token := fmt.Sprint(i), auth.NewID()
			if _, err := tx.Exec(`insert into users (id, name, email, email_verified, created_at, updated_at) values (?, ?, ?, 0, 0, 0)`,
				id, "User "+id, id+"@example.com"); err != nil {
				return err
			}
			if _, err := tx.Exec(`insert into sessions (id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
				values (?, ?, ?, 1, '203.0.113.7', 'Mozilla/5.0', ?, ?, ?)`, id, auth.HashToken(token).String(), id, began, began, expires); err != nil {
				return err
			}
			j := g.jar()
			j.cookies[tokenName] = g.Sign(token)
			requests[i] = j.request("GET", "/get-session", "")
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return g, requests
}

func identify(b *testing.B, g *rig, r *http.Request) {
	if _, ok, err := g.Identify(r); !ok || err != nil {
		b.Fatal(ok, err)
	}
}

// BenchmarkIdentifyCold asks the database each time.
func BenchmarkIdentifyCold(b *testing.B) {
	g, requests := crowd(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(requests) == 0 {
			g.Chill()
		}
		identify(b, g, requests[i%len(requests)])
	}
}

// BenchmarkGetSessionCold is the whole reply, of sessions that aren't in memory, in
// an order that the database's pages don't have.
func BenchmarkGetSessionCold(b *testing.B) {
	g, requests := crowd(b)
	took := make([]time.Duration, 0, 1<<20)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%(len(requests)/4) == 0 {
			g.Chill()
		}
		w := httptest.NewRecorder()
		began := time.Now()
		g.handler.ServeHTTP(w, requests[i*7919%len(requests)])
		if took = append(took, time.Since(began)); w.Code != 200 || w.Body.Len() < 100 {
			b.Fatal(w.Code, w.Body)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs")
}

// BenchmarkIdentifyWarm finds all of them in memory.
func BenchmarkIdentifyWarm(b *testing.B) {
	g, requests := crowd(b)
	requests = requests[:auth.CacheSize]
	for _, r := range requests {
		identify(b, g, r)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		identify(b, g, requests[i%len(requests)])
	}
}

func BenchmarkIdentifyWarmParallel(b *testing.B) {
	g, requests := crowd(b)
	requests = requests[:auth.CacheSize]
	for _, r := range requests {
		identify(b, g, r)
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			identify(b, g, requests[i*7919%len(requests)])
		}
	})
}

// BenchmarkHash is one password at the real strength.
func BenchmarkHash(b *testing.B) {
	g := newRig(b)
	g.Strengthen(19<<10, 2)
	b.ReportAllocs()
	for b.Loop() {
		g.jar().post("/sign-up/email", fmt.Sprintf(`{"name":"n","email":"%s@example.com","password":"%s"}`, auth.NewID(), good)).want(b, 200, "")
	}
}
