// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/IBM/sarama"
	"milena/words"
)

const recordsMax = 20 // of a transaction that transfers

func idempotent(arguments []string) {
	address, topic, count := arguments[0], arguments[1], words.Number(arguments[2])
	producer, err := sarama.NewSyncProducer([]string{address}, newIdempotentConfig(""))
	words.Check(err)
	for i := range count {
		value := sarama.StringEncoder(fmt.Sprint(i))
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: value})
		words.Check(err)
		fmt.Println("acknowledged", i)
	}
	words.Check(producer.Close())
}

func transact(arguments []string) {
	address, topic, id := arguments[0], arguments[1], arguments[2]
	producer, err := sarama.NewSyncProducer([]string{address}, newIdempotentConfig(id))
	words.Check(err)
	ends := []func() error{producer.CommitTxn, producer.AbortTxn, producer.CommitTxn}
	for number, end := range ends {
		words.Check(producer.BeginTxn())
		for i := range 10 {
			value := sarama.StringEncoder(fmt.Sprintf("%d-%d", number, i))
			_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: value})
			words.Check(err)
		}
		words.Check(end())
	}
	words.Check(producer.Close())
}

// mover transfers what its claims read: each has a transaction of the one producer in turn.
type mover struct {
	group, target string
	lock          sync.Mutex
	producer      sarama.SyncProducer
	number        int
}

func (m *mover) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (m *mover) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *mover) ConsumeClaim(session sarama.ConsumerGroupSession,
	claim sarama.ConsumerGroupClaim) error {
	for {
		var messages []*sarama.ConsumerMessage
		for len(messages) == 0 || len(messages) < recordsMax && len(claim.Messages()) > 0 {
			select {
			case <-session.Context().Done():
				return nil
			case message, ok := <-claim.Messages():
				if !ok {
					return nil
				}
				messages = append(messages, message)
			}
		}
		m.move(session, messages)
	}
}

func (m *mover) move(session sarama.ConsumerGroupSession, messages []*sarama.ConsumerMessage) {
	m.lock.Lock()
	defer m.lock.Unlock()
	member := &sarama.ConsumerGroupMetadata{
		GroupID: m.group, GenerationID: session.GenerationID(), MemberID: session.MemberID(),
	}
	if m.number%5 == 4 {
		m.transaction(messages, member)
		words.Check(m.producer.AbortTxn())
	}
	m.transaction(messages, member)
	words.Check(m.producer.CommitTxn())
	m.number++
	fmt.Println("committed", len(messages))
}

func (m *mover) transaction(messages []*sarama.ConsumerMessage,
	member *sarama.ConsumerGroupMetadata) {
	words.Check(m.producer.BeginTxn())
	var copies []*sarama.ProducerMessage
	for _, message := range messages {
		copies = append(copies, &sarama.ProducerMessage{Topic: m.target,
			Partition: message.Partition, Value: sarama.ByteEncoder(message.Value)})
	}
	words.Check(m.producer.SendMessages(copies))
	last := messages[len(messages)-1]
	words.Check(m.producer.AddMessageToTxnWithGroupMetadata(last, member, nil))
}

func transfer(arguments []string) {
	address, id, source, target := arguments[0], arguments[1], arguments[2], arguments[3]
	producer, err := sarama.NewSyncProducer([]string{address}, newIdempotentConfig(id))
	words.Check(err)
	config := groupConfig(newConfig())
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	consumeAsGroup(context.Background(), address, id, source, config,
		&mover{group: id, target: target, producer: producer})
}
