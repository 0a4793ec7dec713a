// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"milena/words"
)

var codecs = map[string]kafka.Compression{
	"none":   0,
	"gzip":   kafka.Gzip,
	"snappy": kafka.Snappy,
	"lz4":    kafka.Lz4,
	"zstd":   kafka.Zstd,
}

func messageNumber(i int) kafka.Message {
	record := words.RecordNumber(i)
	message := kafka.Message{Time: record.Time, Key: record.Key, Value: record.Value}
	for _, header := range record.Headers {
		message.Headers = append(message.Headers, kafka.Header{Key: header.Name, Value: header.Value})
	}
	return message
}

func recordOf(message kafka.Message) words.Record {
	record := words.Record{Time: message.Time, Key: message.Key, Value: message.Value}
	for _, header := range message.Headers {
		record.Headers = append(record.Headers, words.Header{Name: header.Key, Value: header.Value})
	}
	return record
}

// newWriter writes to partition 0.
func newWriter(address, topic string) *kafka.Writer {
	first := func(kafka.Message, ...int) int { return 0 }
	return &kafka.Writer{
		Addr: kafka.TCP(address), Topic: topic, Balancer: kafka.BalancerFunc(first),
		RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond,
	}
}

func produce(arguments []string) {
	address, topic, codec, count := arguments[0], arguments[1], arguments[2], words.Number(arguments[3])
	writer := newWriter(address, topic)
	writer.Compression = codecs[codec]
	messages := make([]kafka.Message, count)
	for i := range messages {
		messages[i] = messageNumber(i)
	}
	context, cancel := words.Bounded()
	defer cancel()
	words.Check(writer.WriteMessages(context, messages...))
	words.Check(writer.Close())
}

func large(arguments []string) {
	address, topic, size := arguments[0], arguments[1], words.Number(arguments[2])
	writer := newWriter(address, topic)
	writer.BatchBytes = int64(2 * size)
	context, cancel := words.Bounded()
	defer cancel()
	for _, value := range words.Large(size) {
		words.Check(writer.WriteMessages(context, kafka.Message{Value: []byte(value)}))
	}
	words.Check(writer.Close())
}

func consume(arguments []string) {
	address, topic, count := arguments[0], arguments[1], words.Number(arguments[2])
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{address}, Topic: topic, MaxBytes: 50_000_000,
		MaxWait: 200 * time.Millisecond,
	})
	context, cancel := words.Bounded()
	defer cancel()
	out := bufio.NewWriter(os.Stdout)
	for range count {
		message, err := reader.ReadMessage(context)
		words.Check(err)
		recordOf(message).Print(out, message.Offset)
	}
	words.Check(out.Flush())
	words.Check(reader.Close())
}
