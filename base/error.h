// SPDX-License-Identifier: Apache-2.0
// The one error type of the broker, from disk to wire: the place that knows the cause picks Kafka's
// code.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace milena {

/// Kafka's error codes, by Kafka's names (the list is base/error_codes.def).
enum class ErrorCode : int16_t {
#define MILENA_ERROR(name, code, retriable) name = code,
#include "base/error_codes.def"
#undef MILENA_ERROR
};

/// Kafka's name of `code`, e.g. "CORRUPT_MESSAGE"; "UNKNOWN_SERVER_ERROR" for a number outside the
/// list.
std::string_view error_name(ErrorCode code);
/// Whether a client may simply try again.
bool is_retriable(ErrorCode code);

/// A failure: what a client is told (`code`), and what a person is told (`message`).
class [[nodiscard]] Error {
  public:
    // A class with a constructor, not an aggregate: g++ 12 miscompiles aggregates inside result.
    Error() = default;  ///< NONE: no failure
    explicit Error(ErrorCode code, std::string message = {}, int system_code = 0)
        : code_(code), system_code_(system_code), message_(std::move(message)) {}

    ErrorCode code() const { return code_; }
    const std::string& message() const { return message_; }
    /// There is no room for what was to be written (ENOSPC, EDQUOT): what is there is good, and
    /// more may be written later.
    bool is_disk_full() const;
    /// A call to the system failed: what there is was not seen.
    bool is_from_system() const { return system_code_ != 0; }
    /// "CORRUPT_MESSAGE: the CRC of ..." for logs.
    std::string to_string() const;

  private:
    ErrorCode code_ = ErrorCode::NONE;
    int system_code_ = 0;  // errno of the call that failed, if one did
    std::string message_;
};

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

/// A value or an Error. `if (!r) return r.error();`
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  public:
    using boost::system::result<T, Error>::result;
};

/// The error of `errno_value` met in `action` ("append to"), on `path`: always KAFKA_STORAGE_ERROR.
Error storage_error(std::string_view action, std::string_view path, int errno_value);

}  // namespace milena
