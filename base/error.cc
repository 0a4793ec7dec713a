// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace milena {

std::string_view error_name(ErrorCode code) {
    switch (code) {
#define MILENA_ERROR(name, number, retriable) \
    case ErrorCode::name:                     \
        return #name;
#include "base/error_codes.def"
#undef MILENA_ERROR
    }
    return "UNKNOWN_SERVER_ERROR";
}

bool is_retriable(ErrorCode code) {
    switch (code) {
#define MILENA_ERROR(name, number, retriable) \
    case ErrorCode::name:                     \
        return retriable;
#include "base/error_codes.def"
#undef MILENA_ERROR
    }
    return false;
}

std::string Error::to_string() const {
    std::string text(error_name(code_));
    if (!message_.empty()) text.append(": ").append(message_);
    return text;
}

bool Error::is_disk_full() const {
    switch (system_code_) {
        case ENOSPC:
        case EDQUOT:
        case EMFILE:  // nor is the disk to blame for these
        case ENFILE:
        case ENOMEM:
            return true;
        default:
            return false;
    }
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(error.to_string());
}

Error storage_error(std::string_view action, std::string_view path, int errno_value) {
    std::string message = "could not ";
    message.append(action).append(" ").append(path).append(": ").append(std::strerror(errno_value));
    return Error(ErrorCode::KAFKA_STORAGE_ERROR, std::move(message), errno_value);
}

}  // namespace milena
