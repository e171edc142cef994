package split

import (
	"math/big"
	"strings"
)

// decimal formats a number for a message: exactly if that is short, otherwise its first digits and "…". Terraform computes with
// 512 bits, so 100/3 has 155 digits. Rounding would hide why 99.99999999999 is not whole.
func decimal(number *big.Float) string {
	const exact, first = 12, 8
	text := number.Text('g', -1)
	if len(text) <= exact {
		return text
	}
	mantissa, exponent, scientific := strings.Cut(text, "e")
	if len(mantissa) > exact {
		mantissa = mantissa[:first] + "…"
	}
	if scientific {
		return mantissa + "e" + exponent
	}
	return mantissa
}
