// SPDX-License-Identifier: Apache-2.0

// A program of segmentio's kafka-go; compat-tests/client_cases.py tells what its words do.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

const waitMax = 60 * time.Second

var words = map[string]func(arguments []string){
	"produce": produce,
	"consume": consume,
	"admin":   admin,
	"times":   times,
	"large":   large,
	"errors":  refusals,
	"member":  member,
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

func expect(condition bool, words ...any) {
	if !condition {
		check(fmt.Errorf("unexpected: %v", words))
	}
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	check(err)
	return value
}

func newClient(address string) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(address), Timeout: waitMax}
}

func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), waitMax)
}
