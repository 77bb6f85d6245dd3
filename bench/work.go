//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"turnpike/bench/lab"
)

// openWork makes the folder where programs and files of servers go. It is used again by the next run, so that nothing has to be removed. The lock keeps
// out a second run, which would disturb the first, and goes with the process.
func openWork() (dir string, lock *os.File, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", nil, err
	}
	dir = filepath.Join(cache, "turnpike-bench")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return "", nil, errors.New("another benchmark is running, and each would disturb the other; wait for it")
		}
		return "", nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return dir, lock, nil
}

// programs are turnpike and those of this folder.
var programs = []string{"turnpike/cmd/turnpike", "turnpike/bench/floor", "turnpike/bench/pion"}

// build asks git for nothing: with sudo, the clone is another user's, whom git does not trust.
func build(dir string, programs ...string) error {
	bin := filepath.Join(dir, "bin") + string(filepath.Separator)
	out, err := exec.Command("go", append([]string{"build", "-buildvcs=false", "-o", bin}, programs...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// manyFiles is enough for 10,000 allocations with a socket each.
const manyFiles = 1 << 16

// moreFiles raises the limit of open files for the servers, as far as it goes.
func moreFiles() error {
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: manyFiles, Max: manyFiles}) == nil {
		return nil
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
}

// newSetting makes a secret and a certificate for this run.
func newSetting(dir string) (set setting, trust *x509.CertPool, err error) {
	set = setting{
		Dir: dir, Bin: filepath.Join(dir, "bin"), IP4: lab.Server4, IP6: lab.Server6, Port: port, TLSPort: tlsPort, Realm: realm, Secret: rand.Text(),
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"),
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return set, nil, err
	}
	now := time.Now()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "bench"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IPAddresses: []net.IP{set.IP4.AsSlice()}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		return set, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return set, nil, err
	}
	trust = x509.NewCertPool()
	trust.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if err := os.WriteFile(set.Cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return set, nil, err
	}
	return set, trust, os.WriteFile(set.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
}
