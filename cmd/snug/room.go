package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"time"

	"snug/db"
)

func roomCommand() group {
	return group{name: "room", about: "snug room makes rooms in the data folder of a stopped server.",
		verbs: []verb{{name: "add", args: "SLUG [NAME] | -", least: 1, most: 2, run: roomAdd, help: "Make a room, or those of standard input."}}}
}

func roomAdd(in *invocation) (err error) {
	ctx := context.Background()
	folder, err := openFolder(in.settings.Config.Data)
	if err != nil {
		return err
	}
	defer func() { _ = folder.close() }()
	tables, err := db.Open(ctx, folder.file(tablesName))
	if err != nil {
		return err
	}
	defer func() { _ = tables.Close() }()
	return tables.Write(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `insert into rooms (id, slug, name, created_at) values (?, ?, ?, ?) on conflict (slug) do nothing`)
		if err != nil {
			return err
		}
		add := func(slug, name string) error {
			var u [10]byte
			rand.Read(u[:])
			now := time.Now().UnixMilli()
			id := fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", now>>16, now&0xffff, int(u[0])<<4, int(u[1])<<4, u[2:8])
			_, err := insert.ExecContext(ctx, id, slug, name, now)
			return err
		}
		if in.word(0) != "-" {
			return add(in.word(0), in.word(0))
		}
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			slug, name, ok := strings.Cut(lines.Text(), "\t")
			if !ok {
				name = slug
			}
			if err := add(slug, name); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}
