// SPDX-License-Identifier: Apache-2.0

// Package words is what the client programs in Go share: their words, the records that they write
// and print, and how they fail. compat-tests/client_cases.py tells what the words do.
package words

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	WaitMax        = 60 * time.Second
	firstTimestamp = 1_700_000_000_000
)

// Run calls the word of the command line with the arguments behind it.
func Run(words map[string]func(arguments []string)) {
	words[os.Args[1]](os.Args[2:])
}

// Check ends the program with the error, if there is one.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Expect ends the program with the words, unless the condition holds.
func Expect(condition bool, words ...any) {
	if !condition {
		Check(fmt.Errorf("unexpected: %v", words))
	}
}

// Number is what the argument tells.
func Number(word string) int {
	value, err := strconv.Atoi(word)
	Check(err)
	return value
}

// Bounded is over after a minute.
func Bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), WaitMax)
}

// Stopped is over when a line comes on the standard input.
func Stopped() context.Context {
	stopped, stop := context.WithCancel(context.Background())
	go func() {
		io.ReadAll(os.Stdin)
		stop()
	}()
	return stopped
}

// Header of a record.
type Header struct {
	Name  string
	Value []byte
}

// Record in no library's own type; a nil key or value is null.
type Record struct {
	Time       time.Time
	Key, Value []byte
	Headers    []Header
}

// RecordNumber is the record i that "produce" sends.
func RecordNumber(i int) Record {
	record := Record{Time: time.UnixMilli(int64(firstTimestamp + i))}
	if i%5 != 0 {
		record.Key = fmt.Appendf(nil, "key-%d", i%1000)
	}
	if i%11 != 0 || i%5 == 0 {
		record.Value = fmt.Appendf(nil, "value-%d-%s", i, strings.Repeat("x", i%50))
	}
	if i%3 == 0 {
		record.Headers = []Header{{"number", fmt.Append(nil, i)}, {"empty", []byte{}}}
	}
	return record
}

func text(value []byte) string {
	if value == nil {
		return "~"
	}
	return string(value)
}

// Print writes the line that "consume" prints for a record.
func (r Record) Print(out io.Writer, offset int64) {
	var headers []string
	for _, header := range r.Headers {
		headers = append(headers, header.Name+"="+string(header.Value))
	}
	fmt.Fprintf(out, "%d|%d|%s|%s|%s\n", offset, r.Time.UnixMilli(), text(r.Key), text(r.Value),
		strings.Join(headers, ","))
}

// Large are the three values of "large", of which the second has size bytes.
func Large(size int) []string {
	return []string{"first", strings.Repeat("x", size), "last"}
}

// SayAssigned tells which partitions a member owns from now on.
func SayAssigned[Partition int | int32](partitions []Partition) {
	line := "assigned"
	for _, partition := range partitions {
		line += fmt.Sprint(" ", partition)
	}
	fmt.Println(line)
}
