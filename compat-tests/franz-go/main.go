// SPDX-License-Identifier: Apache-2.0

// A franz-go program; compat-tests/client_cases.py tells what its words do.
package main

import (
	"github.com/twmb/franz-go/pkg/kgo"
	"milena/words"
)

func main() {
	words.Run(map[string]func(arguments []string){
		"produce":        produce,
		"consume":        consume,
		"admin":          admin,
		"idempotent":     idempotent,
		"transact":       transact,
		"read-committed": readCommitted,
		"times":          times,
		"large":          large,
		"errors":         refusals,
		"member":         member,
		"transfer":       transfer,
	})
}

func newClient(address string, options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(address))...)
	words.Check(err)
	return client
}
