// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"milena/words"
)

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func recordNumber(i int) *kgo.Record {
	record := words.RecordNumber(i)
	sent := &kgo.Record{Timestamp: record.Time, Key: record.Key, Value: record.Value}
	for _, header := range record.Headers {
		sent.Headers = append(sent.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
	}
	return sent
}

func recordOf(read *kgo.Record) words.Record {
	record := words.Record{Time: read.Timestamp, Key: read.Key, Value: read.Value}
	for _, header := range read.Headers {
		record.Headers = append(record.Headers, words.Header{Name: header.Key, Value: header.Value})
	}
	return record
}

func produce(arguments []string) {
	address, topic, codec, count := arguments[0], arguments[1], arguments[2], words.Number(arguments[3])
	client := newClient(address, kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(codecs[codec]), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	for i := range count {
		client.Produce(context, recordNumber(i), func(_ *kgo.Record, err error) { words.Check(err) })
	}
	words.Check(client.Flush(context))
}

// readPartition calls each for the first count records of partition 0.
func readPartition(address, topic string, count int, each func(*kgo.Record), options ...kgo.Opt) {
	start := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	client := newClient(address, append(options, kgo.ConsumePartitions(start))...)
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	for found := 0; found < count; {
		fetches := client.PollFetches(context)
		words.Check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			if found++; found <= count {
				each(record)
			}
		})
	}
}

func consume(arguments []string) {
	address, topic, count := arguments[0], arguments[1], words.Number(arguments[2])
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	readPartition(address, topic, count, func(record *kgo.Record) {
		recordOf(record).Print(out, record.Offset)
	})
}

func readCommitted(arguments []string) {
	address, topic, count := arguments[0], arguments[1], words.Number(arguments[2])
	readPartition(address, topic, count, func(record *kgo.Record) {
		fmt.Println(string(record.Value))
	}, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
}
