package config_test

import (
	"strings"
	"testing"

	"snug/cmd/snug/internal/config"
)

func TestFileSettings(t *testing.T) {
	got, err := load(t, sources{env: []string{
		"SNUG_MAX_FILE=2GiB", "SNUG_FILE_QUOTA=0", "SNUG_MAX_UPLOADS=5", "SNUG_IMAGE_WORKERS=4",
		"SNUG_S3_ENDPOINT=HTTPS://S3.example.com:443/", "SNUG_S3_BUCKET=files", "SNUG_S3_PREFIX=chat", "SNUG_S3_ACCESS_KEY=key", "SNUG_S3_SECRET_KEY=hush",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := config.S3{Endpoint: "https://s3.example.com", Bucket: "files", Prefix: "chat/", AccessKey: "key", SecretKey: "hush"}
	if got.MaxFile != 2<<30 || got.FileQuota != 0 || got.MaxUploads != 5 || got.ImageWorkers != 4 || got.S3 != want {
		t.Errorf("%+v", got.Config)
	}
	var printed strings.Builder
	if err := got.Print(&printed); err != nil || strings.Contains(printed.String(), "hush") {
		t.Errorf("%s, %v", printed.String(), err)
	}
	for setting, want := range map[string]string{
		"SNUG_S3_ENDPOINT=https://s3.example.com": "s3-bucket",
		"SNUG_S3_BUCKET=files":                    "s3-endpoint",
		"SNUG_S3_PREFIX=a":                        "s3-endpoint",
		"SNUG_S3_PREFIX=../a":                     "single slashes",
		"SNUG_S3_ENDPOINT=s3.example.com":         "a URL",
		"SNUG_MAX_FILE=lots":                      "a size",
		"SNUG_MAX_UPLOADS=0":                      "from 1 to 1000",
		"SNUG_IMAGE_WORKERS=100":                  "from 1 to 64",
	} {
		if _, err := load(t, sources{env: []string{setting}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", setting, err)
		}
	}
	open := []string{"SNUG_S3_ENDPOINT=http://10.0.0.1:9000", "SNUG_S3_BUCKET=files", "SNUG_S3_ACCESS_KEY=key", "SNUG_S3_SECRET_KEY=hush"}
	for endpoint, want := range map[string]bool{"http://10.0.0.1:9000": true, "http://127.0.0.1:9000": false, "https://10.0.0.1": false} {
		open[0] = "SNUG_S3_ENDPOINT=" + endpoint
		got, err := load(t, sources{env: open})
		if err != nil {
			t.Fatal(err)
		}
		if warned := strings.Contains(strings.Join(got.Warnings(), "\n"), "s3-endpoint"); warned != want {
			t.Errorf("%s: warned %v", endpoint, warned)
		}
	}
}
