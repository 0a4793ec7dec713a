// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

func admin(arguments []string) {
	address, topic := arguments[0], arguments[1]
	client := newClient(address)
	defer client.Close()
	context, cancel := bounded()
	defer cancel()
	admin := kadm.NewClient(client)

	configs := map[string]*string{"retention.ms": kadm.StringPtr("3600000")}
	created, err := admin.CreateTopic(context, 3, 1, configs, topic)
	check(err)
	check(created.Err)

	listed, err := admin.ListTopics(context, topic)
	check(err)
	expect(len(listed[topic].Partitions) == 3, "partitions", listed)
	described, err := admin.DescribeTopicConfigs(context, topic)
	check(err)
	found := ""
	for _, config := range described[0].Configs {
		if config.Key == "retention.ms" {
			found = config.MaybeValue()
		}
	}
	expect(found == "3600000", "retention.ms", found)

	deleted, err := admin.DeleteTopic(context, topic)
	check(err)
	check(deleted.Err)
	for listed.Has(topic) {
		expect(context.Err() == nil, "it is still there")
		time.Sleep(20 * time.Millisecond)
		listed, err = admin.ListTopics(context)
		check(err)
	}
}

func expect(condition bool, words ...any) {
	if !condition {
		check(fmt.Errorf("unexpected: %v", words))
	}
}
