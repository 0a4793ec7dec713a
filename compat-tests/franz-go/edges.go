// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"milena/words"
)

func times(arguments []string) {
	client := newClient(arguments[0])
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	for _, word := range arguments[2:] {
		asked, err := strconv.ParseInt(word, 10, 64)
		words.Check(err)
		listed, err := kadm.NewClient(client).ListOffsetsAfterMilli(context, asked, arguments[1])
		words.Check(err)
		found, _ := listed.Lookup(arguments[1], 0)
		words.Check(found.Err)
		fmt.Println(found.Offset)
	}
}

func large(arguments []string) {
	address, topic, size := arguments[0], arguments[1], words.Number(arguments[2])
	client := newClient(address, kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchMaxBytes(int32(2*size)), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	for _, value := range words.Large(size) {
		words.Check(client.ProduceSync(context, kgo.StringRecord(value)).FirstErr())
	}
}

func tell(what string, err error) {
	var refusal *kerr.Error
	if !errors.As(err, &refusal) {
		words.Check(fmt.Errorf("%s: %v", what, err))
	}
	fmt.Println(what, refusal.Code)
}

func refusals(arguments []string) {
	address, topic := arguments[0], arguments[1]
	client := newClient(address, kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	context, cancel := words.Bounded()
	defer cancel()
	admin := kadm.NewClient(client)
	created := func(name string, replicas int16, configs map[string]*string) error {
		answer, err := admin.CreateTopic(context, 1, replicas, configs, name)
		return errors.Join(err, answer.Err)
	}
	tell("exists", created(topic, 1, nil))
	tell("replicas", created(topic+"-replicas", 3, nil))
	never := map[string]*string{"retention.ms": kadm.StringPtr("never")}
	tell("config", created(topic+"-config", 1, never))
	tell("name", created("a b", 1, nil))
	deleted, err := admin.DeleteTopic(context, topic+"-unknown")
	tell("unknown", errors.Join(err, deleted.Err))
	record := kgo.StringRecord(strings.Repeat("x", 2000))
	tell("large", client.ProduceSync(context, record).FirstErr())
}
