// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/IBM/sarama"
	"milena/words"
)

func times(arguments []string) {
	client, err := sarama.NewClient([]string{arguments[0]}, newConfig())
	words.Check(err)
	for _, word := range arguments[2:] {
		asked, err := strconv.ParseInt(word, 10, 64)
		words.Check(err)
		found, err := client.GetOffset(arguments[1], 0, asked)
		words.Check(err)
		fmt.Println(found)
	}
	words.Check(client.Close())
}

func large(arguments []string) {
	address, topic, size := arguments[0], arguments[1], words.Number(arguments[2])
	config := newConfig()
	config.Producer.MaxMessageBytes = 2 * size
	producer, err := sarama.NewSyncProducer([]string{address}, config)
	words.Check(err)
	for _, value := range words.Large(size) {
		_, _, err := producer.SendMessage(
			&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)})
		words.Check(err)
	}
	words.Check(producer.Close())
}

func tell(what string, err error) {
	var ofTopic *sarama.TopicError
	var code sarama.KError
	if errors.As(err, &ofTopic) {
		code = ofTopic.Err
	} else if !errors.As(err, &code) {
		words.Check(fmt.Errorf("%s: %v", what, err))
	}
	fmt.Println(what, int16(code))
}

func refusals(arguments []string) {
	address, topic := arguments[0], arguments[1]
	admin, err := sarama.NewClusterAdmin([]string{address}, newConfig())
	words.Check(err)
	created := func(name string, replicas int16, configs map[string]*string) error {
		return admin.CreateTopic(name, &sarama.TopicDetail{
			NumPartitions: 1, ReplicationFactor: replicas, ConfigEntries: configs,
		}, false)
	}
	never := "never"
	tell("exists", created(topic, 1, nil))
	tell("replicas", created(topic+"-replicas", 3, nil))
	tell("config", created(topic+"-config", 1, map[string]*string{"retention.ms": &never}))
	tell("name", created("a b", 1, nil))
	tell("unknown", admin.DeleteTopic(topic+"-unknown"))
	words.Check(admin.Close())

	producer, err := sarama.NewSyncProducer([]string{address}, newConfig())
	words.Check(err)
	value := sarama.StringEncoder(strings.Repeat("x", 2000))
	_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: value})
	tell("large", err)
	words.Check(producer.Close())
}
