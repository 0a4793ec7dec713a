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

	"github.com/twmb/franz-go/pkg/kgo"
	"milena/words"
)

var strategies = map[string]kgo.Opt{
	"range":              kgo.Balancers(kgo.RangeBalancer()),
	"roundrobin":         kgo.Balancers(kgo.RoundRobinBalancer()),
	"sticky":             kgo.Balancers(kgo.StickyBalancer()),
	"cooperative-sticky": kgo.Balancers(kgo.CooperativeStickyBalancer()),
}

// owned is what this member has said that it owns.
type owned struct {
	lock       sync.Mutex
	partitions map[int32]bool
}

func (o *owned) change(partitions []int32, has bool) {
	if len(partitions) == 0 {
		return // a rebalance that changes nothing
	}
	o.lock.Lock()
	defer o.lock.Unlock()
	for _, partition := range partitions {
		if has {
			o.partitions[partition] = true
		} else {
			delete(o.partitions, partition)
		}
	}
	words.SayAssigned(slices.Sorted(maps.Keys(o.partitions)))
}

func memberOptions(topic, group, strategy string, session time.Duration,
	instance string) []kgo.Opt {
	mine := &owned{partitions: map[int32]bool{}}
	assigned := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		mine.change(partitions[topic], true)
	}
	gone := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		mine.change(partitions[topic], false)
	}
	options := []kgo.Opt{
		kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(assigned), kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone),
	}
	if strategy == "consumer" {
		options = append(options, kgo.Balancers(kgo.StickyBalancer()), kgo.ServerSideBalancer())
	} else {
		options = append(options, strategies[strategy], kgo.SessionTimeout(session),
			kgo.HeartbeatInterval(300*time.Millisecond))
	}
	if instance != "-" {
		options = append(options, kgo.InstanceID(instance))
	}
	return options
}

func member(arguments []string) {
	address, topic, group := arguments[0], arguments[1], arguments[2]
	session := time.Duration(words.Number(arguments[4])) * time.Millisecond
	client := newClient(address,
		memberOptions(topic, group, arguments[3], session, arguments[5])...)
	stopped := words.Stopped()
	for stopped.Err() == nil {
		fetches := client.PollRecords(stopped, 100)
		fetches.EachError(func(topic string, _ int32, err error) {
			fmt.Fprintln(os.Stderr, topic, err)
		})
		records := fetches.Records()
		for _, record := range records {
			fmt.Println("record", record.Partition, record.Offset)
		}
		if len(records) > 0 {
			words.Check(client.CommitRecords(context.Background(), records...))
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
	fmt.Println("closed")
}
