// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const firstTimestamp = 1_700_000_000_000

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func recordNumber(i int) *kgo.Record {
	record := &kgo.Record{Timestamp: time.UnixMilli(int64(firstTimestamp + i))}
	if i%5 != 0 {
		record.Key = fmt.Appendf(nil, "key-%d", i%1000)
	}
	if i%11 != 0 || i%5 == 0 {
		record.Value = fmt.Appendf(nil, "value-%d-%s", i, strings.Repeat("x", i%50))
	}
	if i%3 == 0 {
		record.Headers = []kgo.RecordHeader{
			{Key: "number", Value: fmt.Append(nil, i)}, {Key: "empty", Value: []byte{}},
		}
	}
	return record
}

func produce(arguments []string) {
	address, topic, codec, count := arguments[0], arguments[1], arguments[2], number(arguments[3])
	client := newClient(address, kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(codecs[codec]), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	context, cancel := bounded()
	defer cancel()
	for i := range count {
		client.Produce(context, recordNumber(i), func(_ *kgo.Record, err error) { check(err) })
	}
	check(client.Flush(context))
}

// readPartition calls each for the first count records of partition 0.
func readPartition(address, topic string, count int, each func(*kgo.Record), options ...kgo.Opt) {
	start := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	client := newClient(address, append(options, kgo.ConsumePartitions(start))...)
	defer client.Close()
	context, cancel := bounded()
	defer cancel()
	for found := 0; found < count; {
		fetches := client.PollFetches(context)
		check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			if found++; found <= count {
				each(record)
			}
		})
	}
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
	defer out.Flush()
	readPartition(address, topic, count, func(record *kgo.Record) {
		var headers []string
		for _, header := range record.Headers {
			headers = append(headers, header.Key+"="+string(header.Value))
		}
		fmt.Fprintf(out, "%d|%d|%s|%s|%s\n", record.Offset, record.Timestamp.UnixMilli(),
			text(record.Key), text(record.Value), strings.Join(headers, ","))
	})
}

func readCommitted(arguments []string) {
	address, topic, count := arguments[0], arguments[1], number(arguments[2])
	readPartition(address, topic, count, func(record *kgo.Record) {
		fmt.Println(string(record.Value))
	}, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
}
