package esasim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"time"
)

// certificateLife is how long the certificates are good for; they are created anew
// whenever a simulator starts.
const certificateLife = 30 * 24 * time.Hour

// authority issues the certificates of one server.
type authority struct {
	now         time.Time
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
	loopback    *tls.Certificate

	mutex  sync.Mutex
	issued map[string]*tls.Certificate // by host name
	serial int64
}

// newAuthority makes a certificate authority, and a certificate for the loopback
// names.
func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{now: now, key: key, issued: map[string]*tls.Certificate{}, certificate: &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{CommonName: "esasim certificate authority"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(certificateLife),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.certificate, a.certificate, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	a.loopback, err = a.issue("localhost", net.IPv4(127, 0, 0, 1), net.IPv6loopback)
	return a, err
}

// certificateFor is the certificate for a host name, the same one every time.
func (a *authority) certificateFor(host string) (*tls.Certificate, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if certificate, ok := a.issued[host]; ok {
		return certificate, nil
	}
	certificate, err := a.issue(host)
	if err == nil {
		a.issued[host] = certificate
	}
	return certificate, err
}

func (a *authority) issue(host string, addresses ...net.IP) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a.serial++
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(a.now.UnixNano() + a.serial),
		Subject:      pkix.Name{CommonName: "esasim"},
		NotBefore:    a.now.Add(-time.Hour),
		NotAfter:     a.now.Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{host},
		IPAddresses:  addresses,
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
