// SPDX-License-Identifier: Apache-2.0

// A program of segmentio's kafka-go; compat-tests/client_cases.py tells what its words do.
package main

import (
	"github.com/segmentio/kafka-go"
	"milena/words"
)

func main() {
	words.Run(map[string]func(arguments []string){
		"produce": produce,
		"consume": consume,
		"admin":   admin,
		"times":   times,
		"large":   large,
		"errors":  refusals,
		"member":  member,
	})
}

func newClient(address string) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(address), Timeout: words.WaitMax}
}
