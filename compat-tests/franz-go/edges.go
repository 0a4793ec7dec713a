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
)

func times(arguments []string) {
	client := newClient(arguments[0])
	defer client.Close()
	context, cancel := bounded()
	defer cancel()
	for _, word := range arguments[2:] {
		asked, err := strconv.ParseInt(word, 10, 64)
		check(err)
		listed, err := kadm.NewClient(client).ListOffsetsAfterMilli(context, asked, arguments[1])
		check(err)
		found, _ := listed.Lookup(arguments[1], 0)
		check(found.Err)
		fmt.Println(found.Offset)
	}
}

func large(arguments []string) {
	address, topic, size := arguments[0], arguments[1], number(arguments[2])
	client := newClient(address, kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchMaxBytes(int32(2*size)), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	context, cancel := bounded()
	defer cancel()
	for _, value := range []string{"first", strings.Repeat("x", size), "last"} {
		check(client.ProduceSync(context, kgo.StringRecord(value)).FirstErr())
	}
}

func tell(what string, err error) {
	var refusal *kerr.Error
	if !errors.As(err, &refusal) {
		check(fmt.Errorf("%s: %v", what, err))
	}
	fmt.Println(what, refusal.Code)
}

func refusals(arguments []string) {
	address, topic := arguments[0], arguments[1]
	client := newClient(address, kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	context, cancel := bounded()
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
