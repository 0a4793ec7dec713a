// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"milena/words"
)

const recordsMax = 20 // of a transaction that transfers

func idempotent(arguments []string) {
	address, topic, count := arguments[0], arguments[1], words.Number(arguments[2])
	client := newClient(address, kgo.DefaultProduceTopic(topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	for i := range count {
		words.Check(client.ProduceSync(context, &kgo.Record{Value: fmt.Append(nil, i)}).FirstErr())
		fmt.Println("acknowledged", i)
	}
}

func transactional(address, id string, options ...kgo.Opt) []kgo.Opt {
	return append(options, kgo.SeedBrokers(address), kgo.TransactionalID(id),
		kgo.TransactionTimeout(10*time.Second), kgo.RecordPartitioner(kgo.ManualPartitioner()))
}

func transact(arguments []string) {
	address, topic, id := arguments[0], arguments[1], arguments[2]
	client := newClient(address, transactional(address, id, kgo.DefaultProduceTopic(topic))...)
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	for number, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		words.Check(client.BeginTransaction())
		for i := range 10 {
			value := fmt.Appendf(nil, "%d-%d", number, i)
			words.Check(client.ProduceSync(context, &kgo.Record{Value: value}).FirstErr())
		}
		words.Check(client.EndTransaction(context, end))
	}
}

func transfer(arguments []string) {
	address, id, source, target := arguments[0], arguments[1], arguments[2], arguments[3]
	session, err := kgo.NewGroupTransactSession(transactional(address, id,
		kgo.ConsumeTopics(source), kgo.ConsumerGroup(id), kgo.SessionTimeout(6*time.Second),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DefaultProduceTopic(target),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	words.Check(err)
	for number := 0; ; {
		fetches := session.PollRecords(context.Background(), recordsMax)
		words.Check(fetches.Err())
		if fetches.NumRecords() == 0 {
			continue
		}
		words.Check(session.Begin())
		fetches.EachRecord(func(record *kgo.Record) {
			copied := &kgo.Record{Partition: record.Partition, Value: record.Value}
			session.Produce(context.Background(), copied, nil)
		})
		committed, err := session.End(context.Background(), kgo.TransactionEndTry(number%5 != 4))
		words.Check(err)
		number++
		if committed {
			fmt.Println("committed", fetches.NumRecords())
		}
	}
}
