// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"milena/words"
)

var balancers = map[string]kafka.GroupBalancer{
	"range":      kafka.RangeGroupBalancer{},
	"roundrobin": kafka.RoundRobinGroupBalancer{},
}

// readPartition says and commits what it reads until the generation is over.
func readPartition(over context.Context, generation *kafka.Generation, address, topic string,
	partition kafka.PartitionAssignment) {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{address}, Topic: topic, Partition: partition.ID,
		MaxWait: 100 * time.Millisecond,
	})
	defer reader.Close()
	words.Check(reader.SetOffset(partition.Offset))
	for {
		message, err := reader.ReadMessage(over)
		if err != nil {
			return
		}
		// In one write: other partitions speak, too.
		fmt.Printf("record %d %d\n", message.Partition, message.Offset)
		offsets := map[string]map[int]int64{topic: {message.Partition: message.Offset + 1}}
		if err := generation.CommitOffsets(offsets); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func take(generation *kafka.Generation, address, topic string) {
	assigned := generation.Assignments[topic]
	slices.SortFunc(assigned, func(one, other kafka.PartitionAssignment) int {
		return one.ID - other.ID
	})
	var owned []int
	for _, partition := range assigned {
		owned = append(owned, partition.ID)
	}
	words.SayAssigned(owned)
	for _, partition := range assigned {
		generation.Start(func(over context.Context) {
			readPartition(over, generation, address, topic, partition)
		})
	}
}

func member(arguments []string) {
	address, topic, id := arguments[0], arguments[1], arguments[2]
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: id, Brokers: []string{address}, Topics: []string{topic},
		GroupBalancers:    []kafka.GroupBalancer{balancers[arguments[3]]},
		SessionTimeout:    time.Duration(words.Number(arguments[4])) * time.Millisecond,
		HeartbeatInterval: 300 * time.Millisecond, JoinGroupBackoff: 300 * time.Millisecond,
		StartOffset: kafka.FirstOffset,
	})
	words.Check(err)
	stopped := words.Stopped()
	for {
		generation, err := group.Next(stopped)
		if stopped.Err() != nil {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		take(generation, address, topic)
	}
	words.Check(group.Close())
	fmt.Println("closed")
}
