// SPDX-License-Identifier: Apache-2.0

// A franz-go program; compat-tests/client_cases.py tells what its words do.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const waitMax = 60 * time.Second

var words = map[string]func(arguments []string){
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
}

func main() {
	words[os.Args[1]](os.Args[2:])
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	check(err)
	return value
}

func newClient(address string, options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(address))...)
	check(err)
	return client
}

func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), waitMax)
}
