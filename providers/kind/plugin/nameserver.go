package plugin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// nameServerFolder is where podman's name server (aardvark-dns) has a file for each network, within a folder of its own.
const nameServerFolder = "networks/aardvark-dns"

// forgetNames removes what podman's name server knows of a network that is gone. A podman that is killed leaves the name of
// the container that it was making, and "podman network rm" leaves the file: a new network of the name, in another range, would
// be answered by a server that listens where the old one was, and no node would find another. Seen in 4.3.1.
func (k *kindClient) forgetNames(network string) error {
	if k.name() != enginePodman || k.info.remote || k.info.runRoot == "" {
		return nil
	}
	// Root's is beside the storage's own folder, that of others within it.
	for _, parent := range []string{filepath.Dir(k.info.runRoot), k.info.runRoot} {
		err := os.Remove(filepath.Join(parent, nameServerFolder, network))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing what the name server knows of network %s: %w", network, err)
		}
	}
	return nil
}
