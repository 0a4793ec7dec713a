// SPDX-License-Identifier: Apache-2.0
// A librdkafka program: produce and consume as compat-tests/common.py describes.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_TIMESTAMP 1700000000000LL
#define WAIT_MS 120000

static void fail(const char* what, const char* why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
        fail(name, error);
}

static rd_kafka_t* client(rd_kafka_type_t type, rd_kafka_conf_t* conf, const char* address) {
    char error[512];
    set(conf, "bootstrap.servers", address);
    rd_kafka_t* handle = rd_kafka_new(type, conf, error, sizeof error);
    if (!handle) fail("client", error);
    return handle;
}

static long undelivered;

static void delivered(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque) {
    (void)handle, (void)opaque;
    if (message->err) fail("delivery", rd_kafka_err2str(message->err));
    undelivered--;
}

static rd_kafka_headers_t* headers_of(long i) {
    if (i % 3 != 0) return NULL;
    char number[32];
    rd_kafka_headers_t* headers = rd_kafka_headers_new(2);
    snprintf(number, sizeof number, "%ld", i);
    rd_kafka_header_add(headers, "number", -1, number, -1);
    rd_kafka_header_add(headers, "empty", -1, "", 0);
    return headers;
}

static void send_record(rd_kafka_t* handle, const char* topic, long i) {
    char key[32], value[128];
    int key_size = snprintf(key, sizeof key, "key-%ld", i % 1000);
    int value_size = snprintf(value, sizeof value, "value-%ld-", i);
    memset(value + value_size, 'x', i % 50);
    value_size += i % 50;
    char* sent_key = i % 5 == 0 ? NULL : key;
    char* sent_value = i % 11 == 0 && sent_key ? NULL : value;
    for (;;) {
        rd_kafka_headers_t* headers = headers_of(i);
        rd_kafka_resp_err_t error = rd_kafka_producev(
            handle, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(FIRST_TIMESTAMP + i),
            RD_KAFKA_V_KEY(sent_key, sent_key ? key_size : 0),
            RD_KAFKA_V_VALUE(sent_value, sent_value ? value_size : 0), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_END);
        if (!error) break;
        if (headers) rd_kafka_headers_destroy(headers);
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(error));
        rd_kafka_poll(handle, 100);
    }
    undelivered++;
}

static void produce(const char* address, const char* topic, const char* codec, long count) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "compression.codec", codec);
    set(conf, "enable.idempotence", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_t* handle = client(RD_KAFKA_PRODUCER, conf, address);
    for (long i = 0; i < count; i++) {
        send_record(handle, topic, i);
        if (i % 1000 == 0) rd_kafka_poll(handle, 0);
    }
    rd_kafka_flush(handle, WAIT_MS);
    if (undelivered) fail("flush", "records were not delivered");
    rd_kafka_destroy(handle);
}

static void print_bytes(const void* data, size_t size) {
    if (data)
        fwrite(data, 1, size, stdout);
    else
        putchar('~');
}

static void print_record(const rd_kafka_message_t* message) {
    rd_kafka_headers_t* headers;
    printf("%lld|%lld|", (long long)message->offset,
           (long long)rd_kafka_message_timestamp(message, NULL));
    print_bytes(message->key, message->key_len);
    putchar('|');
    print_bytes(message->payload, message->len);
    putchar('|');
    if (!rd_kafka_message_headers(message, &headers)) {
        const char* name;
        const void* value;
        size_t size;
        for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
            printf("%s%s=", i ? "," : "", name);
            fwrite(value, 1, size, stdout);
        }
    }
    putchar('\n');
}

static void consume(const char* address, const char* topic, long count) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "group.id", "unused");
    set(conf, "enable.auto.commit", "false");
    rd_kafka_t* handle = client(RD_KAFKA_CONSUMER, conf, address);
    rd_kafka_poll_set_consumer(handle);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(handle, list);
    for (long i = 0; i < count; i++) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(handle, WAIT_MS);
        if (!message) fail("consume", "no record in time");
        if (message->err) fail("consume", rd_kafka_message_errstr(message));
        print_record(message);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_assign(handle, NULL);
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

int main(int count, char** words) {
    if (count == 6 && !strcmp(words[1], "produce"))
        produce(words[2], words[3], words[4], atol(words[5]));
    else if (count == 5 && !strcmp(words[1], "consume"))
        consume(words[2], words[3], atol(words[4]));
    else
        fail("usage", "produce ADDRESS TOPIC CODEC COUNT | consume ADDRESS TOPIC COUNT");
    return 0;
}
