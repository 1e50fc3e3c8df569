package verify

import (
	"encoding/json"
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
