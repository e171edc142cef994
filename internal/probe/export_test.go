package probe

import "crypto/x509"

// WithRootCAs returns the check with other certificate authorities than the system's.
func (c Check) WithRootCAs(pool *x509.CertPool) Check {
	c.rootCAs = pool
	return c
}
