//go:build unix && !linux

package dbtest

import "syscall"

// dieWithParent does nothing: only Linux can tie one process to another.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// memoryDir finds none: only Linux has one that is always there.
func memoryDir() (string, bool) { return "", false }
