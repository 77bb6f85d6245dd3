//go:build !linux

package turnserver

import "errors"

// batchedPath needs Linux.
var batchedPath = datapathKind{
	name: "batched",
	make: func(*shard) (datapath, error) { return nil, errors.New("needs Linux") },
}
