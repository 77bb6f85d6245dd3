//go:build unix

package config

import (
	"fmt"
	"os"
)

// checkPrivate refuses a file that every user of the host can read or write.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return plain(err)
	}
	if info.Mode().Perm()&0o006 != 0 {
		return fmt.Errorf("%s is open to every user of this host; mend it with: chmod o= %s", path, path)
	}
	return nil
}
