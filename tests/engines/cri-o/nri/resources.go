// Package api: what this CRI-O calls of NRI. It names a commit between two of NRI's versions, which is not to be had; the version that is
// lacks these two. No test switches NRI on.
package api

import cri "k8s.io/cri-api/pkg/apis/runtime/v1"

// Nobody calls them without NRI.
func FromCRILinuxResources(*cri.LinuxContainerResources) *LinuxResources { return &LinuxResources{} }

func (*LinuxResources) ToCRI(int64) *cri.LinuxContainerResources { return &cri.LinuxContainerResources{} }
