// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"milena/words"
)

func admin(arguments []string) {
	address, topic := arguments[0], arguments[1]
	client := newClient(address)
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	admin := kadm.NewClient(client)

	configs := map[string]*string{"retention.ms": kadm.StringPtr("3600000")}
	created, err := admin.CreateTopic(context, 3, 1, configs, topic)
	words.Check(err)
	words.Check(created.Err)

	listed, err := admin.ListTopics(context, topic)
	words.Check(err)
	words.Expect(len(listed[topic].Partitions) == 3, "partitions", listed)
	described, err := admin.DescribeTopicConfigs(context, topic)
	words.Check(err)
	found := ""
	for _, config := range described[0].Configs {
		if config.Key == "retention.ms" {
			found = config.MaybeValue()
		}
	}
	words.Expect(found == "3600000", "retention.ms", found)

	deleted, err := admin.DeleteTopic(context, topic)
	words.Check(err)
	words.Check(deleted.Err)
	for listed.Has(topic) {
		words.Expect(context.Err() == nil, "it is still there")
		time.Sleep(20 * time.Millisecond)
		listed, err = admin.ListTopics(context)
		words.Check(err)
	}
}
