package fetch_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"snug/fetch"
)

// No name server may even be asked for these.
func TestURLsThatAreRefused(t *testing.T) {
	urls := map[string]string{
		"loopback":                   "https://127.0.0.1/",
		"loopback elsewhere":         "https://127.255.0.3/",
		"loopback with port":         "https://127.0.0.1:443/",
		"loopback v6":                "https://[::1]/",
		"loopback v6 in full":        "https://[0:0:0:0:0:0:0:1]/",
		"unspecified":                "https://0.0.0.0/",
		"unspecified v6":             "https://[::]/",
		"this network":               "https://0.1.2.3/",
		"ten":                        "https://10.0.0.1/",
		"172.16":                     "https://172.31.255.255/",
		"192.168":                    "https://192.168.1.1/",
		"metadata":                   "https://169.254.169.254/latest/meta-data/",
		"metadata of ECS":            "https://169.254.170.2/",
		"metadata of Azure":          "https://168.63.129.16/",
		"metadata of Alibaba":        "https://100.100.100.200/",
		"metadata of Oracle":         "https://192.0.0.192/",
		"metadata of AWS v6":         "https://[fd00:ec2::254]/",
		"carrier-grade NAT":          "https://100.64.0.1/",
		"benchmark":                  "https://198.19.0.1/",
		"documentation 1":            "https://192.0.2.1/",
		"documentation 2":            "https://198.51.100.1/",
		"documentation 3":            "https://203.0.113.1/",
		"documentation v6":           "https://[2001:db8::1]/",
		"documentation v6, new":      "https://[3fff::1]/",
		"multicast":                  "https://224.0.0.251/",
		"multicast v6":               "https://[ff02::1]/",
		"reserved":                   "https://240.0.0.1/",
		"broadcast":                  "https://255.255.255.255/",
		"link-local v6":              "https://[fe80::1]/",
		"link-local v6 with zone":    "https://[fe80::1%25lo]/",
		"global v6 with zone":        "https://[2606:4700::1111%25lo]/",
		"site-local v6":              "https://[fec0::1]/",
		"unique-local v6":            "https://[fc00::1]/",
		"mapped":                     "https://[::ffff:127.0.0.1]/",
		"mapped in hex":              "https://[::ffff:7f00:1]/",
		"mapped public":              "https://[::ffff:8.8.8.8]/",
		"compatible":                 "https://[::127.0.0.1]/",
		"translated":                 "https://[::ffff:0:127.0.0.1]/",
		"NAT64":                      "https://[64:ff9b::7f00:1]/",
		"NAT64, local":               "https://[64:ff9b:1::7f00:1]/",
		"6to4":                       "https://[2002:7f00:1::]/",
		"Teredo":                     "https://[2001:0:7f00:1::]/",
		"discard":                    "https://[100::1]/",
		"segment routing":            "https://[5f00::1]/",
		"decimal":                    "https://2130706433/",
		"hex":                        "https://0x7f000001/",
		"hex with dots":              "https://0x7f.0x0.0x0.0x1/",
		"octal":                      "https://0177.0.0.1/",
		"octal as one":               "https://017700000001/",
		"short":                      "https://127.1/",
		"zero":                       "https://0/",
		"leading zeros":              "https://127.000.000.001/",
		"five parts":                 "https://1.2.3.4.5/",
		"trailing dot":               "https://127.0.0.1./",
		"escaped":                    "https://%31%32%37.0.0.1/",
		"full-width digits":          "https://１２７.0.0.1/",
		"full-width dots":            "https://127。0。0。1/",
		"circled digits":             "https://①②⑦.0.0.1/",
		"localhost":                  "https://localhost/",
		"a name of the network":      "https://intranet/",
		"a complete name":            "https://example.com./",
		"a name that isn't":          "https://-a.example.com/",
		"an empty label":             "https://a..example.com/",
		"a name with a star":         "https://*.example.com/",
		"a long label":               "https://" + strings.Repeat("a", 64) + ".com/",
		"a long name":                "https://" + strings.Repeat("a.", 130) + "com/",
		"not ASCII":                  "https://bücher.example/",
		"no host":                    "https:///etc/passwd",
		"host by another word":       "https:example.com",
		"relative":                   "/etc/passwd",
		"nothing":                    "",
		"userinfo":                   "https://user:word@example.com/",
		"userinfo that looks a host": "https://example.com@127.0.0.1/",
		"empty userinfo":             "https://@example.com/",
		"backslash":                  `https://example.com\@127.0.0.1/`,
		"line end":                   "https://example.com/\r\nHost: a",
		"space":                      "https://exa mple.com/",
		"http":                       "http://example.com/",
		"file":                       "file:///etc/passwd",
		"gopher":                     "gopher://127.0.0.1:6379/_INFO",
		"ftp":                        "ftp://example.com/",
		"data":                       "data:text/html,a",
		"a unix socket":              "unix:///var/run/docker.sock",
		"SSH":                        "https://example.com:22/",
		"the port of http":           "https://example.com:80/",
		"a high port":                "https://example.com:8443/",
		"port in other words":        "https://example.com:0443/",
		"port that overflows":        "https://example.com:66979/",
		"empty port":                 "https://example.com:/",
		"too long":                   "https://example.com/" + strings.Repeat("a", 4096),
	}
	for name, u := range urls {
		t.Run(name, func(t *testing.T) {
			f := fetch.New(fetch.Options{Resolver: unasked(t)})
			result, err := f.Get(t.Context(), u, fetch.GetOptions{})
			if !errors.Is(err, fetch.ErrBlocked) || result.FinalURL != "" {
				t.Errorf("got %+v, %v", result, err)
			}
			if u != "" && err != nil && strings.Contains(err.Error(), u) {
				t.Errorf("the error repeats the URL: %v", err)
			}
		})
	}
}

// Nor may http ones, where http is allowed.
func TestHTTPHasItsPort(t *testing.T) {
	f := fetch.New(fetch.Options{AllowHTTP: true, Resolver: unasked(t)})
	for _, u := range []string{"http://example.com:443/", "http://example.com:8080/", "http://127.0.0.1/", "http://[::1]:80/", "http://localhost/"} {
		if _, err := f.Get(t.Context(), u, fetch.GetOptions{}); !errors.Is(err, fetch.ErrBlocked) {
			t.Errorf("%s: %v", u, err)
		}
	}
}

// A name is worth no more than its addresses.
func TestNamesOfPrivateAddresses(t *testing.T) {
	for _, answer := range [][]string{
		{"127.0.0.1"}, {"::1"}, {"169.254.169.254"}, {"10.1.2.3"}, {"0.0.0.0"}, {"::"},
		{"::ffff:127.0.0.1"}, {"::ffff:8.8.8.8"}, {"64:ff9b::808:808"}, {"2002:808:808::"},
		{"fe80::1%lo"}, {"127.0.0.1", "10.0.0.1", "fd00::1"},
	} {
		f := fetch.New(fetch.Options{Resolver: answers(answer...)})
		if _, err := f.Get(t.Context(), "https://a.example.com/", fetch.GetOptions{}); !errors.Is(err, fetch.ErrBlocked) {
			t.Errorf("%v: %v", answer, err)
		}
	}
	f := fetch.New(fetch.Options{Resolver: answers()})
	if _, err := f.Get(t.Context(), "https://a.example.com/", fetch.GetOptions{}); !errors.Is(err, fetch.ErrUnreachable) {
		t.Errorf("no address: %v", err)
	}
}

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.32.0.0": true,
		"198.17.255.255": true, "198.20.0.0": true, "223.255.255.255": true, "192.0.1.0": true, "11.0.0.0": true,
		"168.63.129.15": true, "2606:4700:4700::1111": true, "2a00:1450:4001::200e": true, "2001:200::1": true,
		"100.127.255.255": false, "198.18.0.0": false, "239.255.255.255": false, "2001:1ff:ffff::": false,
		"1fff:ffff::": false, "4000::": false, "3fff:fff:ffff::": false, "": false,
	} {
		addr, _ := netip.ParseAddr(text)
		if got := fetch.Public(addr); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// At home the printer has a public address too.
func TestNeighboursAreNotPublic(t *testing.T) {
	f := fetch.New(fetch.Options{Resolver: unasked(t)})
	f.Neighbours(netip.MustParsePrefix("2a02:8070:1:2::/64"), netip.MustParsePrefix("5.9.1.0/24"))
	for _, u := range []string{"https://[2a02:8070:1:2::99]/", "https://5.9.1.77/"} {
		if _, err := f.Get(t.Context(), u, fetch.GetOptions{}); !errors.Is(err, fetch.ErrBlocked) {
			t.Errorf("%s: %v", u, err)
		}
	}
	for _, p := range fetch.SystemNeighbours() {
		if p.Addr().Is4() && p.Bits() < 16 || p.Addr().Is6() && p.Bits() < 48 {
			t.Errorf("%v would shut out much of the internet", p)
		}
	}
}

// Whatever was judged before: the socket's own address is what counts.
func TestSocketIsJudged(t *testing.T) {
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	addr := netip.MustParseAddrPort(inside.Addr().String())
	f := fetch.New(fetch.Options{})
	if conn, err := f.Dial(t.Context(), addr); !errors.Is(err, fetch.ErrBlocked) {
		t.Fatalf("got %v, %v", conn, err)
	}
	f.Exempt(addr, nil)
	conn, err := f.Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// The system's resolver is asked for the complete name alone, and answers in the
// form that addresses are judged in.
func TestSystemResolver(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	questions := make(chan string, 100)
	go func() {
		defer close(questions)
		query := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			// Header, one question: labels by length, 0, type, class.
			name, i := "", 12
			for query[i] != 0 {
				name += string(query[i+1:i+1+int(query[i])]) + "."
				i += 1 + int(query[i])
			}
			questions <- name
			reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:min(i+5, n)]...)
			if query[i+2] == 1 { // A
				reply[7] = 1
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 93, 184, 215, 14)
			}
			if _, err := server.WriteTo(reply, from); err != nil {
				return
			}
		}
	}()
	resolve := fetch.NewResolver(&net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}})
	addrs, err := resolve(t.Context(), "a.example.com")
	if err != nil || len(addrs) != 1 || addrs[0] != netip.MustParseAddr("93.184.215.14") {
		t.Errorf("got %v, %v", addrs, err)
	}
	if addrs, err := resolve(t.Context(), "a"); err != nil || len(addrs) != 1 {
		t.Errorf("got %v, %v", addrs, err)
	}
	server.Close()
	for name := range questions {
		if name != "a.example.com." && name != "a." {
			t.Errorf("asked for %s", name)
		}
	}
}
