package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// minSecret is the fewest bytes that a secret may have: what HMAC-SHA256 can
// make use of.
const minSecret = 32

// A parser's error says what would be right; Load adds the setting and the value.

// withoutPassword is what an error repeats of a value: nothing of what stands
// where URLs have a password.
func withoutPassword(v string) string {
	if at := strings.LastIndex(v, "@"); at >= 0 && strings.Contains(v[:at], ":") {
		return mask + v[at:]
	}
	return v
}

func parseText(v string, to *string) error {
	if v == "" {
		return errors.New("a value")
	}
	*to = v
	return nil
}

func parseAddr(v string, to *string) error {
	host, port, err := net.SplitHostPort(v)
	if err == nil {
		if _, perr := strconv.ParseUint(port, 10, 16); perr == nil && !strings.ContainsAny(host, "/ ") {
			*to = v
			return nil
		}
	}
	return errors.New("host:port, such as 127.0.0.1:3000 or :3000")
}

// parseOrigin takes a URL without a path and gives it the form in which
// browsers send it: lower case, without the scheme's own port.
func parseOrigin(v string, to *string) error {
	want := errors.New("a URL without a path, such as https://chat.example.com")
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/") {
		return want
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if scheme != "http" && scheme != "https" {
		return want
	}
	if strings.ContainsAny(host, "*,;\"' ") {
		return want
	}
	if _, err := strconv.ParseUint(port, 10, 16); port != "" && err != nil {
		return want
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && !(scheme == "http" && port == "80") && !(scheme == "https" && port == "443") {
		host += ":" + port
	}
	*to = scheme + "://" + host
	return nil
}

// parseOriginPattern takes an origin, or one with *, which stands for any run of
// characters: with a scheme it is compared with the whole origin, without one with
// host and port. What follows the last * must hold a domain of two names or more
// (or localhost), which strangers can't come by: no *.com, no *example.org.
func parseOriginPattern(v string, to *string) error {
	if !strings.Contains(v, "*") {
		return parseOrigin(v, to)
	}
	want := errors.New("an origin such as https://app.example.com, or a pattern such as https://*.example.com, whose * has a whole domain behind it")
	pattern := strings.ToLower(strings.TrimSuffix(v, "/"))
	sample := strings.ReplaceAll(pattern, "*", "x")
	if !strings.Contains(pattern, "://") {
		sample = "https://" + sample
	}
	// Only what browsers write is ever matched: no port that is the scheme's own.
	var origin string
	if err := parseOrigin(sample, &origin); err != nil || origin != sample {
		return want
	}
	_, domain, _ := strings.Cut(pattern[strings.LastIndex(pattern, "*"):], ".")
	domain, _, _ = strings.Cut(domain, ":")
	if domain != "localhost" && parseDomain(domain, &domain) != nil {
		return want
	}
	*to = pattern
	return nil
}

// parseURL takes an https URL, or an http one of this machine, and leaves it as it
// is: an issuer is compared letter by letter.
func parseURL(v string, to *string) error {
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(v, "?# ") ||
		u.Scheme != "https" && (u.Scheme != "http" || !IsLoopback(u.Hostname())) {
		return errors.New("an https:// URL without a question mark, such as https://login.example.com; http:// only for this machine")
	}
	*to = v
	return nil
}

// parseBaseURL is parseURL for what paths are appended to.
func parseBaseURL(v string, to *string) error { return parseURL(strings.TrimRight(v, "/"), to) }

var domainSyntax = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)

func parseDomain(v string, to *string) error {
	v = strings.ToLower(v)
	if len(v) > 253 || !domainSyntax.MatchString(v) {
		return errors.New("a domain such as example.com")
	}
	*to = v
	return nil
}

func parsePrefix(v string, to *netip.Prefix) error {
	if ip, err := netip.ParseAddr(v); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		*to = netip.PrefixFrom(ip, ip.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(v)
	if err != nil {
		return errors.New("an address or a range, such as 10.0.0.1 or 10.0.0.0/8")
	}
	*to = p.Masked()
	return nil
}

// parseList names the item that is wrong where there are several.
func parseList[T any](v string, to *[]T, item func(string, *T) error) error {
	list := []T{}
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		var one T
		if err := item(part, &one); err != nil {
			if part == strings.TrimSpace(v) {
				return err
			}
			return fmt.Errorf("%w, which %q isn't", err, withoutPassword(part))
		}
		list = append(list, one)
	}
	*to = list
	return nil
}

func parseSecret(v string, to *string) error {
	if len(v) < minSecret || strings.HasPrefix(v, "better-auth-secret-123456789") || strings.Count(v, v[:1]) == len(v) {
		return fmt.Errorf("at least %d random characters, such as openssl rand -base64 32 makes", minSecret)
	}
	*to = v
	return nil
}

// parseSecrets is parseList without its habit of repeating what is wrong.
func parseSecrets(v string, to *[]string) error {
	list := []string{}
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		var one string
		if err := parseSecret(part, &one); err != nil {
			return fmt.Errorf("secrets with commas between them, each %w", err)
		}
		list = append(list, one)
	}
	*to = list
	return nil
}

func parseRate(v string, to *Rate) error {
	want := errors.New("a count per time, such as 10/10s or 100/1m, or 0 for no limit")
	if v == "0" {
		*to = Rate{}
		return nil
	}
	count, per, ok := strings.Cut(v, "/")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 || n > 1_000_000 {
		return want
	}
	var d time.Duration
	if err := parseDuration(per, time.Second, day, &d); err != nil {
		return want
	}
	*to = Rate{Count: n, Per: d}
	return nil
}

func parseInt(v string, low, high int, to *int) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		return fmt.Errorf("a whole number from %d to %d", low, high)
	}
	*to = n
	return nil
}

func parseSize(v string, to *int64) error {
	unit := int64(1)
	for suffix, bytes := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if number, ok := strings.CutSuffix(v, suffix); ok {
			v, unit = number, bytes
		}
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > 1<<62/unit {
		return errors.New("a size such as 64MiB or 2GiB")
	}
	*to = n * unit
	return nil
}

// parseDuration takes what time.ParseDuration does, and days in front: 1d12h.
func parseDuration(v string, low, high time.Duration, to *time.Duration) error {
	want := fmt.Errorf("a duration from %s to %s, such as 30s, 12h or 90d", formatDuration(low), formatDuration(high))
	rest, days := v, 0
	if head, tail, ok := strings.Cut(v, "d"); ok {
		n, err := strconv.Atoi(head)
		if err != nil || n < 0 || n > 1_000_000 {
			return want
		}
		days, rest = n, tail
	}
	var d time.Duration
	if rest != "" || days == 0 {
		var err error
		if d, err = time.ParseDuration(rest); err != nil {
			return want
		}
	}
	if days > int(high/day) {
		return want
	}
	if d += time.Duration(days) * day; d < low || d > high {
		return want
	}
	*to = d
	return nil
}

func formatDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

func parseBool(v string, to *bool) error {
	switch v {
	case "true", "1":
		*to = true
	case "false", "0":
		*to = false
	default:
		return errors.New("true or false")
	}
	return nil
}

func parseLevel(v string, to *slog.Level) error {
	var name string
	if err := parseOneOf(v, &name, "debug", "info", "warn", "error"); err != nil {
		return err
	}
	return to.UnmarshalText([]byte(name))
}

func parseOneOf(v string, to *string, allowed ...string) error {
	for _, a := range allowed {
		if v == a {
			*to = v
			return nil
		}
	}
	return errors.New(strings.Join(allowed[:len(allowed)-1], ", ") + " or " + allowed[len(allowed)-1])
}
