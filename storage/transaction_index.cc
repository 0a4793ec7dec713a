// SPDX-License-Identifier: Apache-2.0
#include "storage/transaction_index.h"

namespace milena {

AbortedTransactionEntry AbortedTransactionEntry::load(const uint8_t* from) {
    AbortedTransactionEntry entry;
    entry.producer_id = ProducerId(load_big_endian<int64_t>(from + 2));
    entry.first_offset = Offset(load_big_endian<int64_t>(from + 10));
    entry.last_offset = Offset(load_big_endian<int64_t>(from + 18));
    entry.last_stable_offset = Offset(load_big_endian<int64_t>(from + 26));
    return entry;
}

void AbortedTransactionEntry::store(uint8_t* to) const {
    store_big_endian<int16_t>(to, 0);
    store_big_endian(to + 2, producer_id.value);
    store_big_endian(to + 10, first_offset.value);
    store_big_endian(to + 18, last_offset.value);
    store_big_endian(to + 26, last_stable_offset.value);
}

Result<int64_t> append_aborted_transaction(FileSystem& files, const std::string& path,
                                           const AbortedTransactionEntry& entry) {
    auto file = files.open(path, OpenMode::kCreate);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    uint8_t bytes[AbortedTransactionEntry::kSize];
    entry.store(bytes);
    int64_t whole = *size - *size % AbortedTransactionEntry::kSize;
    if (auto written = (*file)->write_at(whole, BytesView(bytes)); !written) return written.error();
    return whole;
}

Result<void> cut_aborted_transactions(FileSystem& files, const std::string& path, int64_t size) {
    auto file = files.open(path, OpenMode::kReadWrite);
    return file ? (*file)->truncate(size) : file.error();
}

Result<std::vector<AbortedTransactionEntry>> read_aborted_transactions(FileSystem& files,
                                                                       const std::string& path) {
    std::vector<AbortedTransactionEntry> entries;
    if (!files.exists(path)) return entries;
    auto content = files.read_file(path);
    if (!content) return content.error();
    const uint8_t* from = content->data();
    for (size_t left = content->size(); left >= AbortedTransactionEntry::kSize;
         left -= AbortedTransactionEntry::kSize, from += AbortedTransactionEntry::kSize)
        entries.push_back(AbortedTransactionEntry::load(from));
    return entries;
}

}  // namespace milena
