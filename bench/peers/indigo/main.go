// Proves a repository with indigo: every block's hash, commit structure and DID, signature, the tree's structure and
// that none of it is missing, and that each record is there and decodes (not with "walk"). "extract" writes each
// record as a line of JSON. Prints how many records there are.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/bluesky-social/indigo/atproto/atcrypto"
	"github.com/bluesky-social/indigo/atproto/atdata"
	"github.com/bluesky-social/indigo/atproto/repo"
	"github.com/ipfs/go-cid"
)

func load(path string) (*repo.Commit, *repo.Repo, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	return repo.LoadRepoFromCAR(context.Background(), bufio.NewReaderSize(file, 1<<20))
}

func prove(commit *repo.Commit, content *repo.Repo, did, didKey string) error {
	if commit.DID != did {
		return fmt.Errorf("the repository of %s", commit.DID)
	}
	key, err := atcrypto.ParsePublicDIDKey(didKey)
	if err != nil {
		return err
	}
	if err := commit.VerifySignature(key); err != nil {
		return err
	}
	if content.MST.IsPartial() {
		return errors.New("a part of the tree is missing")
	}
	return content.MST.Verify()
}

// Calls each for every record, with its bytes.
func walk(content *repo.Repo, each func(key []byte, c cid.Cid, block []byte) error) (int, error) {
	records := 0
	err := content.MST.Walk(func(key []byte, c cid.Cid) error {
		block, err := content.RecordStore.Get(context.Background(), c)
		if err != nil {
			return err
		}
		records++
		return each(key, c, block.RawData())
	})
	return records, err
}

type line struct {
	URI   string         `json:"uri"`
	CID   string         `json:"cid"`
	Value map[string]any `json:"value"`
}

func extract(content *repo.Repo, path string) (int, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	buffered := bufio.NewWriterSize(file, 1<<20)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	records, err := walk(content, func(key []byte, c cid.Cid, block []byte) error {
		record, err := atdata.UnmarshalCBOR(block)
		if err != nil {
			return err
		}
		return out.Encode(line{"at://" + content.DID.String() + "/" + string(key), c.String(), record})
	})
	if err != nil {
		return 0, err
	}
	return records, buffered.Flush()
}

func run(work, file string, rest []string) (int, error) {
	commit, content, err := load(file)
	if err != nil {
		return 0, err
	}
	if work == "extract" {
		return extract(content, rest[0])
	}
	if err := prove(commit, content, rest[0], rest[1]); err != nil {
		return 0, err
	}
	return walk(content, func(_ []byte, _ cid.Cid, block []byte) error {
		if work == "walk" {
			return nil
		}
		_, err := atdata.UnmarshalCBOR(block)
		return err
	})
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "drive-indigo verify|walk FILE.car DID DID-KEY, or extract FILE.car OUT")
		os.Exit(2)
	}
	records, err := run(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(records)
}
