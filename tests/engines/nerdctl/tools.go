//go:build tools

package tools

import (
	_ "github.com/containerd/nerdctl/v2/cmd/nerdctl"
)
