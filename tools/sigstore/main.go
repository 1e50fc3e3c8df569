// Command sigstore is a private Sigstore on the loopback, for tests of signatures without a key: Fulcio, which certifies whoever
// shows a token, Sigstore's timestamp authority, and an issuer of tokens that believes everybody.
//
//	go run . DIR    serves until it is ended; DIR/sigstore.json says where, and DIR/trusted_root.json is there when it does
//
// The authorities are those of their authors, as libraries: their programs would open ports on every address of the machine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// places are where the parts are served.
type places struct {
	// Issuer hands out tokens at /token?email=somebody@example.com (&audience=, &lifetime=).
	Issuer string `json:"issuer"`
	// Fulcio and Timestamps are the URLs that a signer needs.
	Fulcio     string `json:"fulcio"`
	Timestamps string `json:"timestamps"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := errors.New("say in which folder")
	if len(os.Args) == 2 {
		err = run(ctx, os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sigstore: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	issuer, err := newIssuer()
	if err != nil {
		return err
	}
	var at places
	if at.Issuer, err = serve(ctx, func(url string) http.Handler { return issuer.handler(url) }); err != nil {
		return err
	}
	authority, err := newAuthority(ctx, at.Issuer)
	if err != nil {
		return err
	}
	if at.Fulcio, err = serve(ctx, func(string) http.Handler { return authority.handler }); err != nil {
		return err
	}
	timestamps, err := serve(ctx, func(string) http.Handler { return timestampAuthority() })
	if err != nil {
		return err
	}
	at.Timestamps = timestamps + "/api/v1/timestamp"
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "sigstore.json"), text, 0o600); err != nil {
		return err
	}
	trusted, err := trustedRoot(ctx, authority, at)
	if err != nil {
		return err
	}
	// Written beside it first: who waits for the file reads all of it.
	path := filepath.Join(dir, "trusted_root.json")
	if err := os.WriteFile(path+".part", trusted, 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// serve serves what is made for its own URL, until the end.
func serve(ctx context.Context, handler func(url string) http.Handler) (url string, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	url = "http://" + listener.Addr().String()
	server := &http.Server{Handler: handler(url), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "sigstore: "+err.Error())
		}
	}()
	return url, nil
}
