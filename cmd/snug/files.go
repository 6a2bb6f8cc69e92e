package main

import (
	"context"
	"fmt"
	"time"

	"snug/blob"
	"snug/chat"
	"snug/files"
	"snug/httpapi"
)

const (
	// blobsName is the folder in the data folder that has the files of messages, if they
	// aren't in a bucket, and partsName that with what is still arriving.
	blobsName = "files"
	partsName = "uploads"
	// bucketTime is how long a bucket may take to answer when the server starts.
	bucketTime = 10 * time.Second
)

// makeFiles makes what takes and keeps files; nil if none are taken. It needs the rooms
// only once the collector asks them.
func (s *Server) makeFiles(ctx context.Context, folder *folder, secret []byte) (*files.Service, error) {
	if s.cfg.MaxFile == 0 {
		return nil, nil
	}
	blobs, err := s.openBlobs(ctx, folder)
	if err != nil {
		return nil, err
	}
	service, err := files.New(ctx, files.Config{
		DB: s.tables, Blobs: blobs, Parts: folder.file(partsName), Secret: secret, Logger: s.log.With("part", "files"),
		MaxBytes: s.cfg.MaxFile, Quota: s.cfg.FileQuota, MaxOpen: s.cfg.MaxUploads, Pictures: s.cfg.ImageWorkers,
		Space: s.space.storableBytes,
		Sees: func(ctx context.Context, user, room string) (bool, error) {
			return s.chat.MaySee(ctx, chat.UserID(user), chat.RoomID(room))
		},
		Holds: func(ctx context.Context, c files.Claim, file string) (bool, error) {
			return s.chat.Holds(ctx, chat.RoomID(c.Room), chat.UserID(c.User), chat.ClientID(c.ClientID), file)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start files: %w", err)
	}
	return service, nil
}

// openBlobs opens the bucket, or the folder. A bucket that can't be reached now is no
// reason not to start: only files need it.
func (s *Server) openBlobs(ctx context.Context, folder *folder) (blob.Store, error) {
	c := s.cfg.S3
	if c.Endpoint == "" {
		return blob.OpenFolder(folder.file(blobsName))
	}
	bucket, err := blob.OpenS3(blob.S3Config{Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix, AccessKey: c.AccessKey, SecretKey: c.SecretKey})
	if err != nil {
		return nil, fmt.Errorf("setting s3-endpoint: %w", err)
	}
	s.later(bucket.Close)
	ctx, cancel := context.WithTimeout(ctx, bucketTime)
	defer cancel()
	refused, err := bucket.Check(ctx)
	switch {
	case refused:
		return nil, fmt.Errorf("settings s3-…: %w", err)
	case err != nil:
		s.log.Warn("the bucket of files can't be reached now", "err", err)
	}
	return bucket, nil
}

// shelf gives files to chat.
type shelf struct{ files *files.Service }

func (h shelf) Claim(ctx context.Context, room chat.RoomID, user chat.UserID, id chat.ClientID, ids []string) ([]chat.Attachment, error) {
	claimed, err := h.files.Claim(ctx, files.Claim{Room: string(room), User: string(user), ClientID: string(id)}, ids)
	if err != nil {
		return nil, httpapi.ChatError(err)
	}
	list := make([]chat.Attachment, len(claimed))
	for i, f := range claimed {
		list[i] = httpapi.Attachment(f)
	}
	return list, nil
}

func (h shelf) Released(room chat.RoomID, user chat.UserID, id chat.ClientID) {
	h.files.Released(files.Claim{Room: string(room), User: string(user), ClientID: string(id)})
}
