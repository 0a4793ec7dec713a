// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/IBM/sarama"
)

func admin(arguments []string) {
	address, topic := arguments[0], arguments[1]
	admin, err := sarama.NewClusterAdmin([]string{address}, newConfig())
	check(err)

	retention := "3600000"
	check(admin.CreateTopic(topic, &sarama.TopicDetail{
		NumPartitions: 3, ReplicationFactor: 1,
		ConfigEntries: map[string]*string{"retention.ms": &retention},
	}, false))

	described, err := admin.DescribeTopics([]string{topic})
	check(err)
	expect(len(described[0].Partitions) == 3, "partitions", described[0])
	configs, err := admin.DescribeConfig(sarama.ConfigResource{
		Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"},
	})
	check(err)
	expect(len(configs) == 1 && configs[0].Value == retention, "configs", configs)

	check(admin.DeleteTopic(topic))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		expect(time.Now().Before(deadline), "it is still there")
		listed, err := admin.ListTopics()
		check(err)
		if _, found := listed[topic]; !found {
			break
		}
	}
	check(admin.Close())
}
