// SPDX-License-Identifier: Apache-2.0

// A sarama program; compat-tests/client_cases.py tells what its words do.
package main

import (
	"time"

	"github.com/IBM/sarama"
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

// newConfig has retries for a minute, so that the broker may be started again.
func newConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.Retry.Max, config.Metadata.Retry.Backoff = 600, 100*time.Millisecond
	config.Producer.Retry.Max, config.Producer.Retry.Backoff = 600, 100*time.Millisecond
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.Return.Successes = true
	return config
}

// newIdempotentConfig is for transactions, too, when an id is given.
func newIdempotentConfig(transactionalID string) *sarama.Config {
	config := newConfig()
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Producer.Transaction.ID = transactionalID
	config.Producer.Transaction.Timeout = 10 * time.Second
	return config
}
