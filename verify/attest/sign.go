package attest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	attestation "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/rampart-iac/rampart/verify"
)

const (
	// PredicateType says that the predicate is a JSON result of rampart verify, schema version 1.
	PredicateType = "https://github.com/rampart-iac/rampart/verify/v1"

	// payloadType is that of every in-toto statement in a DSSE envelope.
	payloadType = "application/vnd.in-toto+json"
)

// digestOf stands for a cluster in a statement: a cluster has no content that could be hashed, but an ID for life.
func digestOf(clusterID string) string {
	sum := sha256.Sum256([]byte(clusterID))
	return hex.EncodeToString(sum[:])
}

// Sign returns an envelope with the whole result about its cluster. It signs what was found, good or bad; Check decides.
func Sign(ctx context.Context, report *verify.Report, key dsse.Signer) ([]byte, error) {
	payload, err := statementOf(report)
	if err != nil {
		return nil, err
	}
	signer, err := dsse.NewEnvelopeSigner(key)
	if err != nil {
		return nil, err
	}
	envelope, err := signer.SignPayload(ctx, payloadType, payload)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	text, err := json.MarshalIndent(envelope, "", "  ")
	return append(text, '\n'), err
}

// statementOf is the statement about the cluster whose predicate is the whole result.
func statementOf(report *verify.Report) ([]byte, error) {
	if report.ClusterID == "" {
		return nil, errors.New("the result does not say which cluster it is about")
	}
	var result bytes.Buffer
	if err := verify.WriteJSON(&result, report); err != nil {
		return nil, err
	}
	predicate := &structpb.Struct{}
	if err := protojson.Unmarshal(result.Bytes(), predicate); err != nil {
		return nil, fmt.Errorf("putting the result into a statement: %w", err)
	}
	statement := &attestation.Statement{
		Type: attestation.StatementTypeUri, PredicateType: PredicateType, Predicate: predicate,
		Subject: []*attestation.ResourceDescriptor{{
			Name: report.Cluster, Uri: "urn:uuid:" + report.ClusterID, Digest: map[string]string{"sha256": digestOf(report.ClusterID)},
		}},
	}
	if err := statement.Validate(); err != nil {
		return nil, fmt.Errorf("making a statement: %w", err)
	}
	return protojson.Marshal(statement)
}

// open checks who signed and returns the result that was signed. Nothing of the payload is looked at before.
func open(ctx context.Context, text []byte, trust Trust) (*verify.Report, error) {
	envelope, err := trust.open(ctx, text)
	if err != nil {
		return nil, err
	}
	if envelope.PayloadType != payloadType {
		return nil, fmt.Errorf("it holds %q, not an in-toto statement", envelope.PayloadType)
	}
	payload, err := envelope.DecodeB64Payload()
	if err != nil {
		return nil, err
	}
	statement := &attestation.Statement{}
	if err := protojson.Unmarshal(payload, statement); err != nil {
		return nil, fmt.Errorf("it holds no in-toto statement: %w", err)
	}
	if err := statement.Validate(); err != nil {
		return nil, fmt.Errorf("its statement is not whole: %w", err)
	}
	if statement.GetPredicateType() != PredicateType {
		return nil, fmt.Errorf("it states %q, not a result of rampart verify", statement.GetPredicateType())
	}
	content, err := protojson.Marshal(statement.GetPredicate())
	if err != nil {
		return nil, err
	}
	report, err := verify.ReadJSON(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if report.ClusterID == "" || statement.GetSubject()[0].GetDigest()["sha256"] != digestOf(report.ClusterID) {
		return nil, errors.New("its subject is another cluster than that of its result")
	}
	return report, nil
}
