package framework

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Provided is what the tools have put on this machine, as the product's working folder names it.
type Provided struct {
	Images     map[string]struct{ Reference string }
	CalicoCRDs string
}

// Provided reads it. Before "rampart tools" has run there is none, which is an error.
func (p *Product) Provided() (has Provided, err error) {
	path := filepath.Join(p.Home(), "images.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return has, err
	}
	if err := json.Unmarshal(text, &has); err != nil {
		return has, fmt.Errorf("%s: %w", path, err)
	}
	return has, nil
}
