package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// keyID is the name of the issuer's one key.
const keyID = "one"

// issuer is an OpenID Connect provider without people.
type issuer struct {
	key    *ecdsa.PrivateKey
	signer jose.Signer
}

func newIssuer() (*issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, (&jose.SignerOptions{}).WithType("JWT"))
	return &issuer{key, signer}, err
}

func (i *issuer) handler(url string) http.Handler {
	mux := http.NewServeMux()
	answer := func(path string, what any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(what)
		})
	}
	answer("/.well-known/openid-configuration", map[string]any{
		"issuer": url, "jwks_uri": url + "/keys", "authorization_endpoint": url + "/none", "token_endpoint": url + "/token",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.ES256)},
	})
	answer("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: i.key.Public(), KeyID: keyID, Algorithm: string(jose.ES256), Use: "sig"},
	}})
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) {
		token, err := i.token(url, r.URL.Query().Get("email"), r.URL.Query().Get("audience"), r.URL.Query().Get("lifetime"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, token) //nolint:gosec // no browser reads it
	})
	return mux
}

// token is one for a person, to be shown to an audience for a time, which may be over.
func (i *issuer) token(url, email, audience, lifetime string) (string, error) {
	if audience == "" {
		audience = fulcioAudience
	}
	if lifetime == "" {
		lifetime = "10m"
	}
	lasts, err := time.ParseDuration(lifetime)
	if err != nil {
		return "", err
	}
	now := time.Now()
	claims := jwt.Claims{
		Issuer: url, Subject: email, Audience: jwt.Audience{audience}, IssuedAt: jwt.NewNumericDate(now),
		Expiry: jwt.NewNumericDate(now.Add(lasts)),
	}
	return jwt.Signed(i.signer).Claims(claims).Claims(map[string]any{"email": email, "email_verified": true}).Serialize()
}
