package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// SchemaVersion is raised when a field of the JSON result changes its meaning or goes away.
const SchemaVersion = 1

// WriteJSON writes the report as docs/reference/verify.schema.json describes it.
func WriteJSON(out io.Writer, report *Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		SchemaVersion int `json:"schemaVersion"`
		*Report
	}{SchemaVersion, report})
}

// ReadJSON reads a report that WriteJSON has written. The error says whether it is one of another version.
func ReadJSON(in io.Reader) (*Report, error) {
	content := struct {
		SchemaVersion int `json:"schemaVersion"`
		*Report
	}{Report: &Report{}}
	if err := json.NewDecoder(in).Decode(&content); err != nil {
		return nil, fmt.Errorf("it is no JSON result of rampart verify: %w", err)
	}
	switch {
	case content.SchemaVersion == 0:
		return nil, errors.New("it is no JSON result of rampart verify: it has no schemaVersion")
	case content.SchemaVersion != SchemaVersion:
		return nil, fmt.Errorf("it is a result of schema version %d, and this program reads version %d",
			content.SchemaVersion, SchemaVersion)
	}
	return content.Report, nil
}
