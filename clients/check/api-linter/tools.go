//go:build tools

// Package tools pins the version of the linter of the protos.
package tools

import _ "github.com/googleapis/api-linter/v2/cmd/api-linter"
