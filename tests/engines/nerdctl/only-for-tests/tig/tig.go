// Package tig stands for the one of that name in nerdctl's own test library, which the Go proxy does not serve. The program
// imports a file that names this type, and never uses it.
package tig

// T is what a test gives to those who help it.
type T interface {
	Helper()
	FailNow()
	Fail()
	Log(args ...any)
	Name() string
	TempDir() string
}
