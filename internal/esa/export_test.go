package esa

import (
	"context"
	"io"
)

// Retry is retry of an operation at ESA's endpoint.
func (c *Client) Retry(ctx context.Context, operation func(attempt int) error) error {
	return c.retry(ctx, &c.unreachable, "", Target{}, func(attempt int, _ *pauses) error { return operation(attempt) })
}

// RetryUpload is retry of an operation at the object store.
func (c *Client) RetryUpload(ctx context.Context, operation func(attempt int) error) error {
	return c.retry(ctx, &c.uploadUnreachable, UploadOperation, Target{}, func(attempt int, _ *pauses) error { return operation(attempt) })
}

// UploadOnce makes one attempt at an upload.
func (c *Client) UploadOnce(ctx context.Context, target Target, form UploadForm, size int64, content func(io.Writer) error) error {
	return c.uploadOnce(ctx, target, form, 1, size, content)
}

// TakeSlot is the right to make one attempt at any write, for tests that make one without a read.
func (c *Client) TakeSlot() *Slot {
	slot, failure := c.takeSlot(context.Background(), "", Target{}, 1)
	if failure != nil {
		panic(failure)
	}
	slot.fits = func(call) bool { return true }
	return slot
}
