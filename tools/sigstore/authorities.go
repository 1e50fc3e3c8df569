package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/sigstore/fulcio/pkg/ca/ephemeralca"
	"github.com/sigstore/fulcio/pkg/config"
	"github.com/sigstore/fulcio/pkg/generated/protobuf"
	fulcio "github.com/sigstore/fulcio/pkg/server"
	v1 "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	timestamps "github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
	"google.golang.org/grpc/metadata"
)

// fulcioAudience is whom tokens for Fulcio are for.
const fulcioAudience = "sigstore"

// authority is Fulcio with a new root in memory, and without a certificate transparency log.
type authority struct {
	handler http.Handler
	chain   []*x509.Certificate
}

func newAuthority(ctx context.Context, issuer string) (*authority, error) {
	text, err := json.Marshal(map[string]any{"OIDCIssuers": map[string]any{
		issuer: map[string]any{"IssuerURL": issuer, "ClientID": fulcioAudience, "Type": "email"},
	}})
	if err != nil {
		return nil, err
	}
	configuration, err := config.Read(text)
	if err != nil {
		return nil, fmt.Errorf("configuring Fulcio: %w", err)
	}
	ephemeral, err := ephemeralca.NewEphemeralCA()
	if err != nil {
		return nil, err
	}
	algorithms, err := signature.NewAlgorithmRegistryConfig([]v1.PublicKeyDetails{v1.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256})
	if err != nil {
		return nil, err
	}
	server := fulcio.NewGRPCCAServer(nil, ephemeral, algorithms, fulcio.NewIssuerPool(configuration))
	mux := runtime.NewServeMux(runtime.WithMetadata(func(_ context.Context, request *http.Request) metadata.MD {
		return metadata.Pairs(fulcio.MetadataOIDCTokenKey, strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "))
	}))
	if err := protobuf.RegisterCAHandlerServer(ctx, mux, server); err != nil {
		return nil, err
	}
	chain, err := ephemeral.TrustBundle(ctx)
	if err != nil {
		return nil, err
	}
	return &authority{
		handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			mux.ServeHTTP(w, request.WithContext(config.With(request.Context(), configuration)))
		}),
		chain: chain[0],
	}, nil
}

// timestampAuthority has a new key and chain in memory.
func timestampAuthority() http.Handler {
	viper.Set("timestamp-signer", "memory")
	viper.Set("timestamp-signer-hash", "sha256")
	return timestamps.NewRestAPIServer("127.0.0.1", 0, []string{"http"}, false, time.Minute, time.Minute).GetHandler()
}

// trustedRoot is what whoever checks signatures is given.
func trustedRoot(ctx context.Context, authority *authority, at places) ([]byte, error) {
	stamps, err := chainOf(ctx, at.Timestamps+"/certchain")
	if err != nil {
		return nil, err
	}
	last := len(stamps) - 1
	trusted, err := root.NewTrustedRoot(root.TrustedRootMediaType01,
		[]root.CertificateAuthority{&root.FulcioCertificateAuthority{
			Root: authority.chain[len(authority.chain)-1], URI: at.Fulcio, ValidityPeriodStart: time.Now().Add(-time.Hour),
		}}, nil,
		[]root.TimestampingAuthority{&root.SigstoreTimestampingAuthority{
			Root: stamps[last], Intermediates: stamps[1:last], Leaf: stamps[0], URI: at.Timestamps,
			ValidityPeriodStart: time.Now().Add(-time.Hour),
		}}, nil)
	if err != nil {
		return nil, err
	}
	return json.Marshal(trusted)
}

func chainOf(ctx context.Context, url string) ([]*x509.Certificate, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return cryptoutils.UnmarshalCertificatesFromPEM(text)
}
