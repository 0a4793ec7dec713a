// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"milena/words"
)

func create(context context.Context, client *kafka.Client, topic kafka.TopicConfig) error {
	topics := []kafka.TopicConfig{topic}
	answer, err := client.CreateTopics(context, &kafka.CreateTopicsRequest{Topics: topics})
	words.Check(err)
	return answer.Errors[topic.Topic]
}

func remove(context context.Context, client *kafka.Client, topic string) error {
	answer, err := client.DeleteTopics(context, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	words.Check(err)
	return answer.Errors[topic]
}

func admin(arguments []string) {
	client, topic := newClient(arguments[0]), arguments[1]
	context, cancel := words.Bounded()
	defer cancel()
	retention := kafka.ConfigEntry{ConfigName: "retention.ms", ConfigValue: "3600000"}
	words.Check(create(context, client, kafka.TopicConfig{
		Topic: topic, NumPartitions: 3, ReplicationFactor: 1,
		ConfigEntries: []kafka.ConfigEntry{retention},
	}))

	listed, err := client.Metadata(context, &kafka.MetadataRequest{Topics: []string{topic}})
	words.Check(err)
	words.Expect(len(listed.Topics[0].Partitions) == 3, "partitions", listed.Topics)
	described, err := client.DescribeConfigs(context, &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
			ConfigNames: []string{retention.ConfigName},
		}},
	})
	words.Check(err)
	found := described.Resources[0].ConfigEntries[0].ConfigValue
	words.Expect(found == retention.ConfigValue, "retention.ms", found)

	words.Check(remove(context, client, topic))
	for is := true; is; time.Sleep(20 * time.Millisecond) {
		listed, err := client.Metadata(context, &kafka.MetadataRequest{})
		words.Check(err)
		is = false
		for _, one := range listed.Topics {
			is = is || one.Name == topic
		}
	}
}

func times(arguments []string) {
	client, topic := newClient(arguments[0]), arguments[1]
	context, cancel := words.Bounded()
	defer cancel()
	for _, word := range arguments[2:] {
		asked := []kafka.OffsetRequest{kafka.TimeOffsetOf(0, time.UnixMilli(int64(words.Number(word))))}
		answer, err := client.ListOffsets(context, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: asked},
		})
		words.Check(err)
		for offset := range answer.Topics[topic][0].Offsets {
			fmt.Println(offset)
		}
	}
}

func tell(what string, err error) {
	var several kafka.WriteErrors
	if errors.As(err, &several) {
		err = several[0]
	}
	var code kafka.Error
	if !errors.As(err, &code) {
		words.Check(fmt.Errorf("%s: %v", what, err))
	}
	fmt.Println(what, int(code))
}

func refusals(arguments []string) {
	client, topic := newClient(arguments[0]), arguments[1]
	context, cancel := words.Bounded()
	defer cancel()
	never := []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "never"}}
	for what, wanted := range map[string]kafka.TopicConfig{
		"exists":   {Topic: topic, NumPartitions: 1, ReplicationFactor: 1},
		"replicas": {Topic: topic + "-replicas", NumPartitions: 1, ReplicationFactor: 3},
		"config": {Topic: topic + "-config", NumPartitions: 1, ReplicationFactor: 1,
			ConfigEntries: never},
		"name": {Topic: "a b", NumPartitions: 1, ReplicationFactor: 1},
	} {
		tell(what, create(context, client, wanted))
	}
	tell("unknown", remove(context, client, topic+"-unknown"))
	writer := newWriter(arguments[0], topic)
	value := []byte(strings.Repeat("x", 2000))
	tell("large", writer.WriteMessages(context, kafka.Message{Value: value}))
}
