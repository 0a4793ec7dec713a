// SPDX-License-Identifier: Apache-2.0
// The stock Kafka module of Testcontainers, with the image that the argument names in Kafka's place.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/kafka"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	if err := roundTrip(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("round trip done")
}

func roundTrip(image string) error {
	background, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	container, err := kafka.Run(background, image)
	defer testcontainers.TerminateContainer(container)
	if err != nil {
		return err
	}
	brokers, err := container.Brokers(background)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.AllowAutoTopicCreation(),
		kgo.ConsumeTopics("greetings"), kgo.ConsumerGroup("readers"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer client.Close()
	record := &kgo.Record{Topic: "greetings", Value: []byte("hello")}
	if err := client.ProduceSync(background, record).FirstErr(); err != nil {
		return err
	}
	fetched := client.PollRecords(background, 1)
	if records := fetched.Records(); len(records) != 1 || string(records[0].Value) != "hello" {
		return fmt.Errorf("the record did not come back: %v", fetched.Errors())
	}
	return nil
}
