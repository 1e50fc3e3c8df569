package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// backendVariable is Pulumi's, with the URL of the backend.
const backendVariable = "PULUMI_BACKEND_URL"

// plainURL is that of the backend in the working folder.
func (w *Workspace) plainURL() string { return "file://" + filepath.ToSlash(w.state()) }

// Lookup finds a variable of the environment, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Backend is where the state of stacks is kept.
type Backend struct {
	// Ours says that it is the working folder. Otherwise the user's own choice holds, with all that belongs to it:
	// passphrase, login, salt.
	Ours bool

	// Reason says why, for the user.
	Reason string

	// Place is the backend's URL without what may be secret in it: no user, no password, no query.
	Place string
}

// pulumiCloud is where a token is for, unless something else is said.
const pulumiCloud = "https://api.pulumi.com"

// ChooseBackend keeps state in the working folder unless the user has said otherwise: by a variable, or by a login.
func (w *Workspace) ChooseBackend(lookup Lookup, userHome string) (Backend, error) {
	url, _ := lookup(backendVariable)
	if strings.TrimSuffix(url, withoutNotes) == w.plainURL() {
		return w.ours(backendVariable + " says so"), nil // after eval "$(rampart env)"
	}
	if url != "" {
		return Backend{Reason: backendVariable + " is set", Place: placeOf(url)}, nil
	}
	if token, ok := lookup("PULUMI_ACCESS_TOKEN"); ok && token != "" {
		return Backend{Reason: "PULUMI_ACCESS_TOKEN is set", Place: pulumiCloud}, nil
	}
	pulumiHome, ok := lookup("PULUMI_HOME")
	if !ok || pulumiHome == "" {
		pulumiHome = filepath.Join(userHome, ".pulumi")
	}
	current, err := loggedInto(filepath.Join(pulumiHome, "credentials.json"))
	if err != nil {
		return Backend{}, err
	}
	if current != "" {
		place := placeOf(current)
		return Backend{Reason: "you are logged in to " + place, Place: place}, nil
	}
	return w.ours("you are not logged in elsewhere"), nil
}

func (w *Workspace) ours(reason string) Backend {
	return Backend{Ours: true, Reason: reason, Place: placeOf(w.plainURL())}
}

// placeOf is a backend's URL without what may be secret in it. Of what is no URL nothing is left.
func placeOf(backend string) string {
	parsed, err := url.Parse(backend)
	if err != nil {
		return ""
	}
	parsed.User, parsed.RawQuery, parsed.Fragment = nil, "", ""
	return strings.TrimSuffix(parsed.String(), "/")
}

// loggedInto returns the URL of the backend that the Pulumi CLI is logged in to, or nothing.
func loggedInto(credentials string) (string, error) {
	content, err := os.ReadFile(credentials)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading whether you are logged in to a Pulumi backend: %w", err)
	}
	var login struct {
		Current string `json:"current"`
	}
	if err := json.Unmarshal(content, &login); err != nil {
		return "", fmt.Errorf("reading whether you are logged in to a Pulumi backend: %s: %w; "+
			"mend it with \"pulumi logout\" or set PULUMI_BACKEND_URL", credentials, err)
	}
	return login.Current, nil
}
