package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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
}

// ChooseBackend keeps state in the working folder unless the user has said otherwise: by a variable, or by a login.
func (w *Workspace) ChooseBackend(lookup Lookup, userHome string) (Backend, error) {
	url, _ := lookup(backendVariable)
	if strings.TrimSuffix(url, withoutNotes) == w.plainURL() {
		return Backend{Ours: true, Reason: backendVariable + " says so"}, nil // after eval "$(rampart env)"
	}
	for _, name := range []string{backendVariable, "PULUMI_ACCESS_TOKEN"} {
		if value, ok := lookup(name); ok && value != "" {
			return Backend{Reason: name + " is set"}, nil
		}
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
		return Backend{Reason: "you are logged in to " + current}, nil
	}
	return Backend{Ours: true, Reason: "you are not logged in elsewhere"}, nil
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
