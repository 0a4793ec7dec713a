// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
	"milena/words"
)

var codecs = map[string]sarama.CompressionCodec{
	"none":   sarama.CompressionNone,
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

func encoded(bytes []byte) sarama.Encoder {
	if bytes == nil {
		return nil
	}
	return sarama.ByteEncoder(bytes)
}

func messageNumber(topic string, i int) *sarama.ProducerMessage {
	record := words.RecordNumber(i)
	message := &sarama.ProducerMessage{
		Topic: topic, Timestamp: record.Time, Key: encoded(record.Key), Value: encoded(record.Value),
	}
	for _, header := range record.Headers {
		sent := sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value}
		message.Headers = append(message.Headers, sent)
	}
	return message
}

func recordOf(message *sarama.ConsumerMessage) words.Record {
	record := words.Record{Time: message.Timestamp, Key: message.Key, Value: message.Value}
	for _, header := range message.Headers {
		read := words.Header{Name: string(header.Key), Value: header.Value}
		record.Headers = append(record.Headers, read)
	}
	return record
}

func produce(arguments []string) {
	address, topic, codec, count := arguments[0], arguments[1], arguments[2], words.Number(arguments[3])
	config := newConfig()
	config.Producer.Compression = codecs[codec]
	producer, err := sarama.NewSyncProducer([]string{address}, config)
	words.Check(err)
	messages := make([]*sarama.ProducerMessage, count)
	for i := range messages {
		messages[i] = messageNumber(topic, i)
	}
	words.Check(producer.SendMessages(messages))
	words.Check(producer.Close())
}

// readPartition calls each for the first count records of partition 0.
func readPartition(config *sarama.Config, address, topic string, count int,
	each func(*sarama.ConsumerMessage)) {
	consumer, err := sarama.NewConsumer([]string{address}, config)
	words.Check(err)
	partition, err := consumer.ConsumePartition(topic, 0, sarama.OffsetOldest)
	words.Check(err)
	deadline := time.After(time.Minute)
	for range count {
		select {
		case message := <-partition.Messages():
			each(message)
		case <-deadline:
			words.Check(fmt.Errorf("no record in time"))
		}
	}
	words.Check(partition.Close())
	words.Check(consumer.Close())
}

func consume(arguments []string) {
	address, topic, count := arguments[0], arguments[1], words.Number(arguments[2])
	out := bufio.NewWriter(os.Stdout)
	readPartition(newConfig(), address, topic, count, func(message *sarama.ConsumerMessage) {
		recordOf(message).Print(out, message.Offset)
	})
	words.Check(out.Flush())
}

func readCommitted(arguments []string) {
	address, topic, count := arguments[0], arguments[1], words.Number(arguments[2])
	config := newConfig()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	readPartition(config, address, topic, count, func(message *sarama.ConsumerMessage) {
		fmt.Println(string(message.Value))
	})
}
