// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

const firstTimestamp = 1_700_000_000_000

var codecs = map[string]kafka.Compression{
	"none":   0,
	"gzip":   kafka.Gzip,
	"snappy": kafka.Snappy,
	"lz4":    kafka.Lz4,
	"zstd":   kafka.Zstd,
}

func messageNumber(i int) kafka.Message {
	message := kafka.Message{Time: time.UnixMilli(int64(firstTimestamp + i))}
	if i%5 != 0 {
		message.Key = fmt.Appendf(nil, "key-%d", i%1000)
	}
	if i%11 != 0 || i%5 == 0 {
		message.Value = fmt.Appendf(nil, "value-%d-%s", i, strings.Repeat("x", i%50))
	}
	if i%3 == 0 {
		message.Headers = []kafka.Header{
			{Key: "number", Value: fmt.Append(nil, i)}, {Key: "empty", Value: []byte{}},
		}
	}
	return message
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
	address, topic, codec, count := arguments[0], arguments[1], arguments[2], number(arguments[3])
	writer := newWriter(address, topic)
	writer.Compression = codecs[codec]
	messages := make([]kafka.Message, count)
	for i := range messages {
		messages[i] = messageNumber(i)
	}
	context, cancel := bounded()
	defer cancel()
	check(writer.WriteMessages(context, messages...))
	check(writer.Close())
}

func large(arguments []string) {
	address, topic, size := arguments[0], arguments[1], number(arguments[2])
	writer := newWriter(address, topic)
	writer.BatchBytes = int64(2 * size)
	context, cancel := bounded()
	defer cancel()
	for _, value := range []string{"first", strings.Repeat("x", size), "last"} {
		check(writer.WriteMessages(context, kafka.Message{Value: []byte(value)}))
	}
	check(writer.Close())
}

func text(value []byte) string {
	if value == nil {
		return "~"
	}
	return string(value)
}

func consume(arguments []string) {
	address, topic, count := arguments[0], arguments[1], number(arguments[2])
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{address}, Topic: topic, MaxBytes: 50_000_000,
		MaxWait: 200 * time.Millisecond,
	})
	context, cancel := bounded()
	defer cancel()
	out := bufio.NewWriter(os.Stdout)
	for range count {
		message, err := reader.ReadMessage(context)
		check(err)
		var headers []string
		for _, header := range message.Headers {
			headers = append(headers, header.Key+"="+string(header.Value))
		}
		fmt.Fprintf(out, "%d|%d|%s|%s|%s\n", message.Offset, message.Time.UnixMilli(),
			text(message.Key), text(message.Value), strings.Join(headers, ","))
	}
	check(out.Flush())
	check(reader.Close())
}
