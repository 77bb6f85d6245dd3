//go:build !windows

package main

// ansi says that terminals understand colours.
const ansi = true
