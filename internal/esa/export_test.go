package esa

import "context"

// TakeSlot is the right to make one attempt at any write, for tests that make one without a read.
func (c *Client) TakeSlot() *Slot {
	slot, failure := c.takeSlot(context.Background(), anyCall, Target{}, 1)
	if failure != nil {
		panic(failure)
	}
	return slot
}
