// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

const firstTimestamp = 1_700_000_000_000

var codecs = map[string]sarama.CompressionCodec{
	"none":   sarama.CompressionNone,
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

func messageNumber(topic string, i int) *sarama.ProducerMessage {
	message := &sarama.ProducerMessage{
		Topic: topic, Timestamp: time.UnixMilli(int64(firstTimestamp + i)),
	}
	if i%5 != 0 {
		message.Key = sarama.StringEncoder(fmt.Sprintf("key-%d", i%1000))
	}
	if i%11 != 0 || i%5 == 0 {
		message.Value = sarama.StringEncoder(fmt.Sprintf("value-%d-%s", i, strings.Repeat("x", i%50)))
	}
	if i%3 == 0 {
		message.Headers = []sarama.RecordHeader{
			{Key: []byte("number"), Value: fmt.Append(nil, i)}, {Key: []byte("empty"), Value: []byte{}},
		}
	}
	return message
}

func produce(arguments []string) {
	address, topic, codec, count := arguments[0], arguments[1], arguments[2], number(arguments[3])
	config := newConfig()
	config.Producer.Compression = codecs[codec]
	producer, err := sarama.NewSyncProducer([]string{address}, config)
	check(err)
	messages := make([]*sarama.ProducerMessage, count)
	for i := range messages {
		messages[i] = messageNumber(topic, i)
	}
	check(producer.SendMessages(messages))
	check(producer.Close())
}

// readPartition calls each for the first count records of partition 0.
func readPartition(config *sarama.Config, address, topic string, count int,
	each func(*sarama.ConsumerMessage)) {
	consumer, err := sarama.NewConsumer([]string{address}, config)
	check(err)
	partition, err := consumer.ConsumePartition(topic, 0, sarama.OffsetOldest)
	check(err)
	deadline := time.After(time.Minute)
	for range count {
		select {
		case message := <-partition.Messages():
			each(message)
		case <-deadline:
			check(fmt.Errorf("no record in time"))
		}
	}
	check(partition.Close())
	check(consumer.Close())
}

func text(value []byte) string {
	if value == nil {
		return "~"
	}
	return string(value)
}

func consume(arguments []string) {
	address, topic, count := arguments[0], arguments[1], number(arguments[2])
	out := bufio.NewWriter(os.Stdout)
	readPartition(newConfig(), address, topic, count, func(message *sarama.ConsumerMessage) {
		var headers []string
		for _, header := range message.Headers {
			headers = append(headers, string(header.Key)+"="+string(header.Value))
		}
		fmt.Fprintf(out, "%d|%d|%s|%s|%s\n", message.Offset, message.Timestamp.UnixMilli(),
			text(message.Key), text(message.Value), strings.Join(headers, ","))
	})
	check(out.Flush())
}

func readCommitted(arguments []string) {
	address, topic, count := arguments[0], arguments[1], number(arguments[2])
	config := newConfig()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	readPartition(config, address, topic, count, func(message *sarama.ConsumerMessage) {
		fmt.Println(string(message.Value))
	})
}
