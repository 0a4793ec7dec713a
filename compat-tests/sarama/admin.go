// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/IBM/sarama"
	"milena/words"
)

func admin(arguments []string) {
	address, topic := arguments[0], arguments[1]
	admin, err := sarama.NewClusterAdmin([]string{address}, newConfig())
	words.Check(err)

	retention := "3600000"
	words.Check(admin.CreateTopic(topic, &sarama.TopicDetail{
		NumPartitions: 3, ReplicationFactor: 1,
		ConfigEntries: map[string]*string{"retention.ms": &retention},
	}, false))

	described, err := admin.DescribeTopics([]string{topic})
	words.Check(err)
	words.Expect(len(described[0].Partitions) == 3, "partitions", described[0])
	configs, err := admin.DescribeConfig(sarama.ConfigResource{
		Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"},
	})
	words.Check(err)
	words.Expect(len(configs) == 1 && configs[0].Value == retention, "configs", configs)

	words.Check(admin.DeleteTopic(topic))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		words.Expect(time.Now().Before(deadline), "it is still there")
		listed, err := admin.ListTopics()
		words.Check(err)
		if _, found := listed[topic]; !found {
			break
		}
	}
	words.Check(admin.Close())
}
