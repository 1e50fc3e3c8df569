package attest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// TokenVariable is where other programs that sign by Sigstore look for a token as well.
const TokenVariable = "SIGSTORE_ID_TOKEN"

// ReadToken reads the token that says who signs, out of a file or, without one, out of an environment variable. It is refused
// if it is over, or is none. No error shows it. That it is genuine is for the authority to find out.
func ReadToken(path string, lookup func(string) (string, bool), now time.Time) (string, error) {
	token, source := "", "the variable "+TokenVariable
	if path != "" {
		content, err := os.ReadFile(path)
		if err != nil && isToken(path) {
			return "", errors.New("the identity token is named itself, where others can read it in the list of processes: " +
				"name a file that it is in, or set " + TokenVariable)
		}
		if err != nil {
			return "", fmt.Errorf("the identity token cannot be read: %w", err)
		}
		token, source = strings.TrimSpace(string(content)), path
	} else if value, given := lookup(TokenVariable); given {
		token = strings.TrimSpace(value)
	} else {
		return "", fmt.Errorf("there is no identity token: name a file with --identity-token, or set %s", TokenVariable)
	}
	ends, err := endOf(token)
	switch {
	case err != nil:
		return "", fmt.Errorf("the identity token in %s cannot be used: %w", source, err)
	case !now.Before(ends):
		return "", fmt.Errorf("the identity token in %s is over since %s: get a new one", source, ends.UTC().Format(time.RFC3339))
	}
	return token, nil
}

// isToken says whether a text looks like a JSON web token.
func isToken(text string) bool {
	return strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2
}

// endOf reads when a token ends, without believing anything else of it.
func endOf(token string) (time.Time, error) {
	if !isToken(token) {
		return time.Time{}, errors.New("it is no JSON web token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		return time.Time{}, errors.New("it is no JSON web token")
	}
	var claims struct {
		Expires *float64 `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.Expires == nil {
		return time.Time{}, errors.New("it does not say when it ends")
	}
	return time.Unix(int64(*claims.Expires), 0), nil
}
