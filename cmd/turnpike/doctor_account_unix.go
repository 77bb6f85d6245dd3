//go:build unix

package main

import (
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// An account is a user of this host.
type account struct {
	uid    string
	groups []string
}

func findAccount(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	groups, err := u.GroupIds()
	if err != nil {
		groups = []string{u.Gid}
	}
	return account{u.Uid, groups}, nil
}

// mayRead goes by owner, group and mode; directories above and access lists are not looked at.
func (a account) mayRead(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || a.uid == "0" {
		return true
	}
	mode := info.Mode().Perm()
	switch {
	case strconv.Itoa(int(stat.Uid)) == a.uid:
		return mode&0o400 != 0
	case slices.Contains(a.groups, strconv.Itoa(int(stat.Gid))):
		return mode&0o040 != 0
	}
	return mode&0o004 != 0
}
