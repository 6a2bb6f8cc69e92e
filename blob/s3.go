package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Config says where a bucket is, and who may use it.
type S3Config struct {
	Endpoint  string // a URL without a path
	Region    string // "" where the service has none
	Bucket    string
	Prefix    string // in front of all keys; "" or one that ends in a slash
	AccessKey string
	SecretKey string
}

// S3 keeps blobs in a bucket. End it with Close.
type S3 struct {
	client    *minio.Client
	transport *http.Transport
	bucket    string
	prefix    string
}

const (
	// s3Tries for a request that fails for a reason that may pass.
	s3Tries = 3
	// s3Part bytes are buffered at once of a blob whose size isn't known.
	s3Part = 5 << 20
	// s3Whole bytes the protocol takes in one piece.
	s3Whole = 5 << 30
	// s3HeaderTime is how long a service may think.
	s3HeaderTime = 30 * time.Second
)

// OpenS3 makes an S3. It asks nothing of the service: see [S3.Check].
func OpenS3(c S3Config) (*S3, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("open bucket: endpoint %q isn't a URL such as https://s3.example.com", c.Endpoint)
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("open bucket: the transport of net/http isn't its own")
	}
	s := &S3{transport: transport.Clone(), bucket: c.Bucket, prefix: c.Prefix}
	s.transport.ResponseHeaderTimeout = s3HeaderTime
	s.client, err = minio.New(u.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Secure: u.Scheme == "https", Region: c.Region, Transport: s.transport, MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	return s, nil
}

// Close lets go of idle connections.
func (s *S3) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// Check reports why the bucket can't be used. refused tells that the service is there
// and says no.
func (s *S3) Check(ctx context.Context) (refused bool, err error) {
	there, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return minio.ToErrorResponse(err).StatusCode != 0, fmt.Errorf("open bucket %s: %w", s.bucket, err)
	}
	if !there {
		return true, fmt.Errorf("open bucket %s: there is no such bucket", s.bucket)
	}
	return false, nil
}

// Put uploads an object: in one piece, which leaves nothing behind if it fails, where
// its size is known.
func (s *S3) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("put blob: %w", err)
	}
	opts := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: size != Unknown && size <= s3Whole}
	if size == Unknown {
		opts.PartSize = s3Part
	}
	from := reading(ctx, r, size)
	if size == 0 { // the client doesn't look whether that is so
		if _, err := io.Copy(io.Discard, from); err != nil {
			return fmt.Errorf("put blob: %w", err)
		}
	}
	if _, err := s.client.PutObject(ctx, s.bucket, s.prefix+key, from, size, opts); err != nil {
		return fmt.Errorf("put blob: %w", said(err))
	}
	return nil
}

// Get asks for a range.
func (s *S3) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := errors.Join(checkKey(key), checkRange(offset, length)); err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	if length == 0 {
		return http.NoBody, nil
	}
	var opts minio.GetObjectOptions
	switch {
	case length != Unknown:
		opts.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	case offset > 0:
		opts.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	core := minio.Core{Client: s.client}
	body, _, _, err := core.GetObject(ctx, s.bucket, s.prefix+key, opts)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return http.NoBody, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", said(err))
	}
	return body, nil
}

// Size asks for the head of the object.
func (s *S3) Size(ctx context.Context, key string) (int64, error) {
	if err := checkKey(key); err != nil {
		return 0, fmt.Errorf("look for blob: %w", err)
	}
	info, err := s.client.StatObject(ctx, s.bucket, s.prefix+key, minio.StatObjectOptions{})
	if err != nil {
		return 0, fmt.Errorf("look for blob: %w", said(err))
	}
	return info.Size, nil
}

// Delete removes the object. In a bucket with versions older ones stay.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	if err := said(s.client.RemoveObject(ctx, s.bucket, s.prefix+key, minio.RemoveObjectOptions{})); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

// said gives what the service said our names.
func said(err error) error {
	if err == nil {
		return nil
	}
	switch reply := minio.ToErrorResponse(err); {
	case reply.Code == minio.NoSuchKey:
		return ErrNotFound
	case reply.StatusCode == http.StatusInsufficientStorage, reply.Code == "QuotaExceeded", reply.Code == "XMinioStorageFull":
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
