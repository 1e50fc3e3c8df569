package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rampart-iac/rampart/baseline"
)

// Road is a way to the bits that a cluster is made of.
type Road string

// The two roads.
const (
	// RoadPublished downloads the published images and programs, pinned.
	RoadPublished Road = "published"

	// RoadAirgap builds everything from Go modules and Debian packages.
	RoadAirgap Road = "airgap"
)

// ImagesFile is the name of the file in the working folder that says what the road provides.
const ImagesFile = "images.json"

// Images is what the road provides: the content of ImagesFile.
type Images struct {
	Road              Road                       `json:"road"`
	KubernetesVersion baseline.KubernetesVersion `json:"kubernetesVersion"`

	// Node is the kind node image. Empty on the published road.
	Node NodeImage `json:"node"`

	// Images are the images that run in the cluster, by their short names. Empty on the published road.
	Images map[string]ImageReference `json:"images,omitempty"`

	// CalicoCRDs is the absolute path of a folder with Calico's custom resource definitions.
	CalicoCRDs string `json:"calicoCRDs"`
}

// NodeImage is a node image that no registry has.
type NodeImage struct {
	Reference string `json:"reference"`
	Archive   string `json:"archive"`
	ID        string `json:"id"`
}

// ImageReference names one image.
type ImageReference struct {
	Reference string `json:"reference"`
}

// ReadImages reads ImagesFile in a working folder. Without the file it returns nil: no road has been taken yet.
func ReadImages(home string) (*Images, error) {
	path := filepath.Join(home, ImagesFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what the road to the images provides: %w", err)
	}
	images := &Images{}
	if err := json.Unmarshal(content, images); err != nil {
		return nil, fmt.Errorf("reading %s: %w; remove it and run \"make up\" again", path, err)
	}
	return images, nil
}
