// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"milena/words"
)

var strategies = map[string]func() sarama.BalanceStrategy{
	"range":              sarama.NewBalanceStrategyRange,
	"roundrobin":         sarama.NewBalanceStrategyRoundRobin,
	"sticky":             sarama.NewBalanceStrategySticky,
	"cooperative-sticky": sarama.NewBalanceStrategyCooperativeSticky,
}

func groupConfig(config *sarama.Config) *sarama.Config {
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Session.Timeout = 6 * time.Second
	config.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	config.Consumer.Return.Errors = true
	return config
}

// claims says which partitions this member reads, and what it reads.
type claims struct {
	lock  sync.Mutex
	owned map[int32]bool
}

func (c *claims) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (c *claims) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (c *claims) change(partition int32, has bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if has {
		c.owned[partition] = true
	} else {
		delete(c.owned, partition)
	}
	words.SayAssigned(slices.Sorted(maps.Keys(c.owned)))
}

func (c *claims) ConsumeClaim(session sarama.ConsumerGroupSession,
	claim sarama.ConsumerGroupClaim) error {
	c.change(claim.Partition(), true)
	defer c.change(claim.Partition(), false)
	for {
		select {
		case <-session.Context().Done():
			return nil
		case message, ok := <-claim.Messages():
			if !ok {
				return nil
			}
			c.lock.Lock()
			fmt.Println("record", message.Partition, message.Offset)
			c.lock.Unlock()
			session.MarkMessage(message, "")
			if len(claim.Messages()) == 0 {
				session.Commit()
			}
		}
	}
}

// consumeAsGroup reads until it is stopped.
func consumeAsGroup(stopped context.Context, address, group, topic string, config *sarama.Config,
	handler sarama.ConsumerGroupHandler) {
	consumer, err := sarama.NewConsumerGroup([]string{address}, group, config)
	words.Check(err)
	go func() {
		for err := range consumer.Errors() {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	for stopped.Err() == nil {
		if err := consumer.Consume(stopped, []string{topic}, handler); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	words.Check(consumer.Close())
}

func member(arguments []string) {
	address, topic, group, strategy := arguments[0], arguments[1], arguments[2], arguments[3]
	config := groupConfig(newConfig())
	config.Consumer.Group.Session.Timeout = time.Duration(words.Number(arguments[4])) * time.Millisecond
	config.Consumer.Group.Rebalance.GroupStrategies =
		[]sarama.BalanceStrategy{strategies[strategy]()}
	if instance := arguments[5]; instance != "-" {
		config.Consumer.Group.InstanceId = instance
	}
	stopped := words.Stopped()
	consumeAsGroup(stopped, address, group, topic, config, &claims{owned: map[int32]bool{}})
	fmt.Println("closed")
}
