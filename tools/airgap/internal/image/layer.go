package image

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
)

// Compression of a layer's blob.
type Compression int

const (
	// Plain layers are read fastest. For archives that an engine on the same machine loads once.
	Plain Compression = iota
	// Zstd layers are a third of the size, and unpack at the speed of the disk. For images that stay packed inside a node
	// image.
	Zstd
)

// layer is a v1.Layer whose blob is a file.
type layer struct {
	file           string
	diffID, digest v1.Hash
	size           int64
	mediaType      types.MediaType
	compression    Compression
}

// NewLayer writes the tree into file and returns it as a layer.
func NewLayer(t *Tree, file string, c Compression) (v1.Layer, error) {
	out, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	buffered := bufio.NewWriterSize(out, 1<<20)
	blob := &meter{w: buffered, h: sha256.New()}
	l := &layer{file: file, compression: c, mediaType: types.OCIUncompressedLayer}
	if c == Plain {
		if err := t.writeTar(blob); err != nil {
			return nil, err
		}
		l.digest = blob.hash()
		l.diffID = l.digest
	} else {
		l.mediaType = types.OCILayerZStd
		z, err := zstd.NewWriter(blob, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		content := &meter{w: z, h: sha256.New()}
		if err := t.writeTar(content); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		l.digest, l.diffID = blob.hash(), content.hash()
	}
	l.size = blob.n
	if err := buffered.Flush(); err != nil {
		return nil, err
	}
	return l, out.Close()
}

type meter struct {
	w io.Writer
	h hash.Hash
	n int64
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.w.Write(p)
	m.h.Write(p[:n])
	m.n += int64(n)
	return n, err
}

func (m *meter) hash() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(m.h.Sum(nil))}
}

func (l *layer) Digest() (v1.Hash, error)            { return l.digest, nil }
func (l *layer) DiffID() (v1.Hash, error)            { return l.diffID, nil }
func (l *layer) Size() (int64, error)                { return l.size, nil }
func (l *layer) MediaType() (types.MediaType, error) { return l.mediaType, nil }
func (l *layer) Compressed() (io.ReadCloser, error)  { return os.Open(l.file) }
func (l *layer) Uncompressed() (io.ReadCloser, error) {
	f, err := os.Open(l.file)
	if err != nil || l.compression == Plain {
		return f, err
	}
	z, err := zstd.NewReader(f)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{z, closeBoth{z, f}}, nil
}

type closeBoth struct {
	z *zstd.Decoder
	f *os.File
}

func (c closeBoth) Close() error {
	c.z.Close()
	return c.f.Close()
}
