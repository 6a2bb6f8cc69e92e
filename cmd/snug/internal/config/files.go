package config

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

func fileSettings() []Setting {
	return []Setting{
		{Name: "max-file", Default: "100MiB",
			Help: "The most bytes in a file that people upload; 0 takes no files.",
			set:  func(c *Config, v string) error { return parseSize(v, &c.MaxFile) }},
		{Name: "file-quota", Default: "2GiB",
			Help: "The most bytes that all files of a person take together, where each counts 64 KiB at least; 0 is no limit.",
			set:  func(c *Config, v string) error { return parseSize(v, &c.FileQuota) }},
		{Name: "max-uploads", Default: "30",
			Help: "Uploads of a person that are under way at once, those included that were broken off in the last day.",
			set:  func(c *Config, v string) error { return parseInt(v, 1, 1000, &c.MaxUploads) }},
		{Name: "image-workers", Default: "1",
			Help: "Pictures that are looked at at once. One of a phone takes 100 MB for half a second, the worst that is let through 600 MB.",
			set:  func(c *Config, v string) error { return parseInt(v, 1, 64, &c.ImageWorkers) }},
		{Name: "search", Default: "true",
			Help: "Whether messages can be searched. The index takes about as much work and half as much disk as the messages themselves.",
			set:  func(c *Config, v string) error { return parseBool(v, &c.Search) }},
		{Name: "previews", Default: "true",
			Help: "Whether the server looks where links in messages lead, and shows a title and a picture of it. It reaches the public web only.",
			set:  func(c *Config, v string) error { return parseBool(v, &c.Previews) }},
		{Name: "s3-endpoint",
			Help: "A service that speaks the protocol of S3, such as https://s3.eu-central-1.amazonaws.com, to keep files in a bucket there and not in the data folder.",
			set:  func(c *Config, v string) error { return parseEndpoint(v, &c.S3.Endpoint) }},
		{Name: "s3-bucket",
			Help: "The bucket. It has to be there, and nothing else may delete from it.",
			set:  func(c *Config, v string) error { return parseText(v, &c.S3.Bucket) }},
		{Name: "s3-prefix",
			Help: "What the names of our objects in the bucket begin with, such as chat/, for a bucket that others use too.",
			set:  func(c *Config, v string) error { return parsePrefixOfKeys(v, &c.S3.Prefix) }},
		{Name: "s3-region",
			Help: "The region, such as eu-central-1, where the service has some.",
			set:  func(c *Config, v string) error { return parseText(v, &c.S3.Region) }},
		{Name: "s3-access-key",
			Help: "The access key that may read, write, delete and list objects in the bucket.",
			set:  func(c *Config, v string) error { return parseText(v, &c.S3.AccessKey) }},
		{Name: "s3-secret-key", Secret: true,
			Help: "The secret of that key.",
			set:  func(c *Config, v string) error { return parseText(v, &c.S3.SecretKey) }},
	}
}

func (l *Loaded) checkFiles() error {
	errs := []error{l.needs("s3-prefix", "s3-endpoint", ""), l.needs("s3-region", "s3-endpoint", "")}
	together := []string{"s3-endpoint", "s3-bucket", "s3-access-key", "s3-secret-key"}
	for _, a := range together {
		for _, b := range together {
			if a != b {
				errs = append(errs, l.needs(a, b, ""))
			}
		}
	}
	return first(errs...)
}

// parseEndpoint takes plain http too: services of one's own often stand on the same
// machine, or in a network that nobody else is in. What is sent there is signed and not
// secret to whoever runs it.
func parseEndpoint(v string, to *string) error {
	var origin string
	if err := parseOrigin(v, &origin); err != nil {
		return errors.New("a URL without a path, such as https://s3.example.com")
	}
	*to = origin
	return nil
}

func isLoopbackURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && IsLoopback(u.Hostname())
}

var keyPrefix = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$`)

// parsePrefixOfKeys gives a prefix its slash.
func parsePrefixOfKeys(v string, to *string) error {
	if !keyPrefix.MatchString(v) || strings.Contains(v, "//") || strings.Contains(v, "..") {
		return errors.New("letters, digits, dots, dashes and single slashes, such as chat/")
	}
	*to = strings.TrimSuffix(v, "/") + "/"
	return nil
}
