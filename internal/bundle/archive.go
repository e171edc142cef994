package bundle

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
)

// The attributes of every file in a zip, so that the zip depends only on names and contents.
const (
	// zipVersion is 2.0 of the zip format, the first with compression and directories.
	zipVersion = 20
	// zipDate is 1 January 1980, the earliest date of the format.
	zipDate = 1<<5 | 1
	// zipUTF8 marks names in UTF-8.
	zipUTF8 = 0x800
	// zipMode is the permission of every file.
	zipMode = 0o644
	// zipUnix marks Unix permissions.
	zipUnix = 3 << 8
)

// Archive is the zip of a bundle before it is written. Its size is known, and its content is still in the files.
type Archive struct {
	bundle  *Bundle
	headers []zip.FileHeader
	size    int64
}

// Archive measures the zip of the bundle by compressing every file once. It returns a [ChangedError] if the content has changed since
// [Open].
//
// Because the sizes are known, the zip has them in front of each file, where the simplest readers expect them.
func (b *Bundle) Archive(ctx context.Context) (*Archive, error) {
	archive := &Archive{bundle: b, headers: make([]zip.FileHeader, len(b.files))}
	content, err := b.open()
	if err != nil {
		return nil, err
	}
	defer content.close()
	packer, err := newPacker(content)
	if err != nil {
		return nil, err
	}
	for index, file := range b.files {
		header := zip.FileHeader{
			Name: file.name, Method: zip.Deflate, ReaderVersion: zipVersion, CreatorVersion: zipUnix | zipVersion,
			ModifiedDate:       zipDate,           //nolint:staticcheck // Modified is ignored where sizes are given.
			UncompressedSize64: uint64(file.size), //nolint:gosec // The size of a file is not negative.
		}
		header.SetMode(zipMode)
		for _, char := range file.name {
			if char >= 0x80 {
				header.Flags |= zipUTF8
			}
		}
		crc := crc32.NewIEEE()
		packed := &limitedWriter{to: io.Discard, left: maxZipBytes}
		if err := packer.pack(ctx, file, packed, crc); err != nil {
			return nil, err
		}
		header.CRC32 = crc.Sum32()
		header.CompressedSize64 = uint64(maxZipBytes - packed.left) //nolint:gosec // It is at most maxZipBytes.
		archive.headers[index] = header
	}
	measured := &limitedWriter{to: io.Discard, left: maxZipBytes}
	blank := make([]byte, bufferBytes)
	err = archive.assemble(measured, func(index int, to io.Writer) error {
		for left := archive.headers[index].CompressedSize64; left > 0; {
			n, err := to.Write(blank[:min(left, bufferBytes)])
			if err != nil {
				return err
			}
			left -= uint64(n) //nolint:gosec // A count of bytes is not negative.
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measuring the zip: %w", err)
	}
	archive.size = maxZipBytes - measured.left
	return archive, nil
}

// Size is the size of the zip in bytes.
func (a *Archive) Size() int64 {
	return a.size
}

// Write writes the zip while it reads the files. It returns a [ChangedError] before the zip is complete if the content has changed since
// [Open]. It can be called again and writes the same.
func (a *Archive) Write(ctx context.Context, to io.Writer) error {
	content, err := a.bundle.open()
	if err != nil {
		return err
	}
	defer content.close()
	packer, err := newPacker(content)
	if err != nil {
		return err
	}
	return a.assemble(to, func(index int, to io.Writer) error {
		file := a.bundle.files[index]
		packed := &limitedWriter{to: to, left: int64(a.headers[index].CompressedSize64)} //nolint:gosec // It is at most maxZipBytes.
		if err := packer.pack(ctx, file, packed, io.Discard); err != nil {
			return err
		}
		if packed.left != 0 {
			return &ChangedError{Part: file.part, Path: content.shown(file)}
		}
		return nil
	})
}

// assemble writes a zip with the compressed contents that content writes.
func (a *Archive) assemble(to io.Writer, content func(index int, to io.Writer) error) error {
	// The zip writer uses this buffer and flushes it when it is closed.
	archive := zip.NewWriter(bufio.NewWriterSize(to, bufferBytes))
	for index := range a.headers {
		header := a.headers[index]
		raw, err := archive.CreateRaw(&header)
		if err != nil {
			return err
		}
		if err := content(index, raw); err != nil {
			return err
		}
	}
	return archive.Close()
}

// packer compresses one file after another, with one set of buffers.
type packer struct {
	content    *contents
	compressor *flate.Writer
	buffer     []byte
}

func newPacker(content *contents) (*packer, error) {
	compressor, err := flate.NewWriter(io.Discard, flate.DefaultCompression)
	if err != nil {
		return nil, fmt.Errorf("making the compressor: %w", err)
	}
	return &packer{content: content, compressor: compressor, buffer: make([]byte, bufferBytes)}, nil
}

// pack compresses a file, and also writes its content to another writer. It returns a [ChangedError] if the content has changed.
func (p *packer) pack(ctx context.Context, file file, packed *limitedWriter, plain io.Writer) error {
	reader, err := p.content.reader(file)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	p.compressor.Reset(packed)
	sum := sha256.New()
	_, err = copyContent(ctx, io.MultiWriter(sum, plain, p.compressor), reader, p.buffer)
	if err == nil {
		err = p.compressor.Close()
	}
	switch {
	case packed.overrun || err == nil && [sha256.Size]byte(sum.Sum(nil)) != file.sum:
		return &ChangedError{Part: file.part, Path: p.content.shown(file)}
	case packed.failed != nil:
		return packed.failed
	case err != nil:
		return p.content.readError(ctx, file, err)
	}
	return nil
}

// limitedWriter writes up to a limit.
type limitedWriter struct {
	to      io.Writer
	left    int64
	overrun bool
	// failed is the error of the underlying writer.
	failed error
}

// Write implements io.Writer.
func (w *limitedWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > w.left {
		w.overrun = true
		return 0, io.ErrShortWrite
	}
	n, err := w.to.Write(p)
	w.left -= int64(n)
	if err != nil {
		w.failed = err
	}
	return n, err
}
