package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// Hashing a password takes tens of milliseconds and of megabytes. However many
// want to sign in at once, those beyond what the machine bears are told to come
// back, and those who are in go on talking.
func TestSignInStorm(t *testing.T) {
	s := newServer(t, noLimits...) // the limit per address would stop it too soon
	ada := s.signUp(t, "Ada")
	sock := ada.joined(t)
	quiet := talkAwhile(t, sock, "before")

	const strangers = 150
	statuses := map[int]int{}
	var mu sync.Mutex
	var storm sync.WaitGroup
	over := make(chan struct{})
	for i := range strangers {
		storm.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				res := s.send(t, http.MethodPost, "/api/auth/sign-in/email",
					map[string]any{"email": fmt.Sprintf("nobody%d-%d@example.org", i, n), "password": "wrong password"}, http.Header{"Origin": {s.url}})
				mu.Lock()
				statuses[res.status]++
				if res.status == http.StatusTooManyRequests && res.header.Get("Retry-After") == "" {
					statuses[-1]++
				}
				mu.Unlock()
				if res.status != http.StatusTooManyRequests {
					continue
				}
				select { // less than the second that it was told to wait, and no flood of requests
				case <-over:
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
	}
	storming := talkAwhile(t, sock, "during")
	close(over)
	storm.Wait()
	for status, n := range statuses {
		if status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
			t.Errorf("%d answers with %d", n, status)
		}
	}
	if statuses[http.StatusUnauthorized] == 0 || statuses[http.StatusTooManyRequests] == 0 {
		t.Errorf("statuses %v: want some that were tried and some that were sent away", statuses)
	}
	t.Logf("acks: quiet %s; in the storm %s; statuses %v", quiet, storming, statuses)
}

// talkAwhile posts for some seconds; each post has to be acked. It returns how long
// that took.
func talkAwhile(t *testing.T, sock *socket, prefix string) string {
	t.Helper()
	var took []time.Duration
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); {
		began := time.Now()
		sock.post(t, fmt.Sprint(prefix, len(took)), "still here")
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return fmt.Sprintf("n %d p50 %v p99 %v max %v", len(took), took[len(took)/2].Round(10*time.Microsecond),
		took[len(took)*99/100].Round(10*time.Microsecond), took[len(took)-1].Round(10*time.Microsecond))
}
